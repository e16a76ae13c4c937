"""From findings to events: what happens to a brand on overlapping days is one event, in however many series."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import log2, log10
from typing import Final

import numpy as np

from umot.alert import SEVEREST, BrandEvent, Status
from umot.alerts.findings import RAISED, Finding, Verdicts
from umot.alerts.series import Watched
from umot.watch.tails import upper_tail

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
_FEWEST: Final = 2
_DAY: Final = timedelta(days=1)


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

    An event goes on while what one of its series tells of is still raised, in whatever kind of post, and joins what
    fires before it is closed; days that were not judged neither lengthen nor end it.
    """
    days = sorted(verdicts.judged.get(brand, ()))
    found = _walk(verdicts, verdicts.findings.get(brand, ()), days, patience)
    for event in found:
        event.status = standing(event.until, days, patience)
        event.observed, event.expected = _everywhere(verdicts, event)
    return found


def alike(event: Event, met: Iterable[Event]) -> list[str]:
    """Return the other brands to which the same happens on overlapping days."""
    others = (one for one in met if one.brand != event.brand and what_of(one.lead) == what_of(event.lead))
    return sorted({one.brand for one in others if one.since <= event.until and event.since <= one.until})


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


def _walk(verdicts: Verdicts, findings: Iterable[Finding], days: Sequence[date], patience: Patience) -> list[Event]:
    found: list[Event] = []
    for finding in sorted(findings, key=lambda one: (one.day, not one.fired, one.p)):
        since, until = _span(verdicts, finding)
        last = found[-1] if found else None
        if any(_is_echo(finding, since, event) for event in found[:-1]):
            continue
        if (
            last
            and standing(last.until, [day for day in days if day < _news(verdicts, finding, last)], patience)
            != "closed"
        ):
            _take(verdicts, last, finding, since, until)
        elif finding.fired and not (last and _is_echo(finding, since, last)):
            begin = max(since, last.until + _DAY) if last else since
            found.append(Event(finding.watched.brand, begin, until, finding.day, [finding]))
    return found


def _news(verdicts: Verdicts, finding: Finding, event: Event) -> date:
    """Return the first day on which a finding tells of more than an event: a CUSUM may reach back into it."""
    later = max(finding.since, event.until + _DAY)
    if finding.is_silence or finding.since > event.until:
        return finding.since
    return next(iter(verdicts.too_many(finding.watched, later, finding.day)), event.until)


def _is_echo(finding: Finding, since: date, event: Event) -> bool:
    """Tell whether a sum that reaches back into an earlier event shows no more than that event did."""
    before = (one.p for one in event.findings if one.watched == finding.watched)
    return since <= event.until and finding.p >= min(before, default=1.0)


def _take(verdicts: Verdicts, event: Event, finding: Finding, since: date, until: date) -> None:
    """Let an event grow by what was found."""
    if finding.fired:
        event.findings.append(finding)
        event.since = min(event.since, since)
    if _shows(event, finding) and until > event.until and _goes_on(verdicts, event, finding, until):
        event.until = until


def _shows(event: Event, finding: Finding) -> bool:
    """Tell whether a finding is of what the event is about, in whatever kind of post."""
    told = (finding.watched.metric, finding.watched.moment)
    return any(told == (watched.metric, watched.moment) for watched in event.series)


def _goes_on(verdicts: Verdicts, event: Event, finding: Finding, until: date) -> bool:
    """Tell whether there is too much after the event's last day, too: a CUSUM remembers a burst for weeks."""
    if finding.is_silence or (finding.fired and finding.since > event.until):
        return True
    seen, _ = verdicts.over(finding.watched, event.until + _DAY, until)
    return seen >= _FEWEST and _chance(verdicts, finding.watched, event.until + _DAY, until) <= RAISED


def _chance(verdicts: Verdicts, watched: Watched, since: date, until: date) -> float:
    """Return the Poisson chance of so many posts from a day to a day."""
    seen, usual = verdicts.over(watched, since, until)
    return float(upper_tail(np.array(seen), np.array(usual), np.ones(1))[0])


def _span(verdicts: Verdicts, finding: Finding) -> tuple[date, date]:
    """Return from when to when there was too much: the days whose sum is least likely; all of them in a silence.

    A CUSUM that remembers only what was before the days looked at now says nothing of these.
    """
    if finding.is_silence:
        return finding.since, finding.day
    days = verdicts.too_many(finding.watched, finding.since, finding.day)
    if not days:
        return finding.since, finding.since
    return min(days, key=lambda day: _chance(verdicts, finding.watched, day, days[-1])), days[-1]


def _rank(finding: Finding) -> int:
    """Negative peaks before complaints: they name the moment."""
    return int(what_of(finding) == "complaints")
