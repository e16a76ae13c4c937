"""Alerts as people read them at a terminal."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from tests.alerts.world import World, at, days
from umot.cli.app import app
from umot.errors import ConfigError
from umot.pipeline.watch import watch


@pytest.fixture
def folder(world: World) -> Path:
    """A workspace with one open alert."""
    world.usual(days(0, 67))
    world.runs("winkel", days(0, 67))
    for day in days(65, 66):
        world.posts(day, 8, score=-0.8)
    world.write()
    for day in (60, 66):
        watch(world.ws, at(day))
    world.ws.close()
    return world.ws.folder


def umot(folder: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--config", str(folder / "umot.yaml")])


def test_list_show_and_acknowledge(folder: Path) -> None:
    (listed,) = json.loads(umot(folder, "alerts", "list", "--json").stdout)
    shown = umot(folder, "alerts", "show", listed["id"])
    assert shown.exit_code == 0, shown.output
    for part in ("Zonnehoek", "akket", "2026-03-11"):
        assert part in shown.output
    assert umot(folder, "alerts", "ack", listed["id"], "--by", "Anna", "--note", "vervoerder gebeld").exit_code == 0
    again = umot(folder, "alerts", "show", listed["id"])
    assert "vervoerder gebeld" in again.output
    assert "acknowledged" in umot(folder, "alerts", "list").output


def test_an_unknown_id_is_answered_with_the_nearest(folder: Path) -> None:
    done = umot(folder, "alerts", "ack", "zonnehoek-2026031")
    assert isinstance(done.exception, ConfigError)
    assert "did you mean 'zonnehoek-20260311'" in str(done.exception)


def test_the_series_of_a_brand(folder: Path) -> None:
    done = umot(folder, "series", "Zonnehoek", "--days", "3", "--as-of", "2026-03-12T23:45", "--json")
    rows = json.loads(done.stdout)
    assert [row["time"] for row in rows] == ["2026-03-10", "2026-03-11", "2026-03-12"]
    assert [row["coverage"] for row in rows] == ["covered", "covered", "partial"]
    assert rows[1]["complaints"] >= 8
    weeks = json.loads(umot(folder, "series", "Zonnehoek", "--weekly", "--as-of", "2026-03-12", "--json").stdout)
    assert sum(week["posts"] for week in weeks[-1:]) >= sum(row["posts"] for row in rows)
