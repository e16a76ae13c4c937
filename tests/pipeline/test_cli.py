"""The command line as people use it: real processes, exit codes, errors that say what to do."""

import json
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pipeline.workspaces import make_workspace
from tests.tiny_model import write_tiny_model
from umot.config import load_settings

LINES = [
    {"id": 1, "text": "Mooie site, maar het pakket kwam drie dagen te laat."},
    {"id": "b", "text": "👍"},
    {"id": "c", "text": 5},
    {"id": "d", "text": "half \ud83d paar", "kind": "review"},
]


def umot(*arguments: str, cwd: Path, stdin: bytes = b"", **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the command line."""
    command = [sys.executable, "-m", "umot", *arguments]
    env = {**os.environ, "COLUMNS": "200", **environment}
    return subprocess.run(command, cwd=cwd, input=stdin, capture_output=True, check=False, env=env)


def test_init_writes_a_workspace_that_checks_out(tmp_path: Path) -> None:
    done = umot("init", "mine", "--brand", 'Rare "naam"\\x', cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert stat.S_IMODE((tmp_path / "mine/author.key").stat().st_mode) == 0o600
    schema = json.loads((tmp_path / "mine/umot.schema.json").read_text())
    assert "brands" in schema["properties"]
    assert umot("check", "--config", "mine/umot.yaml", cwd=tmp_path).returncode == 0
    assert load_settings(tmp_path / "mine/umot.yaml").brands[0].name == 'Rare "naam"\\x'
    again = umot("init", "mine", cwd=tmp_path)
    assert again.returncode == 2
    assert b"exists already" in again.stderr


def test_mistakes_end_with_one_plain_line_and_a_code(tmp_path: Path) -> None:
    missing = umot("run", cwd=tmp_path)
    assert (missing.returncode, b"umot init" in missing.stderr) == (2, True)
    make_workspace(tmp_path)
    (tmp_path / "umot.yaml").write_text((tmp_path / "umot.yaml").read_text().replace("rating_scale", "ratingscale"))
    wrong = umot("check", cwd=tmp_path)
    assert wrong.returncode == 2
    assert b"did you mean 'rating_scale'" in wrong.stderr
    assert b"Traceback" not in wrong.stderr


def test_check_says_what_every_field_holds_and_stores_nothing(tmp_path: Path) -> None:
    make_workspace(tmp_path)
    done = umot("check", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    shown = done.stdout.decode()
    assert "export: ok" in shown
    assert "rejected:" in shown
    assert "Anna" not in shown
    as_json = json.loads(umot("check", "--json", cwd=tmp_path).stdout)
    assert as_json[0]["filled"]["text"] == len(as_json[0]["posts"]) == 4
    assert not (tmp_path / "data/archive").exists()


def test_the_whole_walk_and_what_reads_it(tmp_path: Path) -> None:
    make_workspace(tmp_path)
    done = umot("run", "--as-of", "2026-03-10", "--json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert [(r["step"], r["balanced"]) for r in json.loads(done.stdout)] == [
        ("collect", True),
        ("classify", True),
        ("index", True),
        ("watch", True),
    ]
    found = json.loads(umot("search", "pakket", "--json", cwd=tmp_path).stdout)
    assert [post["id"] for post in found["posts"]] == ["proef:1"]
    assert "pakket" in umot("search", "pakket", cwd=tmp_path).stdout.decode()
    exported = umot("export", "posts", "--format", "csv", cwd=tmp_path)
    assert exported.stdout.decode().count("\n") == 5
    runs = json.loads(umot("runs", "--json", cwd=tmp_path).stdout)
    assert {run["step"] for run in runs} == {"collect", "classify", "index", "watch"}
    assert umot("forget", "--post", "proef:1", "--as-of", "2026-03-11", cwd=tmp_path).returncode == 0
    assert umot("forget", "--post", "proef:1", "--as-of", "2026-03-11", cwd=tmp_path).returncode == 2
    assert json.loads(umot("search", "pakket", "--json", cwd=tmp_path).stdout)["total"] == 0
    report = umot("report", "--as-of", "2026-03-11", cwd=tmp_path)
    assert Path(report.stdout.decode().strip()).read_text().startswith("<!doctype html>")


def test_lines_of_ones_own_need_no_workspace(tmp_path: Path) -> None:
    long = b'{"id": ' + b"1" * 5000 + b', "text": "x"}'
    stdin = b"\n".join([*(json.dumps(line).encode() for line in LINES), b"{broken", b"\xff\xfe", long])
    done = umot("classify", "--input", "-", cwd=tmp_path, stdin=stdin)
    assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    assert [a["id"] for a in answers] == [1, "b", "c", "d", None, None, None]
    assert ["error" in a for a in answers] == [False, False, True, False, True, True, True]
    first = answers[0]
    assert list(first) == ["id", "language", "stance", "complaint", "sentiment", "score", "uncertain", "mentions"]
    assert list(first["mentions"][0]) == (
        "start end text moment moment_probability sentiment score uncertain".split()  # noqa: SIM905
    )
    for mention in first["mentions"]:
        assert str(LINES[0]["text"])[mention["start"] : mention["end"]] == mention["text"]


def test_lines_are_read_by_a_model_whose_labels_are_explained(tmp_path: Path) -> None:
    write_tiny_model(tmp_path / "tiny", ["LABEL_0", "a=b"])
    start = ("classify", "--input", "-", "--model", "hf:tiny")
    line = json.dumps(LINES[0]).encode()
    unexplained = umot(*start, cwd=tmp_path, stdin=line)
    assert (unexplained.returncode, b"with --labels NAME=CODE" in unexplained.stderr) == (6, True)
    explained = umot(*start, "--labels", "LABEL_0=negative", "--labels", "a=b=negative", cwd=tmp_path, stdin=line)
    assert explained.returncode == 0, explained.stderr
    assert json.loads(explained.stdout)["score"] == -1


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--input", "-", "--model", "hf:tiny", "--labels", "A=good"), b"--labels: A: not one of lzmot"),
        (("--input", "-", "--model", "hf:tiny", "--labels", "A"), b"--labels A: expected NAME=CODE"),
        (("--input", "-", "--labels", "A=negative"), b"only a model --model hf:NAME"),
        (("--model", "hf:tiny"), b"only with --input"),
    ],
)
def test_labels_in_vain_are_refused(tmp_path: Path, arguments: tuple[str, ...], says: bytes) -> None:
    done = umot("classify", *arguments, cwd=tmp_path)
    assert (done.returncode, says in done.stderr) == (2, True), done.stderr


@pytest.mark.parametrize("arguments", [("export", "posts"), ("search", "x"), ("report",), ("runs",)])
def test_reading_before_the_first_run_says_what_to_do(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    make_workspace(tmp_path)
    done = umot(*arguments, cwd=tmp_path)
    assert done.returncode == 5
    assert b"`umot run` makes one" in done.stderr
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("arguments", [("watch",), ("forget", "--retention"), ("run",)])
def test_a_time_that_is_yet_to_come_is_refused(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    make_workspace(tmp_path)
    assert umot("collect", "--as-of", "2026-03-10", cwd=tmp_path).returncode == 0
    done = umot(*arguments, "--as-of", "2936-03-10", cwd=tmp_path)
    assert (done.returncode, b"--as-of 2936-03-10 22:59 is yet to come" in done.stderr) == (2, True)
    steps = {run["step"] for run in json.loads(umot("runs", "--json", cwd=tmp_path).stdout)}
    assert steps == {"collect"}
