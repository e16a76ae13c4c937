"""Commands about alerts: watch, alerts, backtest."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from umot.cli import notify
from umot.cli.options import DEFAULT_CONFIG, AsOf, Config, Json, moment, opened
from umot.cli.output import console, exit_code, print_json, print_runs, print_table, progress
from umot.errors import ConfigError, did_you_mean
from umot.text import one_line
from umot.timeline import iso, local_day, parse_time

if TYPE_CHECKING:
    from datetime import date

    from umot.alert import Alert
    from umot.alerts.backtest import Backtest
    from umot.alerts.messages import Manner
    from umot.workspace import Workspace

Id = Annotated[str, typer.Argument(metavar="ID", help="Id of the alert, as `umot alerts list` shows it.")]


class RuleName(StrEnum):
    """The rules that can be replayed."""

    watch = "watch"
    ears_c2 = "ears-c2"
    mean_2sd = "mean-2sd"


def register(app: typer.Typer) -> None:
    """Add the commands."""
    app.command()(watch)
    app.command()(backtest)
    group = typer.Typer(help="What is unusual, and who has been told.", no_args_is_help=True)
    group.command("list")(list_alerts)
    for command in (show, ack, notify.send, notify.queue, notify.test):
        group.command()(command)
    app.add_typer(group, name="alerts")


def watch(config: Config = DEFAULT_CONFIG, as_of: AsOf = None, json: Json = False) -> None:
    """Judge the days since the last look, keep alerts about brands and sources, and send what is due."""
    from umot.pipeline.watch import watch as look

    with opened(config) as ws, progress(quiet=json) as shown:
        done = look(ws, moment(as_of, ws), shown)
        print_runs([done], as_json=json)
    raise typer.Exit(exit_code([done]))


def list_alerts(
    every: Annotated[bool, typer.Option("--all", help="Also those that are closed.")] = False,
    brand: Annotated[str | None, typer.Option(help="Only about this brand.")] = None,
    config: Config = DEFAULT_CONFIG,
    json: Json = False,
) -> None:
    """List alerts, the severest first; without --all those that are not over."""
    from umot.alerts.keeping import still_open, stored_alerts

    with opened(config, read_only=True) as ws:
        _check_brand(ws, brand)
        clauses = [*([] if every else [still_open()]), *([{"term": {"brand": brand}}] if brand else [])]
        found = stored_alerts(ws.store, *clauses)
    found.sort(key=lambda alert: (-alert.severity, alert.since, alert.id))
    if json:
        print_json([alert.document() for alert in found])
    elif found:
        _print_table(found)
    else:
        typer.echo("no alerts" if every else "no open alerts; --all shows those that are closed, too")


def show(id: Id, config: Config = DEFAULT_CONFIG, json: Json = False) -> None:
    """Show an alert with its reasons: words, examples, who writes."""
    with opened(config, read_only=True) as ws:
        alert, manner = _found(ws, id), _manner(ws)
    if json:
        print_json(alert.document())
        return
    from umot.alerts.messages import alert_message

    told = alert_message(alert, "closed" if alert.status == "closed" else "opened", manner)
    console().print(alert.title, style="bold")
    console().print(f"\n{told.text}\n\n{alert.id} · {_status(alert)}")
    if alert.acknowledged:
        said = " · ".join(filter(None, (alert.acknowledged_by, alert.note)))
        console().print(f"acknowledged {alert.acknowledged_at} {one_line(said)}")
    for post in alert.example_ids:
        console().print(f"post {one_line(post)}", style="dim")


def ack(
    id: Id,
    by: Annotated[str | None, typer.Option(help="Who takes care of it.")] = None,
    note: Annotated[str | None, typer.Option(help="What is being done.")] = None,
    config: Config = DEFAULT_CONFIG,
    as_of: AsOf = None,
) -> None:
    """Acknowledge an alert: it is known and looked after; only its getting worse and its end are still told."""
    with opened(config) as ws, ws.exclusive("watch"):
        alert = _found(ws, id)
        alert.acknowledged, alert.acknowledged_at = True, iso(moment(as_of, ws))
        alert.acknowledged_by, alert.note = by or alert.acknowledged_by, note or alert.note
        ws.store.put("alerts", [alert.document()])
        ws.store.refresh()
    typer.echo(f"acknowledged: {one_line(alert.title)}")


def backtest(
    since: Annotated[str | None, typer.Option(help="First day; default: a year before the last.")] = None,
    until: Annotated[str | None, typer.Option(help="Last day; default: the last whole one.")] = None,
    rule: Annotated[RuleName, typer.Option(help="What judges: the watch as configured, or a simple rule.")] = (
        RuleName.watch
    ),
    picture: Annotated[Path | None, typer.Option(help="HTML file to draw the days and their alerts into.")] = None,
    config: Config = DEFAULT_CONFIG,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Replay a rule over the stored past: the alerts it would have sent; exit code 3 when they are too many to bear."""
    from umot.alerts.backtest import backtest as replay

    with opened(config, read_only=True) as ws:
        at = moment(as_of, ws)
        done = replay(ws, *_days(ws, since, until, at), at, rule.value)
        if picture is not None:
            from umot.alerts.page import write_page

            write_page(ws, done, picture)
    if json:
        print_json(done.document())
    else:
        _print_backtest(done)
    raise typer.Exit(0 if done.bearable else 3)


