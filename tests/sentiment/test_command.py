"""A command that cannot work says so on one line."""

import pytest

from sentiment import compare, evaluate, export, train
from sentiment.command import command
from sentiment.errors import ModelUnavailableError


@pytest.mark.parametrize(
    ("main", "arguments"),
    [
        (export.main, ["out", "--model", "/nowhere"]),
        (evaluate.main, ["--model", "/nowhere"]),
        (compare.main, ["a=/nowhere"]),
        (train.main, ["--teacher", "/nowhere"]),
    ],
)
def test_a_missing_model_is_one_line_and_a_status(main, arguments, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 1
    told = capsys.readouterr().err
    assert told.startswith("/nowhere: model.safetensors,")
    assert told.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("main", "arguments", "told"),
    [
        (train.main, ["--shared", "/nowhere"], "/nowhere: no such directory"),
        (evaluate.main, ["--shared", "/nowhere"], "/nowhere: no such directory"),
        (compare.main, ["a=x", "--shared", "/nowhere"], "/nowhere: no such directory"),
        (train.main, ["--share", "0.5"], "--output: say where"),
        (train.main, ["--layers", "6"], "--output: say where"),
        (train.main, ["--tasks", "moment"], "--output: say where"),
    ],
)
def test_what_would_be_regretted_later_is_refused_at_once(main, arguments, told, capsys, tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    assert told in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_many_lines_become_one(capsys) -> None:
    @command
    def main() -> int:
        raise ModelUnavailableError("sizes differ:\n\tfirst\n\tsecond")

    assert main() == 1
    assert capsys.readouterr().err == "sizes differ: first second\n"
