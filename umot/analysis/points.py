"""A brand's series as points in time: counts, mean score, and how completely was collected."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Final

from umot.analysis.coverage import State, coverage_of, daily, together
from umot.analysis.daily import DailyCounts, daily_counts
from umot.timeline import monday_of, week_of
from umot.workspace import Workspace

_COUNTED: Final = ("posts", "negative", "positive", "complaints")


@dataclass(frozen=True, slots=True)
class Point:
    """A day (2026-03-02) or ISO week (2026-W10) of a series; `score` is None where nothing was classified.

    Counts are distinct posts; of a moment, those that speak of it.
    """

    time: str
    coverage: State
    posts: int
    negative_peaks: int
    positive_peaks: int
    complaints: int
    score: float | None


def points(
    ws: Workspace,
    brand: str,
    first: date,
    last: date,
    as_of: datetime,
    *,
    moment: str | None = None,
    kind: str | None = None,
    weekly: bool = False,
) -> Iterator[Point]:
    """Yield a brand's days, or the weeks they lie in, from first to last; zeros where nothing was published.

    The first week is counted from its Monday on.

    Args:
        as_of: what was collected by then says how well the days are covered.
        moment: only what speaks of it; None: all posts.
        kind: only posts of this kind.
    """
    first = monday_of(week_of(first)) if weekly else first
    counts = daily_counts(ws.store, brand, first, last, negative_peak=ws.settings.sentiment.negative_peak)
    states = _states(ws, counts, as_of)
    wanted = {"moment": moment} | ({"kind": kind} if kind else {})
    rows = [counts.total(name, **wanted) for name in (*_COUNTED, "scored", "score")]
    names = [week_of(day) if weekly else day.isoformat() for day in counts.days]
    for name, columns in groupby(range(len(names)), names.__getitem__):
        some = list(columns)
        posts, negative, positive, complaints, scored = (int(row[some].sum()) for row in rows[:-1])
        score = round(float(rows[-1][some].sum()) / scored, 4) if scored else None
        yield Point(name, together(states[n] for n in some), posts, negative, positive, complaints, score)


def _states(ws: Workspace, counts: DailyCounts, as_of: datetime) -> Sequence[State]:
    """Return how completely the sources were collected that bring posts about the brand; all, when none does."""
    names = {key.source for key in counts.series} or {n for n, one in ws.settings.sources.items() if one.enabled}
    covered = coverage_of(ws.ledger, names, until=as_of).values()
    rows = [daily(one, counts.days, ws.settings.zone, as_of) for one in covered]
    return [together(states) for states in zip(*rows, strict=True)] if rows else ["unknown"] * len(counts.days)
