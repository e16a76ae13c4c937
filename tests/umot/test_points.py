"""A brand's series as it is printed: every post once, whole weeks, holes shown as such."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.alerts.world import FIRST, World, at, days, make_world
from umot.analysis.points import Point, points


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Four weeks of a shop that is collected every night but on two, with one bad day."""
    made = make_world(tmp_path)
    with made.ws:
        for day in days(0, 27):
            made.posts(day, 3)
        made.posts(FIRST + timedelta(days=9), 2, score=-0.8, moment="dmot", kind="question", invitation="invited")
        made.runs("winkel", days(0, 27), broken=days(20, 21))
        made.write()
        yield made


def read(world: World, first: int, last: int, **chosen: object) -> list[Point]:
    from_day, to_day = (FIRST + timedelta(days=n) for n in (first, last))
    return list(points(world.ws, "Zonnehoek", from_day, to_day, at(27, 23, 30), **chosen))  # type: ignore[arg-type]


def test_days_count_posts_once_and_say_what_was_not_collected(world: World) -> None:
    found = read(world, 0, 27)
    assert [point.posts for point in found] == [3] * 9 + [5] + [3] * 18
    bad = found[9]
    assert (bad.negative_peaks, bad.positive_peaks, bad.complaints, bad.score) == (2, 0, 2, pytest.approx(-0.02))
    assert [n for n, point in enumerate(found) if point.coverage != "covered"] == [0, 19, 20, 21]
    assert found[20].coverage == "missing"


def test_a_moment_and_a_kind_are_counted_alone(world: World) -> None:
    assert sum(point.posts for point in read(world, 0, 27, moment="dmot")) == 2
    assert sum(point.posts for point in read(world, 0, 27, kind="review")) == 84


def test_the_first_week_is_whole(world: World) -> None:
    found = read(world, 10, 27, weekly=True)
    assert [(point.time, point.posts) for point in found] == [("2026-W03", 23), ("2026-W04", 21), ("2026-W05", 21)]
