"""What the watch makes of a brand's days: one alert per event, told once, closed when it is over."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.alerts.world import CONFIG, FIRST, World, at, days, make_world, with_outcry
from umot.alert import Alert
from umot.alerts.keeping import stored_alerts
from umot.alerts.outbox import Outbox
from umot.errors import LeaseLostError, StoreError
from umot.pipeline.forget import forget_posts
from umot.pipeline.watch import watch
from umot.timeline import iso


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


def test_an_outbreak_that_a_cusum_remembers_is_over_when_it_is_over(failed: World) -> None:
    for day in (64, 65, 67, 69, 72, 76, 80):
        watch(failed.ws, at(day))
    (alert,) = alerts(failed)
    assert (alert.status, alert.until) == ("closed", (FIRST + timedelta(days=67)).isoformat())
    assert alert.closed_at == iso(at(76))


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


def test_a_look_whose_messages_are_not_taken_says_so(tmp_path: Path) -> None:
    config = CONFIG + "alerts: {channels: {team: {url: json://127.0.0.1:9/s3cretTOKEN}}}"
    with (world := make_world(tmp_path, config)).ws:
        calm(world, 70)
        failure(world, 65, 67)
        world.write()
        assert watch(world.ws, at(60)).reason is None
        run = watch(world.ws, at(66))
    assert run.counts["waiting"] == 1
    assert "channel team: the service cannot be reached" in (run.reason or "")
    assert "s3cret" not in (run.reason or "")


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


def test_a_morning_without_posts_is_no_silence(world: World) -> None:
    for day in days(0, 69):
        world.posts(day, 9 + world.rng.randrange(5), published_at=f"{day}T00:00:00.000Z")
    world.runs("winkel", days(0, 69))
    world.write()
    (latest,) = (run for run in world.ws.ledger.runs() if run["as_of"] > iso(at(69, 0)))
    morning = iso(at(70, 6, 0))
    world.ws.store.put("runs", [latest | {"id": "collect/winkel/early", "as_of": morning, "covered_to": morning}])
    watch(world.ws, at(60))
    watch(world.ws, at(70, 6, 0))
    assert alerts(world) == []


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
        world.posts(day, 1, score=-0.8, source="praat")
    world.write()
    watch(world.ws, at(80))
    (alert,) = alerts(world)
    assert alert.invited
    assert alert.share
    assert alert.sources == ["winkel"]


def test_what_never_happened_before_is_found(world: World) -> None:
    calm(world, 70)
    for day in days(65, 66):
        world.posts(day, 5, score=-0.8, moment="dmot")
    world.write()
    watch(world.ws, at(60))
    watch(world.ws, at(66))
    (alert,) = alerts(world)
    assert alert.moment == "dmot"


def test_the_reasons_say_what_an_outcry_is_about(world: World) -> None:
    calm(world, 70)
    for day in days(65, 66):
        for what in ("mijn tafel", "de lamp", "een stoel", "het kleed", "alles", "de helft", "ons bed"):
            world.post(day, score=-0.8, source="winkel", text=f"De koerier heeft {what} verloren.")
    world.writes[:] = map(with_outcry, world.writes)
    world.write()
    watch(world.ws, at(60))
    watch(world.ws, at(66))
    (alert,) = alerts(world)
    assert alert.what == "negative_peaks"
    assert "koerier" in alert.terms
    assert "koerier" in alert.examples[0]


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


def with_settings(world: World, **changes: Any) -> None:
    """Change the configuration of an open workspace."""
    settings = world.ws.settings
    world.ws.settings = type(settings).model_validate(settings.model_dump() | changes)


def test_a_channel_hears_of_an_alert_that_reaches_its_severity_bit_by_bit(failed: World) -> None:
    watch(failed.ws, at(64))
    watch(failed.ws, at(65))
    (alert,) = alerts(failed)
    with_settings(failed, alerts={"channels": {"boss": {"url": "json://127.0.0.1:9/", "severity": alert.severity}}})
    failed.ws.store.put("alerts", [replace(alert, severity=alert.severity - 1, told=alert.severity - 1).document()])
    watch(failed.ws, at(65, minute=50))
    (notice,) = Outbox(failed.ws.store.state).all()
    assert (notice.event, notice.severity) == ("opened", alert.severity)


def test_alerts_of_a_brand_that_is_no_longer_watched_are_over(failed: World) -> None:
    watch(failed.ws, at(66))
    assert [alert.status for alert in alerts(failed)] == ["open"]
    with_settings(failed, brands=[{"name": "Maanhof"}])
    watch(failed.ws, at(67))
    (alert,) = alerts(failed)
    assert (alert.status, alert.closed_at) == ("closed", iso(at(67)))


def test_a_look_that_broke_off_leaves_no_second_alert(failed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(failed.ws, at(64))

    def away(*_: object) -> None:
        raise StoreError("away")

    with monkeypatch.context() as broken:
        broken.setattr("umot.pipeline.watch.source_alerts", away)
        with pytest.raises(StoreError):
            watch(failed.ws, at(65))
    watch(failed.ws, at(65))
    assert [alert.id for alert in alerts(failed)] == ["zonnehoek-20260311"]


def test_an_old_hole_has_nothing_to_do_with_a_new_illness(world: World) -> None:
    world.usual(days(0, 70), mean=6.0)
    world.runs("winkel", days(0, 90), broken=days(20, 22))
    world.write()
    quiet = [run for run in world.ws.ledger.runs() if run["as_of"] > iso(at(71, 0))]
    world.ws.store.put("runs", [run | {"new": 0, "unchanged": 4, "verdict": "nothing_new"} for run in quiet])
    watch(world.ws, at(90))
    (alert,) = alerts(world, "source")
    assert (alert.what, alert.missing_from, alert.missing_to) == ("silent", None, None)


def test_a_source_that_fails_now_and_then_is_one_alert(world: World) -> None:
    with_settings(world, alerts={"channels": {"team": {"url": "json://127.0.0.1:9/"}}})
    world.usual(days(0, 60))
    world.runs("winkel", days(0, 60))
    world.write()
    (latest,) = (run for run in world.ws.ledger.runs() if run["as_of"] > iso(at(60, 0)))
    for hour in range(2, 8):
        now = iso(at(61, hour, 0))
        failed = {"verdict": "broken", "finish": "failed"} if hour % 2 else {"covered_to": now}
        world.ws.store.put("runs", [latest | {"id": f"collect/winkel/{hour}", "as_of": now} | failed])
        watch(world.ws, at(61, hour, 5))
    (alert,) = alerts(world, "source")
    assert alert.status == "open"
    assert sorted(notice.event for notice in Outbox(world.ws.store.state).all()) == ["closed", "grown", "opened"]


def test_a_look_whose_lease_was_lost_writes_nothing(failed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    watch(failed.ws, at(64))

    def lost() -> None:
        raise LeaseLostError("another machine has taken over")

    monkeypatch.setattr(failed.ws, "check_leases", lost)
    with pytest.raises(LeaseLostError):
        watch(failed.ws, at(65))
    failed.ws.store.refresh()
    assert alerts(failed) == []


def test_an_alert_that_nobody_can_watch_any_more_is_ended(world: World) -> None:
    world.usual(days(0, 66))
    world.runs("winkel", days(0, 66))
    failure(world, 65, 66)
    world.write()
    for day in (60, 66, 72):
        watch(world.ws, at(day))
    assert alerts(world)[0].status == "open"
    watch(world.ws, at(85))
    (alert,) = alerts(world)
    assert alert.status == "closed"
    assert "whether it is over is not known" in (alert.reason or "")
    assert watch(world.ws, at(86)).counts["opened"] == 0


def test_a_look_at_nothing_is_none(world: World) -> None:
    watch(world.ws, at(200))
    calm(world, 70)
    failure(world, 65, 66)
    world.write()
    for day in (60, 66):
        watch(world.ws, at(day))
    assert [alert.status for alert in alerts(world)] == ["open"]


def test_the_same_at_another_brand_is_named(failed: World) -> None:
    failed.usual(days(0, 90), brand="Maanhof")
    for day in days(66, 67):
        failed.posts(day, 7, score=-0.8, brand="Maanhof")
    failed.write()
    for day in (60, 68):
        watch(failed.ws, at(day))
    assert {alert.brand: alert.alike for alert in alerts(failed)} == {
        "Zonnehoek": ["Maanhof"],
        "Maanhof": ["Zonnehoek"],
    }


def test_a_hole_that_ends_before_the_failed_run_belongs_to_it(world: World) -> None:
    world.usual(days(0, 60))
    world.runs("winkel", days(0, 60))
    world.runs("winkel", days(75, 75), broken=days(75, 75))
    world.runs("winkel", days(80, 80))
    world.write()
    (back,) = (run for run in world.ws.ledger.runs() if run["as_of"] > iso(at(80, 0)))
    world.ws.store.put("runs", [back | {"covered_from": iso(at(70))}])
    for day in (60, 75, 80):
        watch(world.ws, at(day))
    (alert,) = alerts(world, "source")
    assert (alert.status, alert.missing_to) == ("closed", iso(at(70)))
    assert (alert.missing_from or "").startswith(days(60, 60)[0].isoformat())
