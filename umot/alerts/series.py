"""What is watched: series of counts per brand, moment, kind of post and invitation, over sources that are settled.

A source that begins is no spike and one that ends is no silence, so a source counts together with the others only
once it has brought posts about the brand for long enough, and no longer than it is looked at; until then its posts are
series of their own. Days on which these sources differ are judged in boards of their own.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from umot.analysis.coverage import SourceCoverage, State, coverage_of, daily, together
from umot.analysis.daily import DailyCounts, daily_counts
from umot.journey import EXPERIENCED, JOURNEY
from umot.timeline import days_between, local_day
from umot.watch.detect import Counts
from umot.watch.panel import Panel
from umot.watch.settings import Settings
from umot.watch.shares import Shares
from umot.workspace import Workspace

LeftOut = Callable[[str, date], bool]
Metric = Literal["negative", "positive", "complaints", "posts"]
Floats = NDArray[np.float64]
_Pool = tuple[tuple[str, ...], str | None]

SETTLED_DAYS: Final = 36
"""Days from which a source counts with the others: the shortest baseline, and the week that it leaves out."""

_WRITTEN: Final[tuple[tuple[Metric, str | None], ...]] = (("posts", None), ("posts", "zmot"))
_FELT: Final[tuple[tuple[Metric, str | None], ...]] = (
    ("complaints", None),
    *(("complaints", moment) for moment in EXPERIENCED),
    *(("negative", moment) for moment in JOURNEY),
    *(("positive", moment) for moment in JOURNEY),
)
_GONE_DAYS: Final = 14
_DAY: Final = timedelta(days=1)


class Watched(NamedTuple):
    """One watched series; `moment` or `kind` None is all of them, `source` None all settled sources together.

    `share` says that its part of the posts is judged, not its number.
    """

    brand: str
    metric: Metric
    moment: str | None
    kind: str | None
    invited: bool
    source: str | None
    share: bool = False


@dataclass(frozen=True, slots=True)
class Group:
    """Series that are judged in one way: by their number, or by their share where people were asked to write.

    `posts` holds what is counted of each series, (series, days), from long before the days that are judged.
    """

    watched: Sequence[Watched]
    posts: Panel
    judged: Counts | Shares


@dataclass(frozen=True, slots=True)
class Board:
    """Days on which the same sources are settled or young, and all series that are judged on them together."""

    days: Sequence[date]
    groups: Sequence[Group]


@dataclass(slots=True)
class _Brand:
    """One brand's counts, and since when each source brings posts about it, as a column."""

    counts: DailyCounts
    starts: Mapping[str, int]


class Boards:
    """Reads counts and coverage of a workspace once, and lays them out for the days from first to last.

    `last_share` is the part of the last day's posts that has usually come by now; `left_out` names brands and days that
    are nobody's business: as if nobody had looked.
    """

    def __init__(
        self,
        ws: Workspace,
        first: date,
        last: date,
        as_of: datetime,
        settings: Settings,
        *,
        last_share: float,
        left_out: LeftOut,
    ) -> None:
        self._last_share, self._left_out = last_share, left_out
        begin = first - timedelta(days=settings.history + settings.burn_left_out + SETTLED_DAYS)
        self._days = days_between(begin, last)
        self._judged = days_between(first, last)
        threshold = ws.settings.sentiment.negative_peak
        names = [brand.name for brand in ws.settings.brands]
        counted = [daily_counts(ws.store, name, begin, last, negative_peak=threshold) for name in names]
        self.states = _states(ws, self._days, as_of, counted)
        self._brands = [_Brand(counts, _starts(counts, self.states)) for counts in counted]

    def brand(self, name: str) -> DailyCounts:
        """Return the counts that a brand's series are made of."""
        return next(brand.counts for brand in self._brands if brand.counts.brand == name)

    def __iter__(self) -> Iterator[Board]:
        """Yield the boards in order of their days; the last day, of which a part has come, stands alone."""
        for (pools, last), days in groupby(self._judged, lambda day: (self._pools(day), day == self._days[-1])):
            yield self._board(list(days), pools, self._last_share if last else 1.0)

    def _pools(self, day: date) -> tuple[tuple[_Pool, ...], ...]:
        """Return each brand's sources that count together on a day, and each young one by itself with its name."""
        at = self._column(day)
        return tuple(tuple(self._pools_of(brand, at)) for brand in self._brands)

    def _pools_of(self, brand: _Brand, at: int) -> Iterator[_Pool]:
        if settled := tuple(source for source in brand.starts if self._is_settled(brand, source, at)):
            yield settled, None
        for source, start in brand.starts.items():
            if start < at < start + SETTLED_DAYS:
                yield (source,), source

    def _is_settled(self, brand: _Brand, source: str, at: int) -> bool:
        recent = self.states[source][max(at - _GONE_DAYS, 0) : at + 1]
        return brand.starts[source] + SETTLED_DAYS <= at and any(state in ("covered", "partial") for state in recent)

    def _board(self, days: list[date], pools: Sequence[Sequence[_Pool]], share: float) -> Board:
        counted, shared = _Rows(), _Rows()
        for brand, mine in zip(self._brands, pools, strict=True):
            for some, name in mine:
                states = self._together(brand, some)
                for watched, counts in _counted(brand.counts, some, name):
                    counted.add(watched, counts, states)
                for watched, hits, totals in _shared(brand.counts, some, name):
                    shared.add(watched, hits, states, totals)
        return Board(days, list(self._groups(counted, shared, share, self._column(days[-1]))))

    def _groups(self, counted: "_Rows", shared: "_Rows", share: float, last: int) -> Iterator[Group]:
        first = self._days[0]
        if counted.watched:
            posts = _panel(first, counted.counts, counted.states, last)
            yield Group(counted.watched, posts, Counts(posts, share))
        if shared.watched:
            hits = _panel(first, shared.counts, shared.states, last)
            yield Group(shared.watched, hits, Shares(hits, _panel(first, shared.totals, shared.states, last)))

    def _column(self, day: date) -> int:
        return (day - self._days[0]).days

    def _together(self, brand: _Brand, sources: Sequence[str]) -> list[State]:
        """Return the coverage of a series day by day; nothing is known before its sources brought anything."""
        begin = min(brand.starts[source] for source in sources)
        rows = [self.states[source] for source in sources]
        known = [together(states) for states in zip(*rows, strict=True)]
        days = enumerate(zip(self._days, known, strict=True))
        name = brand.counts.brand
        return ["unknown" if n <= begin else "missing" if self._left_out(name, day) else one for n, (day, one) in days]


