"""The classifier's command: on the workspace's archive, or on anybody's own lines."""

import json as jsonlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Annotated

import typer

from sentiment.labels import checked_codes
from sentiment.names import HUGGING_FACE
from umot.cli.files import reading, writing
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
        str | None,
        typer.Option(help="With --input: a model other than the shipped one (a directory of weights, or hf:NAME)."),
    ] = None,
    labels: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=CODE",
            help="With --model hf:NAME: what a label of that model means (LABEL_0=negative); once for each.",
        ),
    ] = None,
    config: Config = DEFAULT_CONFIG,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Say sentiment, moment, stance and complaint: of new posts in the archive, or of lines of your own with --input.

    With --input no workspace is needed; one line comes out per line in, in order; a bad line gives {"id","error"}.
    """
    if input is not None:
        _classify_lines(input, output, model, _codes(labels or (), model))
        return
    if model or labels:
        raise ConfigError(
            "--model, --labels: only with --input; umot.yaml says `sentiment.model` and `sentiment.labels`"
        )
    from umot.pipeline.classify import classify as classify_archive

    with opened(config) as ws, progress(quiet=json) as show:
        print_runs([classify_archive(ws, moment(as_of, ws), show)], as_json=json)


def _classify_lines(source: Path, target: Path, model: str | None, labels: Mapping[str, str]) -> None:
    from umot.lines import classify_lines

    with reading(source, "--input") as lines, writing(target, "--output") as out, progress() as show:
        for count, answer in enumerate(classify_lines(_stripped(lines), model, labels), 1):
            out.write(jsonlib.dumps(answer, ensure_ascii=False) + "\n")
            show("classify", count, None)


def _codes(labels: Sequence[str], model: str | None) -> dict[str, str]:
    """Return the meaning of a model's labels, whose names may hold an equals sign."""
    if labels and not (model or "").startswith(HUGGING_FACE):
        raise ConfigError(f"--labels: only a model --model {HUGGING_FACE}NAME has labels of its own")
    for label in labels:
        if "=" not in label:
            raise ConfigError(f"--labels {label}: expected NAME=CODE, for example LABEL_0=negative")
    try:
        return checked_codes({name: code for name, _, code in (label.rpartition("=") for label in labels)})
    except ValueError as error:
        raise ConfigError(f"--labels: {error}") from None


def _stripped(lines: IO[bytes]) -> Iterator[bytes]:
    return (line.rstrip(b"\r\n") for line in lines)
