"""The command that judges sources."""

from typing import TYPE_CHECKING

import typer

from umot.cli.options import DEFAULT_CONFIG, AsOf, Config, Json, Sources, moment, opened
from umot.cli.output import console, print_json, print_table
from umot.text import one_line

if TYPE_CHECKING:
    from umot.health import SourceHealth


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(health)


def health(sources: Sources = None, config: Config = DEFAULT_CONFIG, as_of: AsOf = None, json: Json = False) -> None:
    """Judge every source by its runs: broken, silent, limited, drifting or well."""
    from umot.health import judge_sources
    from umot.pipeline.run import chosen

    with opened(config, read_only=True) as ws:
        found = judge_sources(ws, moment(as_of, ws), chosen(ws, sources or ()))
    if json:
        print_json([one.document() for one in found])
    else:
        _print(found)
    raise typer.Exit(3 if any(one.what for one in found) else 0)


def _print(found: "list[SourceHealth]") -> None:
    """Print a table of verdicts, then each reason in full."""
    rows = [(one.source, one.what or "well", one.since, one.severity or "", _missing(one)) for one in found]
    print_table("", ("source", "verdict", "since", "severity", "not collected"), rows)
    for one in found:
        if one.reason:
            console().print(f"{one.source}: {one_line(one.reason, 800)}")


def _missing(one: "SourceHealth") -> str:
    return f"{one.missing_from[:16]} to {one.missing_to[:16]}" if one.missing_from and one.missing_to else ""
