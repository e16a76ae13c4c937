"""The classifier's command: on the workspace's archive, or on anybody's own lines."""

import json as jsonlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Annotated

import typer

from umot.cli.files import reading, writing
from umot.cli.options import DEFAULT_CONFIG, AsOf, Config, Json, moment, opened
from umot.cli.output import print_runs, progress


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

    with reading(source, "--input") as lines, writing(target, "--output") as out, progress() as show:
        for count, answer in enumerate(classify_lines(_stripped(lines), model), 1):
            out.write(jsonlib.dumps(answer, ensure_ascii=False) + "\n")
            show("classify", count, None)


def _stripped(lines: IO[bytes]) -> Iterator[bytes]:
    return (line.rstrip(b"\r\n") for line in lines)
