"""The past replayed: the alerts that the settings, or a simple rule, would have told."""

import json
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.alerts.world import FIRST, World, at, days
from umot.alert import Alert
from umot.alerts.backtest import backtest
from umot.alerts.keeping import stored_alerts
from umot.cli.app import app
from umot.errors import ConfigError
from umot.pipeline.watch import watch

DAY = {n: FIRST + timedelta(days=n) for n in range(100)}


@pytest.fixture
def failed(world: World) -> World:
    """Ninety days with a failure on three of them."""
    world.usual(days(0, 90))
    world.runs("winkel", days(0, 90))
    for day in days(65, 67):
        world.posts(day, 7, score=-0.8)
    world.write()
    return world


def facts(alert: Alert) -> tuple[object, ...]:
    return (alert.brand, alert.what, alert.moment, alert.since, alert.until, alert.fired, alert.observed)


def test_it_tells_what_watching_every_night_would_have_told(failed: World) -> None:
    done = backtest(failed.ws, DAY[30], DAY[90], at(90))
    for day in (60, 65, 66, 67, 75, 90):
        watch(failed.ws, at(day))
    assert [facts(alert) for alert in done.alerts] == [facts(alert) for alert in stored_alerts(failed.ws.store)]
    assert len(done.alerts) == 1
    assert sum(done.per_week.values()) == 1
    assert done.judged == 61


def test_a_day_does_not_know_the_days_after_it(failed: World) -> None:
    whole = backtest(failed.ws, DAY[30], DAY[90], at(90))
    cut = backtest(failed.ws, DAY[30], DAY[65], at(90))
    assert cut.alerts[0].fired == whole.alerts[0].fired == DAY[65].isoformat()
    assert cut.alerts[0].status == "open"


def test_a_source_that_has_ended_is_judged_as_it_was(world: World) -> None:
    world.usual(days(0, 130), mean=5.0)
    world.runs("winkel", days(0, 130))
    for day in days(60, 80):
        world.posts(day, 8, source="praat", kind="post")
    for day in days(73, 75):
        world.posts(day, 14, score=-0.8, source="praat", kind="post")
    world.runs("praat", days(60, 80))
    world.write()
    then, later = (backtest(world.ws, DAY[40], day, at(130)) for day in (DAY[80], DAY[80] + timedelta(days=50)))
    assert [facts(alert) for alert in then.alerts] == [facts(alert) for alert in later.alerts[:1]]
    assert then.alerts[0].since == DAY[73].isoformat()


def test_nothing_is_written(failed: World) -> None:
    backtest(failed.ws, DAY[30], DAY[90], at(90))
    assert stored_alerts(failed.ws.store) == []


def test_simple_rules_tell_more_often(failed: World) -> None:
    ours, vendors = (backtest(failed.ws, DAY[30], DAY[90], at(90), rule) for rule in ("watch", "mean-2sd"))
    assert len(vendors.alerts) > 5 * len(ours.alerts)


def test_days_out_of_order_or_to_come_are_refused(failed: World) -> None:
    with pytest.raises(ConfigError, match="earlier day first"):
        backtest(failed.ws, DAY[40], DAY[30], at(90))
    with pytest.raises(ConfigError, match="has not been yet"):
        backtest(failed.ws, DAY[40], DAY[95], at(90))


def test_the_command_draws_and_says_whether_it_can_be_borne(failed: World) -> None:
    folder = failed.ws.folder
    failed.ws.close()
    config, page = folder / "umot.yaml", folder / "past.html"
    whole = ["backtest", "--config", str(config), "--as-of", "2026-04-05T23:45"]
    done = CliRunner().invoke(app, [*whole, "--picture", str(page)])
    assert done.exit_code == 0, done.output
    assert "1 alerts from" in done.output
    text = page.read_text("utf-8")
    assert text.count("<svg") == 4
    assert "zonnehoek-20260311" in text
    config.write_text(config.read_text() + "alerts: {most_per_week: 0.01}\n")
    done = CliRunner().invoke(app, [*whole, "--json"])
    assert done.exit_code == 3
    assert json.loads(done.stdout)["bearable"] is False


def test_an_imported_past_can_be_replayed_at_once(world: World) -> None:
    world.usual(days(0, 90))
    for day in days(65, 67):
        world.posts(day, 7, score=-0.8)
    world.runs("winkel", days(95, 95))
    shown = {"first_published": f"{DAY[0]}T08:00:00.000Z", "last_published": f"{DAY[90]}T20:00:00.000Z"}
    world.ws.store.refresh()
    (run,) = world.ws.ledger.runs()
    world.ws.store.put("runs", [run | shown])
    world.write()
    done = backtest(world.ws, DAY[30], DAY[90], at(95))
    assert [alert.since for alert in done.alerts] == [DAY[65].isoformat()]


def test_an_empty_workspace_says_that_nothing_could_be_judged(world: World, tmp_path: Path) -> None:
    world.ws.store.refresh()
    world.ws.close()
    done = CliRunner().invoke(app, ["backtest", "--config", str(tmp_path / "umot.yaml"), "--as-of", "2026-04-05"])
    assert done.exit_code == 0, done.output
    assert "nothing could be judged" in done.output
