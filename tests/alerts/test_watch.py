"""What the watch makes of a brand's days: one alert per event, told once, closed when it is over."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from tests.alerts.world import FIRST, World, at, days
from umot.alerts.alert import Alert
from umot.alerts.keeping import stored_alerts
from umot.pipeline.forget import forget_posts
from umot.pipeline.watch import watch


def alerts(world: World, about: str = "brand") -> list[Alert]:
    return stored_alerts(world.ws.store, {"term": {"about": about}})


def calm(world: World, last: int) -> None:
    """Sixty days and more of a shop that is well, collected every night."""
    world.usual(days(0, last))
    world.runs("winkel", days(0, last))


def failure(world: World, first: int, last: int, a_day: int = 7) -> None:
    for day in days(first, last):
        world.posts(day, a_day, score=-0.8)


@pytest.fixture
def failed(world: World) -> World:
    """Deliveries fail on three days of the tenth week; watched every night from the ninth week on."""
    calm(world, 90)
    failure(world, 65, 67)
    world.write()
    return world


def test_a_failure_is_one_alert_that_grows_quietens_and_closes(failed: World) -> None:
    seen: list[tuple[int, str, dict[str, int]]] = []
    for day in (64, 65, 66, 67, 70, 73, 80):
        run = watch(failed.ws, at(day))
        states = [alert.status for alert in alerts(failed)]
        seen.append((day, "".join(states), run.counts))
    (alert,) = alerts(failed)
    by_day = {day: status for day, status, _ in seen}
    assert by_day[64] == ""
    assert by_day[65] == "open"
    assert "quiet" in by_day.values()
    assert by_day[80] == "closed"
    assert sum(counts["opened"] for _, _, counts in seen) == 1
    assert sum(counts["closed"] for _, _, counts in seen) == 1
    assert (alert.brand, alert.moment, alert.what) == ("Zonnehoek", "smot", "negative_peaks")
    assert alert.since == (FIRST + timedelta(days=65)).isoformat()
    assert alert.fired == (FIRST + timedelta(days=65)).isoformat()
    assert alert.severity >= 6
    assert alert.observed is not None
    assert alert.observed >= 21
    assert "pakket" in [term.casefold() for term in alert.terms]
    assert alert.voice == "many"


def test_watching_seldom_finds_the_same_event(failed: World) -> None:
    watch(failed.ws, at(60))
    watch(failed.ws, at(90))
    (alert,) = alerts(failed)
    assert (alert.status, alert.since) == ("closed", (FIRST + timedelta(days=65)).isoformat())
    assert alert.told is not None


def test_the_first_look_tells_nobody_of_what_is_over(failed: World) -> None:
    watch(failed.ws, at(85))
    (alert,) = alerts(failed)
    assert (alert.status, alert.told) == ("closed", None)


def test_twice_at_one_time_changes_nothing(failed: World) -> None:
    for day in (64, 66, 72):
        watch(failed.ws, at(day))
        before = alerts(failed)
        again = watch(failed.ws, at(day))
        assert alerts(failed) == before
        assert again.verdict == "nothing_new"


def test_a_look_back_is_not_taken(failed: World) -> None:
    watch(failed.ws, at(72))
    before = alerts(failed)
    run = watch(failed.ws, at(66))
    assert alerts(failed) == before
    assert "already watched" in (run.reason or "")


def test_calm_days_raise_nothing(world: World) -> None:
    calm(world, 90)
    world.write()
    for day in range(30, 91, 12):
        watch(world.ws, at(day))
    assert alerts(world) == []


def test_a_hole_is_an_alert_about_the_source_alone(world: World) -> None:
    quiet = days(70, 75)
    world.usual([day for day in days(0, 90) if day not in quiet], mean=6.0)
    world.runs("winkel", days(0, 90), broken=quiet)
    world.write()
    for day in (65, 70, 73, 76, 83, 90):
        watch(world.ws, at(day))
    assert alerts(world) == []
    (alert,) = alerts(world, "source")
    assert (alert.source, alert.what, alert.status) == ("winkel", "broken", "closed")
    assert alert.missing_from is not None


def test_silence_of_a_source_that_is_well_is_told(world: World) -> None:
    world.usual(days(0, 69), mean=6.0)
    world.runs("winkel", days(0, 85))
    world.usual(days(0, 85), mean=3.0, brand="Maanhof")
    world.write()
    for day in (65, 72, 79):
        watch(world.ws, at(day))
    (alert,) = (one for one in alerts(world) if one.what == "silence")
    assert alert.brand == "Zonnehoek"
    assert alert.terms == []


def test_a_source_that_starts_is_no_spike(world: World) -> None:
    calm(world, 90)
    for day in days(60, 90):
        world.posts(day, 9, source="praat", kind="post")
        world.posts(day, 4, score=-0.8, source="praat", kind="post")
    world.runs("praat", days(60, 90))
    world.write()
    for day in (58, 61, 63, 66, 75, 90):
        watch(world.ws, at(day))
    assert alerts(world) == []


def test_a_burst_of_invited_reviews_is_no_news_but_a_bad_share_is(world: World) -> None:
    asked: dict[str, Any] = {"invitation": "invited"}
    world.usual(days(0, 90), mean=3.0, **asked)
    world.runs("winkel", days(0, 90))
    for day in days(60, 62):
        world.posts(day, 45, **asked)
        world.posts(day, 5, score=-0.8, **asked)
    world.write()
    watch(world.ws, at(50))
    watch(world.ws, at(70))
    assert alerts(world) == []
    failure_days = days(76, 78)
    for day in failure_days:
        world.posts(day, 12, score=-0.8, **asked)
    world.write()
    watch(world.ws, at(80))
    (alert,) = alerts(world)
    assert alert.invited
    assert alert.share


def test_what_never_happened_before_is_found(world: World) -> None:
    calm(world, 70)
    for day in days(65, 66):
        world.posts(day, 5, score=-0.8, moment="dmot")
    world.write()
    watch(world.ws, at(60))
    watch(world.ws, at(66))
    (alert,) = alerts(world)
    assert alert.moment == "dmot"


def test_one_shouting_author_is_named_as_such(world: World) -> None:
    calm(world, 70)
    for day in days(65, 66):
        world.posts(day, 8, score=-0.8, author="dezelfde")
    world.write()
    watch(world.ws, at(60))
    watch(world.ws, at(67))
    (alert,) = alerts(world)
    assert alert.voice == "one_author"
    assert alert.author_share is not None
    assert alert.author_share > 0.7


def test_maintenance_is_not_judged(failed: World) -> None:
    first, last = days(64, 64)[0], days(68, 68)[0]
    window = {"since": first, "until": last, "why": "verhuizing", "brands": ("Zonnehoek",)}
    settings = failed.ws.settings
    changed = type(settings.alerts).model_validate(settings.alerts.model_dump() | {"maintenance": (window,)})
    failed.ws.settings = settings.model_copy(update={"alerts": changed})
    watch(failed.ws, at(60))
    watch(failed.ws, at(75))
    assert alerts(failed) == []


def test_erasing_a_quoted_post_takes_the_quote_away(failed: World) -> None:
    for day in (60, 68):
        watch(failed.ws, at(day))
    (alert,) = alerts(failed)
    assert alert.example_ids
    quoted = alert.example_ids[0]
    forget_posts(failed.ws, [quoted], at(68))
    (after,) = alerts(failed)
    assert quoted not in after.example_ids
    assert len(after.examples) == len(after.example_ids)
    watch(failed.ws, at(69))
    assert quoted not in alerts(failed)[0].example_ids


def test_an_acknowledged_alert_keeps_its_acknowledgement(failed: World) -> None:
    for day in (60, 66):
        watch(failed.ws, at(day))
    (alert,) = alerts(failed)
    known = replace(alert, acknowledged=True, acknowledged_by="klantenservice", note="vervoerder gebeld")
    failed.ws.store.put("alerts", [known.document()])
    watch(failed.ws, at(70))
    (after,) = alerts(failed)
    assert (after.acknowledged, after.note) == (True, "vervoerder gebeld")


def test_late_posts_still_make_an_alert(world: World) -> None:
    calm(world, 80)
    world.write()
    for day in (60, 66, 72):
        watch(world.ws, at(day))
    assert alerts(world) == []
    failure(world, 65, 67)
    world.write()
    watch(world.ws, at(73))
    (alert,) = alerts(world)
    assert alert.since == (FIRST + timedelta(days=65)).isoformat()