@dataclass(slots=True)
class _Rows:
    """Series being laid out; one without any post is no series."""

    watched: list[Watched] = field(default_factory=list)
    counts: list[Floats] = field(default_factory=list)
    totals: list[Floats] = field(default_factory=list)
    states: list[list[State]] = field(default_factory=list)

    def add(self, watched: Watched, counts: Floats, states: list[State], totals: Floats | None = None) -> None:
        """Take in a series."""
        if not counts.any():
            return
        self.watched.append(watched)
        self.counts.append(counts)
        self.states.append(states)
        if totals is not None:
            self.totals.append(totals)


def _panel(first: date, rows: Sequence[Floats], states: Sequence[list[State]], last: int) -> Panel:
    counts, coverage = [row[: last + 1].tolist() for row in rows], [one[: last + 1] for one in states]
    return Panel.of(first, counts, coverage, begun=True)


def _states(
    ws: Workspace, days: Sequence[date], as_of: datetime, counted: Sequence[DailyCounts]
) -> dict[str, list[State]]:
    """Return the coverage of every source that brought anything, with what it showed of its past."""
    names = sorted({key.source for counts in counted for key in counts.series})
    covered = coverage_of(ws.ledger, names, until=as_of)
    return {name: _watched_days(ws, name, covered[name], days, as_of) for name in names}


def _watched_days(
    ws: Workspace, source: str, coverage: SourceCoverage, days: Sequence[date], as_of: datetime
) -> list[State]:
    """Return a source's coverage; a file tells nothing about the days after its newest post."""
    zone = ws.settings.zone
    states = daily(coverage, days, zone, as_of, with_past=True)
    if not _is_file(ws, source) or coverage.newest is None:
        return states
    newest = local_day(coverage.newest, zone)
    return [state if day <= newest else "missing" for day, state in zip(days, states, strict=True)]


def _is_file(ws: Workspace, source: str) -> bool:
    from spiders.registry import sources

    settings = ws.settings.sources.get(source)
    kind = sources().get(settings.spider) if settings else None
    return kind is not None and not kind.network


def _starts(counts: DailyCounts, states: Mapping[str, Sequence[State]]) -> dict[str, int]:
    """Return the last day, as a column, of which a source cannot be compared with the days after it.

    That is the day of its first post about the brand, or the day before it was first wholly looked at, when it brought
    posts from then on.
    """
    found = {}
    for source in sorted({key.source for key in counts.series}):
        looked_at = np.array([state in ("covered", "partial") for state in states[source]])
        days = np.flatnonzero(looked_at & (counts.total("posts", source=source, moment=None) > 0))
        if len(days):
            whole = np.array([state == "covered" for state in states[source]])
            found[source] = int(days[0]) - int(whole[days[0]] and not whole[: days[0]].any())
    return found


def _counted(counts: DailyCounts, sources: Sequence[str], name: str | None) -> Iterator[tuple[Watched, Floats]]:
    """Yield the series whose number of posts is judged: nobody was asked to write them."""
    for kind in _kinds(counts, sources, invited=False):
        for metric, moment in (*_WRITTEN, *_FELT):
            watched = Watched(counts.brand, metric, moment, kind, invited=False, source=name)
            yield watched, _sum(counts, watched, sources)


def _shared(counts: DailyCounts, sources: Sequence[str], name: str | None) -> Iterator[tuple[Watched, Floats, Floats]]:
    """Yield the series whose share is judged.

    Those are invited posts, whose number is the sender's doing, and a young source's, whose weekdays nobody knows yet.
    """
    for invited in (True, False) if name else (True,):
        for kind in _kinds(counts, sources, invited=invited):
            every = Watched(counts.brand, "posts", None, kind, invited, name, share=True)
            totals = _sum(counts, every, sources)
            for metric, moment in _FELT:
                watched = every._replace(metric=metric, moment=moment)
                hits = _sum(counts, watched, sources)
                yield watched, hits, np.maximum(totals, hits)


def _kinds(counts: DailyCounts, sources: Sequence[str], *, invited: bool) -> list[str | None]:
    """Return the kinds of post to watch; several also together, as what goes wrong shows in all of them."""
    found = sorted({key.kind for key in counts.series if key.source in sources and key.invited == invited})
    return [None, *found] if len(found) > 1 else [*found]


def _sum(counts: DailyCounts, watched: Watched, sources: Sequence[str]) -> Floats:
    total = np.zeros(len(counts.days))
    for key in counts.series:
        alike = (key.moment, key.invited) == (watched.moment, watched.invited) and watched.kind in (None, key.kind)
        if alike and key.source in sources:
            total += counts.row(key, watched.metric)
    return total