def _days(ws: "Workspace", since: str | None, until: str | None, at: Any) -> "tuple[date, date]":
    from datetime import timedelta

    from umot.alerts.backtest import first_day

    zone = ws.settings.zone
    last = local_day(parse_time(until, zone, "--until"), zone) if until else local_day(at, zone) - timedelta(days=1)
    first = local_day(parse_time(since, zone, "--since"), zone) if since else first_day(ws, last)
    return first, last


def _print_table(found: "list[Alert]") -> None:
    headings = ("id", "sev", "status", "since", "until", "days", "posts", "usual", "what")
    rows = [
        (a.id, a.severity, _status(a), a.since, a.until, a.days, _whole(a.observed), _whole(a.expected), a.title)
        for a in found
    ]
    print_table("", headings, rows)


def _print_backtest(done: "Backtest") -> None:
    if done.alerts:
        _print_table(list(done.alerts))
    worst = max(done.per_week.values(), default=0)
    typer.echo(
        f"{done.rule}: {len(done.alerts)} alerts from {done.first} to {done.last}, {done.mean_per_week:.2f} a week "
        f"({worst} in the worst), {done.judged} days of brands judged"
    )
    if not done.judged:
        typer.echo("nothing could be judged: `umot health` and `umot runs` say what was collected, and since when")
    if not done.bearable:
        typer.echo(
            f"more than alerts.most_per_week {done.most_per_week:g} allows: lower alerts.false_alerts or "
            "alerts.false_discoveries, or raise alerts.fewest_posts"
        )


def _status(alert: "Alert") -> str:
    return f"{alert.status}, acknowledged" if alert.acknowledged else alert.status


def _whole(number: float | None) -> str:
    return "" if number is None else f"{number:.0f}" if number >= 10 else f"{number:.1f}"


def _found(ws: "Workspace", id_: str) -> "Alert":
    from umot.alert import Alert

    document = ws.store.get("alerts", id_)
    if document is None:
        known = [one["id"] for one in ws.store.scan("alerts")]
        raise ConfigError(
            f"no alert {id_!r}{did_you_mean(id_, known)}" if known else f"no alert {id_!r}: there is none"
        )
    return Alert.of(document)


def _manner(ws: "Workspace") -> "Manner":
    """Return how a person at this machine is spoken to: with texts."""
    from umot.alerts.messages import Manner

    settings = ws.settings
    return Manner(settings.report.language, settings.zone, settings.name, texts=True, demo=settings.demo)


def _check_brand(ws: "Workspace", brand: str | None) -> None:
    known = [one.name for one in ws.settings.brands]
    if brand is not None and brand not in known:
        raise ConfigError(f"--brand {brand!r} does not exist{did_you_mean(brand, known)}")
