"""Commands around dates and schedulers: backfill, airflow connections, airflow pools. Airflow itself is not needed."""

import os
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from umot.cli.options import DEFAULT_CONFIG, AsOf, Config, Json, Sources, moment, opened
from umot.cli.output import exit_code, print_json, print_runs, print_table, progress
from umot.errors import ConfigError

if TYPE_CHECKING:
    from umot.scheduling.needs import Need

_HOW = """
Make them in Airflow under Admin, Connections (type Generic): the extra names the variables as {"NAME": "value"}; where
there is only one, it may be the password. umot_elasticsearch takes login and password, too."""


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(backfill)
    group = typer.Typer(help="What Airflow has to be told about this workspace.", no_args_is_help=True)
    for command in (connections, pools):
        group.command()(command)
    app.add_typer(group, name="airflow")


def backfill(
    since: Annotated[str, typer.Option(help="First day, as 2026-03-02.")],
    until: Annotated[str, typer.Option(help="Last day.")],
    sources: Sources = None,
    every: Annotated[int, typer.Option(min=1, help="Every so many days.")] = 1,
    config: Config = DEFAULT_CONFIG,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Collect everything that sources show once more, as of dates that have passed."""
    from umot.pipeline.backfill import backfill as collect_again
    from umot.pipeline.backfill import dates_of
    from umot.pipeline.run import chosen

    with opened(config) as ws, progress(quiet=json) as show:
        dates = dates_of(ws, day(since, "--since"), day(until, "--until"), every, moment(as_of, ws))
        done = [run for name in chosen(ws, sources or ()) for run in collect_again(ws, name, dates, show)]
        print_runs(done, as_json=json)
    raise typer.Exit(exit_code(done))


def day(text: str, option: str) -> date:
    """Return the day that an option names.

    Raises:
        ConfigError: it is none.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{option} {text!r} is not a day; write for example 2026-03-02") from None


def connections(config: Config = DEFAULT_CONFIG, json: Json = False) -> None:
    """List the connections that tasks look into for secrets that the environment lacks."""
    from umot.scheduling.needs import needs

    found = needs(config)
    if json:
        print_json([asdict(need) | {"missing": need.missing(os.environ)} for need in found])
        return
    if not found:
        typer.echo(f"{config}: nothing in it waits for a variable; no connection is needed")
        return
    rows = [(need.connection, need.where, " ".join(need.variables), _state(need)) for need in found]
    print_table("", ("connection", "for", "variables", "here"), rows)
    typer.echo(_HOW)


def pools(config: Config = DEFAULT_CONFIG) -> None:
    """Print the pools that the tasks run in, as `airflow pools import` takes them."""
    from umot.scheduling.plan import read_plan

    print_json(read_plan(config).pools)


def _state(need: "Need") -> str:
    if need.met(os.environ):
        return "set in this environment"
    return "optional" if need.optional else f"not set: {' '.join(need.missing(os.environ))}"
