"""Which unusual days belong together."""

from dataclasses import replace
from datetime import date, timedelta

from umot.alerts.events import Patience, events
from umot.alerts.findings import Finding, Verdicts
from umot.alerts.series import Watched

BEGIN = date(2026, 3, 2)
DAYS = [BEGIN + timedelta(days=n) for n in range(40)]
SMOT = Watched("Zonnehoek", "negative", "smot", "review", invited=False, source=None)
FMOT = SMOT._replace(moment="fmot")


def finding(watched: Watched, day: int, days: int, p: float, rule: str = "burst") -> Finding:
    when = BEGIN + timedelta(days=day)
    return Finding(watched, when, days, rule, 9.0, 1.0, p, fired=True, cold_start=False)


def told(*findings: Finding) -> list[tuple[int, int]]:
    """Return the first and last day of each event: three bad days, and one of another kind a fortnight later."""
    found = Verdicts({"Zonnehoek": list(findings)}, {"Zonnehoek": DAYS})
    for n, day in enumerate(DAYS):
        found.note(SMOT, day, 9.0 if n in (10, 11, 12) else 0.0, 1.0)
        found.note(FMOT, day, 4.0 if n == 25 else 0.0, 0.2)
    return [
        ((event.since - BEGIN).days, (event.until - BEGIN).days) for event in events(found, "Zonnehoek", Patience(3, 7))
    ]


def test_what_a_cusum_remembers_of_an_event_that_is_over_belongs_to_no_later_one() -> None:
    burst, other = finding(SMOT, 12, 3, 1e-9), finding(FMOT, 25, 1, 1e-4)
    echo = finding(SMOT, 26, 17, 1e-3, "slow burn")
    assert told(burst, other, echo) == [(10, 12), (25, 25)]


def test_a_sum_that_shows_more_than_the_event_before_it_is_news() -> None:
    faint, other = finding(SMOT, 12, 3, 1e-3), finding(FMOT, 25, 1, 1e-4)
    more = finding(SMOT, 26, 17, 1e-9, "slow burn")
    assert told(faint, other, more)[-1][0] == 10


def test_an_event_goes_on_in_another_kind_of_post() -> None:
    burst, questions = finding(SMOT, 12, 3, 1e-9), SMOT._replace(kind="question")
    found = Verdicts({"Zonnehoek": [burst, replace(finding(questions, 14, 1, 0.01), fired=False)]}, {"Zonnehoek": DAYS})
    for n, day in enumerate(DAYS):
        found.note(SMOT, day, 9.0 if n in (10, 11, 12) else 0.0, 1.0)
        found.note(questions, day, 4.0 if n in (13, 14) else 0.0, 0.5)
    assert [event.until for event in events(found, "Zonnehoek", Patience(3, 7))] == [DAYS[14]]
