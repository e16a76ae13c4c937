"""Commands of the walk: run, collect, index, check, runs, replay, forget."""

from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from umot.cli.options import DEFAULT_CONFIG, AsOf, Config, Json, Sources, moment, opened
from umot.cli.output import exit_code, print_json, print_runs, print_table, progress
from umot.errors import ConfigError
from umot.text import one_line

if TYPE_CHECKING:
    from umot.workspace import Workspace


def register(app: typer.Typer) -> None:
    """Add the commands."""
    for command in (run, collect, index, check, runs, replay, forget):
        app.command()(command)


def run(sources: Sources = None, config: Config = DEFAULT_CONFIG, as_of: AsOf = None, json: Json = False) -> None:
    """Collect, classify and index: the whole walk."""
    from umot.pipeline.run import run_all

    with opened(config) as ws, progress(quiet=json) as show:
        done = run_all(ws, moment(as_of, ws), sources or (), show)
        print_runs(done, as_json=json)
    raise typer.Exit(exit_code(done))


def collect(sources: Sources = None, config: Config = DEFAULT_CONFIG, as_of: AsOf = None, json: Json = False) -> None:
    """Fetch new and changed posts into the archive."""
    from umot.pipeline.collect import collect as collect_source
    from umot.pipeline.run import chosen

    with opened(config) as ws, progress(quiet=json) as show:
        at = moment(as_of, ws)
        done = [collect_source(ws, name, at, show) for name in chosen(ws, sources or ())]
        print_runs(done, as_json=json)
    raise typer.Exit(exit_code(done))


def index(config: Config = DEFAULT_CONFIG, as_of: AsOf = None, json: Json = False) -> None:
    """Write classified posts into the store."""
    from umot.pipeline.index import index as index_parts

    with opened(config) as ws, progress(quiet=json) as show:
        done = index_parts(ws, moment(as_of, ws), show)
        print_runs([done], as_json=json)
    raise typer.Exit(exit_code([done]))


def check(sources: Sources = None, config: Config = DEFAULT_CONFIG, as_of: AsOf = None, json: Json = False) -> None:
    """Try every source with five items and say what it found, field by field; nothing is stored."""
    from umot.cli.findings import print_finding
    from umot.pipeline.check import check as check_source
    from umot.pipeline.run import chosen

    with opened(config) as ws:
        at, names = moment(as_of, ws), chosen(ws, sources or ())
        if not json:
            typer.echo(f"store: {ws.store.description}")
        found = [check_source(ws, name, at) for name in names]
    if not names and not json:
        typer.echo(f"{config}: no sources yet; add some under `sources:` (`umot sources` lists the kinds)")
    if json:
        print_json([finding.document() for finding in found])
    else:
        for finding in found:
            print_finding(finding)
    raise typer.Exit(0 if all(finding.ok for finding in found) else 3)


def runs(
    source: Annotated[str | None, typer.Option(help="Only this source.")] = None,
    last: Annotated[int, typer.Option(min=1, help="How many to show.")] = 20,
    dead: Annotated[bool, typer.Option("--dead", help="Show the dead letters instead.")] = False,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
) -> None:
    """Show the ledger: what every run did, and its verdict; with a shared store also which machine is at work now."""
    from umot.lease import holders

    with opened(config, read_only=True) as ws:
        shown = _dead_letters(ws, source, last) if dead else ws.ledger.last(last, source=source)
        at_work = list(holders(ws.store.state))
    if json:
        print_json(shown)
        return
    columns = [name for name in (_LETTER if dead else _RUN) if name not in _SUMS or any(r.get(name) for r in shown)]
    print_table("", columns, [[_cell(name, record.get(name)) for name in columns] for record in shown])
    for name, holder in at_work:
        typer.echo(one_line(f"at work: {name}, {holder}, last heard of at {holder.renewed_at}"))


def _cell(name: str, value: Any) -> Any:
    """Return a value as the table shows it: times to the minute, no zeros."""
    return value[:16] if name == "as_of" else value or ""


_SUMS = ("parsed", "rejected", "duplicate", "new", "updated", "unchanged", "classified", "indexed", "stale", "dead")
_RUN = ("as_of", "step", "source", "verdict", *_SUMS, "reason")
_LETTER = ("step", "source", "id", "attempts", "reason")


def _dead_letters(ws: "Workspace", source: str | None, last: int) -> list[dict[str, Any]]:
    letters = islice(ws.dead_letters.all(source=source or ""), last)
    return [{name: getattr(letter, name) for name in _LETTER} for letter in letters]


def replay(
    source: Annotated[str, typer.Option(help="Only this source.")] = "",
    config: Config = DEFAULT_CONFIG,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Retry dead letters."""
    from umot.pipeline.replay import replay as retry

    with opened(config) as ws:
        done = retry(ws, moment(as_of, ws), source)
        print_runs(done, as_json=json)
        left = sum(1 for _ in ws.dead_letters.all(source=source))
    if not json:
        typer.echo(f"{left} dead letters left")
    raise typer.Exit(exit_code(done))


def forget(
    post: Annotated[list[str] | None, typer.Option(help="Id of a post to erase; may be repeated.")] = None,
    author: Annotated[str | None, typer.Option(help="Name of an author, as the source gives it.")] = None,
    source: Annotated[str | None, typer.Option(help="Source of the author.")] = None,
    retention: Annotated[bool, typer.Option("--retention", help="Remove what is older than configured.")] = False,
    config: Config = DEFAULT_CONFIG,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Erase posts or an author everywhere, or enforce retention."""
    from umot.pipeline import forget as steps

    if not post and author is None and not retention:
        raise ConfigError("nothing to forget: name --post ID, --author NAME --source SOURCE, or --retention")
    if author is not None and source is None:
        raise ConfigError("--author needs --source: authors are known per source only")
    with opened(config) as ws, progress(quiet=json) as show:
        at = moment(as_of, ws)
        done = []
        if post:
            done.append(steps.forget_posts(ws, post, at))
        if author is not None and source is not None:
            done.append(steps.forget_author(ws, source, author, at))
        if retention:
            done.append(steps.enforce_retention(ws, at, show))
        print_runs(done, as_json=json)
    if (post or author is not None) and not any(run.counts["deleted"] for run in done):
        raise ConfigError("nothing was found to erase: no such post, or no post by this author at this source")
