"""The classifier's command: on the workspace's archive, or on anybody's own lines."""

import json as jsonlib
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Annotated

import typer

from umot.cli.options import DEFAULT_CONFIG, AsOf, Config, Json, moment, opened
from umot.cli.output import print_runs, progress
from umot.errors import ConfigError


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(classify)


def classify(
    input: Annotated[
        Path | None,
        typer.Option(help='JSONL lines {"id","text"[,"language","rating","kind"]} to classify, - for stdin.'),
    ] = None,
    output: Annotated[Path, typer.Option(help="Where the answers go, - for stdout.")] = Path("-"),
    model: Annotated[
        str | None, typer.Option(help="With --input: a model other than the shipped one (hf:NAME).")
    ] = None,
    config: Config = DEFAULT_CONFIG,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Say sentiment, moment, stance and complaint: of new posts in the archive, or of lines of your own with --input.

    With --input no workspace is needed; one line comes out per line in, in order; a bad line gives {"id","error"}.
    """
    if input is not None:
        _classify_lines(input, output, model)
        return
    from umot.pipeline.classify import classify as classify_archive

    with opened(config) as ws, progress(quiet=json) as show:
        print_runs([classify_archive(ws, moment(as_of, ws), show)], as_json=json)


def _classify_lines(source: Path, target: Path, model: str | None) -> None:
    from umot.lines import classify_lines

    with ExitStack() as files, progress() as show:
        lines, out = files.enter_context(_reader(source)), files.enter_context(_writer(target))
        for count, answer in enumerate(classify_lines(_stripped(lines), model), 1):
            out.write(jsonlib.dumps(answer, ensure_ascii=False) + "\n")
            show("classify", count, None)


def _stripped(lines: IO[bytes]) -> Iterator[bytes]:
    return (line.rstrip(b"\r\n") for line in lines)


def _reader(path: Path) -> IO[bytes]:
    if str(path) == "-":
        return sys.stdin.buffer
    try:
        return path.open("rb")
    except OSError as error:
        raise ConfigError(f"--input {path}: {error.strerror}; expected a file of JSON lines, or - for stdin") from None


def _writer(path: Path) -> IO[str]:
    if str(path) == "-":
        return sys.stdout
    try:
        return path.open("w", encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"--output {path}: {error.strerror}; expected a writable file, or - for stdout") from None
