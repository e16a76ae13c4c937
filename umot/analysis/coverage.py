"""Which days of a source were really looked at: a hole in the collection is not a zero."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from umot.ledger import REPLAYED, Ledger
from umot.store.contract import Document
from umot.timeline import midnight, utc, week_of

State = Literal["covered", "partial", "missing", "unknown"]
_DAY = timedelta(days=1)
_ATTEMPTED = ("ok", "nothing_new", "silent", "degraded", "limited", "refused", "broken", "interrupted")


@dataclass(slots=True)
class SourceCoverage:
    """What the runs of one source vouch for: from its first attempt on, with the spans that no run reached.

    `past_from` is how far back the source showed its posts when it was asked, `newest` the time of its newest post.
    """

    first_attempt: datetime | None = None
    past_from: datetime | None = None
    newest: datetime | None = None
    vouched_to: datetime | None = None
    last_attempt: datetime | None = None
    holes: list[tuple[datetime, datetime]] = field(default_factory=list)
    limited: list[tuple[datetime, datetime]] = field(default_factory=list)

    def add(self, run: Document) -> None:
        """Take in the next run in time."""
        at = utc(run["as_of"])
        self.first_attempt = self.first_attempt or at
        self.last_attempt = at
        self._look_back(run)
        if "covered_to" in run:
            self._vouch(utc(run["covered_to"]), run.get("covered_from"))
        elif run["verdict"] == "limited":
            self.limited.append((self.vouched_to or at, at))

    def _look_back(self, run: Document) -> None:
        if shown := run.get("covered_from", run.get("first_published")):
            self.past_from = min(self.past_from or utc(shown), utc(shown))
        if last := run.get("last_published"):
            self.newest = max(self.newest or utc(last), utc(last))

    def _vouch(self, to: datetime, since: str | None) -> None:
        before = self.vouched_to or to
        if since is not None and utc(since) > before:
            self.holes.append((before, utc(since)))
        # What a limited run left open was gone through by the run that went on from it.
        self.limited = []
        self.vouched_to = max(before, to)

    def state(self, begin: datetime, end: datetime, *, with_past: bool = False) -> State:
        """Say how well the time from begin to end was looked at.

        `with_past` counts what the source showed of the time before it was first attempted: posts that were gone by
        then are missing from it, which is why it is no coverage otherwise.
        """
        start = self.first_attempt
        if start and with_past and self.past_from:
            start = min(start, self.past_from)
        if start is None or end <= start:
            return "unknown"
        if self.vouched_to is None or begin >= self.vouched_to:
            return "partial" if _overlaps(self.limited, begin, end) else "missing"
        if any(a <= begin and end <= b for a, b in self.holes):
            return "missing"
        whole = begin >= start and end <= self.vouched_to
        return "covered" if whole and not _overlaps(self.holes, begin, end) else "partial"


def coverage_of(ledger: Ledger, sources: Iterable[str], until: datetime | None = None) -> dict[str, SourceCoverage]:
    """Read the coverage of sources from the ledger's runs, those up to a time when one is given."""
    found = {name: SourceCoverage() for name in sources}
    for name, coverage in found.items():  # one after the other: hourly runs of years are many
        for run in ledger.runs(step="collect", source=name):
            told = run["verdict"] in _ATTEMPTED and run.get("finish") != REPLAYED
            if told and (until is None or utc(run["as_of"]) <= until):
                coverage.add(run)
    return found


def daily(
    coverage: SourceCoverage, days: Sequence[date], zone: ZoneInfo, until: datetime, *, with_past: bool = False
) -> list[State]:
    """Return the state of each day of the workspace's time zone; the day of `until` ends there."""
    edges = [midnight(day, zone) for day in days]
    return [coverage.state(begin, min(begin + _DAY, until), with_past=with_past) for begin in edges]


def weekly(
    coverages: Mapping[str, SourceCoverage], days: Sequence[date], zone: ZoneInfo, until: datetime
) -> dict[str, dict[str, State]]:
    """Return the state of each week per source, as it was known at `until`."""
    return {name: _by_week(days, daily(one, days, zone, until)) for name, one in coverages.items()}


def together(states: Iterable[State]) -> State:
    """Return what several days or sources are worth together."""
    met = set(states)
    if len(met) == 1:
        return met.pop()
    return "partial" if met - {"unknown"} else "unknown"


def _by_week(days: Sequence[date], states: Sequence[State]) -> dict[str, State]:
    weeks: dict[str, list[State]] = {}
    for day, state in zip(days, states, strict=True):
        weeks.setdefault(week_of(day), []).append(state)
    return {week: together(found) for week, found in weeks.items()}


def _overlaps(spans: Iterable[tuple[datetime, datetime]], begin: datetime, end: datetime) -> bool:
    return any(a < end and begin < b for a, b in spans)
