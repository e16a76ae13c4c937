"""From findings to events: what happens to a brand on overlapping days is one event, in however many series."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from math import log2, log10
from typing import Final

from umot.alerts.alert import SEVEREST, BrandEvent, Status
from umot.alerts.findings import Finding, Verdicts
from umot.alerts.series import Watched

_TELLING: Final[tuple[BrandEvent, ...]] = ("negative_peaks", "complaints")
_WHAT: Final[dict[str, BrandEvent]] = {
    "negative": "negative_peaks",
    "complaints": "complaints",
    "positive": "positive_peaks",
    "posts": "posts",
}
_SURPRISE, _SIZE, _LENGTH = 0.45, 0.4, 0.15
_UNHEARD_OF: Final = 10.0
_HUNDRED: Final = 2.0
_SIXTEENFOLD: Final = 4.0
_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Patience:
    """For how many judged days without anything unusual an event is waited for before it is quiet, and then closed."""

    quiet: int
    close: int


@dataclass(slots=True)
class Event:
    """Unusual days of a brand that belong together; `until` is the last day on which there was too much (or nothing).

    `fired` is the day on which the first rule held, `findings` those of the rules that held, `lead` the one that shows
    it best, `status` where the event stands after the last judged day.
    """

    brand: str
    since: date
    until: date
    fired: date
    findings: list[Finding] = field(default_factory=list)
    status: Status = "open"
    observed: float = 0.0
    expected: float = 0.0

    @property
    def lead(self) -> Finding:
        """The finding that shows the event best: negative peaks and complaints first, then the least likely."""
        return min(self.findings, key=lambda one: (what_of(one) not in _TELLING, _rank(one), one.p, one.day))

    @property
    def series(self) -> set[Watched]:
        """The series in which it shows."""
        return {finding.watched for finding in self.findings}

    @property
    def days(self) -> int:
        """How many days it has lasted."""
        return (self.until - self.since).days + 1

    @property
    def severity(self) -> int:
        """1 to 10: how unlikely (p to 1e-10), how many more (to 100 posts, 16 times as many), how long (a week)."""
        surprise = min(-log10(max(min(one.p for one in self.findings), 1e-300)) / _UNHEARD_OF, 1.0)
        extra = max(self.observed - self.expected, 0.0)
        posts, times = log10(1.0 + extra) / _HUNDRED, log2(1.0 + extra / (self.expected + 1.0)) / _SIXTEENFOLD
        size = 1.0 if self.lead.is_silence else (min(posts, 1.0) + min(times, 1.0)) / 2
        length = min(self.days / _WEEK, 1.0)
        return 1 + round((SEVEREST - 1) * (_SURPRISE * surprise + _SIZE * size + _LENGTH * length))


def what_of(finding: Finding) -> BrandEvent:
    """Return what a finding tells of."""
    return "silence" if finding.is_silence else _WHAT[finding.watched.metric]


def events(verdicts: Verdicts, brand: str, patience: Patience) -> list[Event]:
    """Return a brand's events in order, with where they stand after the last judged day.

    An event goes on while one of its series is still raised and joins what fires before it is closed; days that were
    not judged neither lengthen nor end it.
    """
    days = sorted(verdicts.judged.get(brand, ()))
    found = list(_walk(verdicts, verdicts.findings.get(brand, ()), days, patience))
    for event in found:
        event.status = standing(event.until, days, patience)
        event.observed, event.expected = _everywhere(verdicts, event)
    return found


def standing(until: date, judged: Sequence[date], patience: Patience) -> Status:
    """Return where an event stands whose last unusual day was `until`, given the days that were judged."""
    calm = sum(day > until for day in judged)
    if calm >= patience.close:
        return "closed"
    return "quiet" if calm >= patience.quiet else "open"


def _everywhere(verdicts: Verdicts, event: Event) -> tuple[float, float]:
    """Return the event's posts and those to be expected, by the lead's measure and moment in whatever kind of post."""
    lead = event.lead.watched
    alike = [one for one in verdicts.series if _measures(one) == _measures(lead) and one.kind is not None]
    sums = [verdicts.over(watched, event.since, event.until) for watched in alike]
    return sum(seen for seen, _ in sums), sum(usual for _, usual in sums)


def _measures(watched: Watched) -> tuple[object, ...]:
    # Invited posts are known by their share alone, settled ones by their number alone: neither is counted twice.
    return watched.brand, watched.metric, watched.moment, watched.source is not None and watched.share


def _walk(verdicts: Verdicts, findings: Iterable[Finding], days: Sequence[date], patience: Patience) -> Iterator[Event]:
    event: Event | None = None
    for finding in sorted(findings, key=lambda one: (one.day, not one.fired, one.p)):
        since, until = _span(verdicts, finding)
        if event and standing(event.until, [day for day in days if day < since], patience) != "closed":
            _take(event, finding, since, until)
        elif finding.fired:
            if event:
                yield event
            event = Event(finding.watched.brand, since, until, finding.day, [finding])
    if event:
        yield event


def _take(event: Event, finding: Finding, since: date, until: date) -> None:
    """Let an event grow by what was found."""
    if finding.fired:
        event.findings.append(finding)
        event.since = min(event.since, since)
    if finding.fired or finding.watched in event.series:
        event.until = max(event.until, until)


def _span(verdicts: Verdicts, finding: Finding) -> tuple[date, date]:
    """Return the first and the last of the summed days on which there was too much; all of them in a silence."""
    if finding.is_silence:
        return finding.since, finding.day
    days = verdicts.too_many(finding.watched, finding.since, finding.day)
    return (days[0], days[-1]) if days else (finding.day, finding.day)


def _rank(finding: Finding) -> int:
    """Negative peaks before complaints: they name the moment."""
    return int(what_of(finding) == "complaints")
