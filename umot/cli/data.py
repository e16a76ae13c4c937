"""Commands that read what is stored: search, report, export."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sentiment.labels import MOMENTS, SENTIMENTS, STANCES
from umot.cli.files import writing
from umot.cli.options import DEFAULT_CONFIG, AsOf, Config, Json, opened
from umot.cli.options import moment as at_moment
from umot.cli.output import console, print_json
from umot.errors import ConfigError, did_you_mean
from umot.search import Filters, fragments, spans
from umot.search import search as find
from umot.store.contract import SearchResult
from umot.text import one_line
from umot.timeline import parse_time

if TYPE_CHECKING:
    from umot.workspace import Workspace

Brand = Annotated[str | None, typer.Option(help="Only posts about this brand.")]
Moment = Annotated[str | None, typer.Option(help="Only this moment: lzmot zmot fmot dmot smot umot none.")]
Sentiment = Annotated[str | None, typer.Option(help="Only negative, neutral or positive.")]
Stance = Annotated[str | None, typer.Option(help="Only posts whose author does this (a moment's code).")]
Source = Annotated[str | None, typer.Option(help="Only this source.")]
Language = Annotated[str | None, typer.Option(help="Only this language.")]
Since = Annotated[str | None, typer.Option(help="Published at or after this date.")]
Until = Annotated[str | None, typer.Option(help="Published at or before this date.")]


class Collection(StrEnum):
    """What can be exported."""

    posts = "posts"
    mentions = "mentions"


class Format(StrEnum):
    """How it can be exported."""

    ndjson = "ndjson"
    csv = "csv"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (search, report, export):
        app.command()(command)


_COLOURS = {"negative": "red", "neutral": "yellow", "positive": "green"}


def search(
    text: Annotated[
        str | None, typer.Argument(help='Words to find; "between quotes" they must stand together.')
    ] = None,
    brand: Brand = None,
    moment: Moment = None,
    sentiment: Sentiment = None,
    stance: Stance = None,
    source: Source = None,
    language: Language = None,
    since: Since = None,
    until: Until = None,
    size: Annotated[int, typer.Option("--size", "-n", min=1, max=1000, help="How many to show.")] = 10,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
) -> None:
    """Find posts by words, best first; without words the latest."""
    filters = Filters(brand, moment, sentiment, stance, source, language, since, until)
    with opened(config, read_only=True) as ws:
        found = find(ws.store, text, _known(ws, filters), size=size)
    if json:
        hits = [hit.source | {"highlights": spans(hit), "relevance": hit.score} for hit in found.hits]
        print_json({"total": found.total, "posts": hits})
        return
    _print_hits(found)


def _print_hits(found: SearchResult) -> None:
    from rich.text import Text

    out = console()
    for hit in found.hits:
        post = hit.source
        head = (post.get("day"), post["source"], ", ".join(post.get("brands", [])), post.get("stance"))
        line = Text(" · ".join(one_line(str(part)) for part in head if part), style="bold")
        if (score := post.get("score")) is not None:
            line.append(f" · {post['sentiment']} {score:+.2f}", style=_COLOURS[post["sentiment"]])
        line.append(f"  {post['id']}", style="dim")
        out.print(line)
        body = Text("  ")
        for piece, hot in fragments(post.get("text", ""), spans(hit)):
            body.append(piece, style="bold reverse" if hot else "")
        out.print(body)
    out.print(f"{len(found.hits)} of {found.total}")


def report(
    output: Annotated[Path | None, typer.Option(help="File to write; default: the configured folder.")] = None,
    send: Annotated[bool, typer.Option("--send", help="Send it to `report.channels`; each gets a week once.")] = False,
    config: Config = DEFAULT_CONFIG,
    as_of: AsOf = None,
) -> None:
    """Write the UMOT report on the last whole week as one HTML file; exit code 1 when a channel did not take it."""
    from umot.report import write_report
    from umot.report.sending import send_report

    with opened(config, read_only=not send) as ws:
        at = at_moment(as_of, ws)
        path = write_report(ws, at, output)
        problems = send_report(ws, path, at).problems if send else {}
    typer.echo(path)
    for channel, problem in problems.items():
        typer.echo(f"{channel}: {problem}", err=True)
    if problems:
        raise typer.Exit(1)


def export(
    what: Annotated[Collection, typer.Argument(help="posts or mentions")],
    form: Annotated[Format, typer.Option("--format", "-f", help="ndjson or csv")] = Format.ndjson,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, - for stdout.")] = Path("-"),
    brand: Brand = None,
    moment: Moment = None,
    sentiment: Sentiment = None,
    stance: Stance = None,
    source: Source = None,
    language: Language = None,
    since: Since = None,
    until: Until = None,
    config: Config = DEFAULT_CONFIG,
) -> None:
    """Stream everything that matches, without a cap; cells that look like formulas are defused."""
    from umot.export import export as write

    filters = Filters(brand, moment, sentiment, stance, source, language, since, until)
    with opened(config, read_only=True) as ws, writing(output, "--output") as out:
        count = write(ws.store, what.value, out, form.value, _known(ws, filters))
    sys.stderr.write(f"{count} {what.value}\n")


def _known(ws: "Workspace", filters: Filters) -> Filters:
    """Return the filters when they name what exists.

    Raises:
        ConfigError: a brand, moment, sentiment, stance or source that nothing can have, or a time that is none.
    """
    choices = {
        "brand": [brand.name for brand in ws.settings.brands],
        "moment": MOMENTS,
        "sentiment": SENTIMENTS,
        "stance": STANCES,
        "source": list(ws.settings.sources),
        "language": ws.settings.languages,
    }
    for name, known in choices.items():
        value = getattr(filters, name)
        if value is not None and value not in known:
            raise ConfigError(f"--{name} {value!r} does not exist{did_you_mean(value, known)}")
    for name, value in (("since", filters.since), ("until", filters.until)):
        if value is not None:
            parse_time(value, ws.settings.zone, f"--{name}")
    return filters
