"""The command that prints a brand's series."""

import csv
import sys
from dataclasses import asdict, fields
from datetime import timedelta
from typing import Annotated, Any

import typer

from sentiment.labels import MOMENTS
from umot.cli.options import DEFAULT_CONFIG, AsOf, Config, Json, moment, opened
from umot.cli.output import print_json, print_table
from umot.errors import ConfigError, did_you_mean
from umot.timeline import local_day


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(series)


def series(
    brand: Annotated[str, typer.Argument(help="Name of the brand.")],
    weekly: Annotated[bool, typer.Option("--weekly", help="Per ISO week; default: per day.")] = False,
    at_moment: Annotated[str | None, typer.Option("--moment", help="Only this moment, as a code.")] = None,
    kind: Annotated[str | None, typer.Option(help="Only this kind of post (review, question, …).")] = None,
    days: Annotated[int, typer.Option(min=1, max=3660, help="How many days back.")] = 56,
    as_csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    config: Config = DEFAULT_CONFIG,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Print a brand's counts per day or week, zero-filled, with how completely was collected."""
    from umot.analysis.points import Point, points

    with opened(config, read_only=True) as ws:
        _check(brand, [one.name for one in ws.settings.brands], "brand")
        _check(at_moment, (None, *MOMENTS), "moment")
        at = moment(as_of, ws)
        last = local_day(at, ws.settings.zone)
        first = last - timedelta(days=days - 1)
        found = [asdict(p) for p in points(ws, brand, first, last, at, moment=at_moment, kind=kind, weekly=weekly)]
    names = [part.name for part in fields(Point)]
    if json:
        print_json(found)
    elif as_csv:
        writer = csv.DictWriter(sys.stdout, names)
        writer.writeheader()
        writer.writerows(found)
    else:
        print_table("", [name.replace("_", " ") for name in names], [list(row.values()) for row in found])


def _check(value: Any, known: Any, what: str) -> None:
    if value not in known:
        raise ConfigError(f"no {what} {value!r}{did_you_mean(value, filter(None, known))}")
