"""How an event that was found again becomes the alert that the store knows."""

from dataclasses import replace
from datetime import date, timedelta

from tests.alerts.stories import MORNING, alert
from tests.alerts.world import World
from umot.alert import Alert
from umot.alerts.events import Event, Patience
from umot.alerts.findings import Finding
from umot.alerts.keeping import Kept, alert_of, carried_on
from umot.alerts.series import Metric, Watched

PATIENCE = Patience(3, 7)


def finding(day: date, p: float, moment: str | None, metric: Metric = "negative") -> Finding:
    watched = Watched("Zonnehoek", metric, moment, "review", invited=False, source=None)
    return Finding(watched, day, 1, "peak", 9.0, 1.0, p, fired=True, cold_start=False)


def event(since: date, until: date, *findings: Finding) -> Event:
    found = list(findings) or [finding(since, 1e-6, "smot")]
    return Event("Zonnehoek", since, until, since, found, observed=9.0, expected=1.0)


def kept(world: World, known: list[Alert], *found: Event) -> list[Kept]:
    met = [(one, alert_of(one, MORNING, MORNING)) for one in found]
    judged = [date(2026, 2, 1) + timedelta(days=n) for n in range(40)]
    return list(carried_on(world.ws.store, known, met, judged, PATIENCE, MORNING))


def test_moments_come_in_the_order_of_their_evidence() -> None:
    day = date(2026, 3, 2)
    moments = ("umot", "zmot", "smot", "fmot", "dmot", "lzmot")
    found = [finding(day, 10.0 ** (n - 9), code) for n, code in enumerate(moments)]
    shown = alert_of(event(day, day, *found, finding(day, 1e-12, None, "posts")), MORNING, MORNING)
    assert (shown.moment, shown.moments) == ("umot", list(moments))


def test_what_touches_an_alert_that_is_over_goes_on_as_the_one_that_is_open(world: World) -> None:
    over = alert("old", since="2026-02-10", until="2026-02-12", status="closed", told=5)
    still = alert("new", since="2026-02-20", until="2026-02-22", told=5)
    (one,) = kept(world, [over, still], event(date(2026, 2, 10), date(2026, 2, 24)))
    assert (one.alert.id, one.alert.since) == ("new", "2026-02-10")


def test_an_alert_that_goes_on_after_its_end_was_told_is_told_again() -> None:
    over = alert(status="closed", told=7)
    assert Kept(replace(over, status="open"), over).change == "grown"
    assert Kept(over, over).change is None


def test_an_alert_that_nobody_was_told_of_opens_when_it_goes_on() -> None:
    over = alert(status="closed", told=None)
    assert Kept(replace(over, status="open"), over).change == "opened"
    assert Kept(over, over).change is None
