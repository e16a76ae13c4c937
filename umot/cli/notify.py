"""Commands around telling people: alerts send, alerts queue, alerts test."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from umot.cli.options import DEFAULT_CONFIG, AsOf, Config, Json, moment, opened
from umot.cli.output import console, print_json, print_table, progress
from umot.errors import ConfigError, did_you_mean

if TYPE_CHECKING:
    from datetime import datetime

    from umot.alerts.delivery import Delivery
    from umot.workspace import Workspace


def send(
    retry: Annotated[bool, typer.Option("--retry", help="Also try what failed, at once, stuck messages too.")] = False,
    config: Config = DEFAULT_CONFIG,
    as_of: AsOf = None,
    json: Json = False,
) -> None:
    """Send the messages about alerts that are due; exit code 1 when a channel did not take one."""
    from umot.alerts.delivery import deliver
    from umot.alerts.outbox import Outbox

    with opened(config) as ws, progress(quiet=json) as show:
        at = moment(as_of, ws)
        if retry:
            Outbox(ws.store.state).retry(at)
        done = deliver(ws, at, show)
    if json:
        print_json(asdict(done))
    else:
        _print_delivery(done)
    raise typer.Exit(1 if done.problems else 0)


def _print_delivery(done: "Delivery") -> None:
    typer.echo(f"{done.sent} sent, {done.waiting} waiting, {done.held} held back, {done.stuck} stuck")
    for channel, problem in done.problems.items():
        console().print(f"{channel}: {problem}")
    if done.waiting or done.held or done.stuck:
        typer.echo("`umot alerts queue` says what waits and why")


def queue(config: Config = DEFAULT_CONFIG, as_of: AsOf = None, json: Json = False) -> None:
    """Show which messages about alerts wait, and why."""
    with opened(config, read_only=True) as ws:
        rows = _waiting(ws, moment(as_of, ws))
    if json:
        print_json(rows)
    elif rows:
        columns = ("channel", "event", "alert", "added", "why", "attempts", "next_try", "problem")
        shown = [[_cell(name, row[name]) for name in columns] for row in rows]
        print_table("", [name.replace("_", " ") for name in columns], shown)
    else:
        typer.echo("nothing waits")


def _waiting(ws: "Workspace", as_of: "datetime") -> list[dict[str, Any]]:
    """Return what was not sent, in the order in which it was put in."""
    from umot.alerts.delivery import by_channel, clock_of
    from umot.alerts.outbox import Outbox
    from umot.alerts.planning import WHY, plan

    rows = []
    for name, notices in by_channel(Outbox(ws.store.state).all()).items():
        held = plan(ws.settings.alerts.channels.get(name), notices, clock_of(ws, as_of)).held
        for notice in notices:
            if notice.sent is None:
                why = WHY[held[notice.key]] if notice.key in held else "goes out with the next delivery"
                alert = ws.store.get("alerts", notice.alert) or {}
                rows.append(asdict(notice) | {"title": alert.get("title"), "why": why})
    return sorted(rows, key=lambda row: (row["added"], row["key"]))


def _cell(name: str, value: Any) -> Any:
    """Return a value as the table shows it: times to the minute, no zeros."""
    return value[:16] if name in ("added", "next_try") and value else value or ""


def test(
    channel: Annotated[str, typer.Argument(help="Name of the channel, as under `alerts.channels`.")],
    config: Config = DEFAULT_CONFIG,  # noqa: PT028 - a command, not a test
) -> None:
    """Send a message that says it is a test to one channel; exit code 1 when it is not taken."""
    from umot.alerts.channels import Channel
    from umot.alerts.messages import manner_of, trial_message

    with opened(config) as ws:
        channels = ws.settings.alerts.channels
        if channel not in channels:
            raise ConfigError(f"{config}: alerts.channels: no channel {channel!r}{did_you_mean(channel, channels)}")
        with Channel(channels[channel]) as service:
            problem = service.send(trial_message(channel, manner_of(ws.settings, channels[channel])))
    if problem:
        typer.echo(f"{channel}: {problem}", err=True)
        raise typer.Exit(1)
    typer.echo(f"{channel}: a test message was sent; is it there?")
