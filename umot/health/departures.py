"""When runs depart from the runs before them: counts of posts by kind, with memory and hysteresis.

With many posts everything is significant, so a departure needs a size as well as a small probability; posts of one run
are alike, so their number is brought down to that of independent ones first (Rao and Scott 1992, A simple method for
the analysis of clustered binary data, with one intraclass correlation for all runs).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import stats

Counts = NDArray[np.int64]
Floats = NDArray[np.float64]

IN_A_ROW: Final = 2
_POOLED_POSTS: Final = 30
_POOLED_RUNS: Final = 7
_LEAST_ALIKE: Final = 0.02


@dataclass(frozen=True, slots=True)
class Series:
    """What each run showed in one respect.

    Attributes:
        times: of the runs, in order.
        counts: posts by run and kind.
        healthy: which runs may form the past.
    """

    times: Sequence[datetime]
    counts: Counts
    healthy: Sequence[bool]


@dataclass(frozen=True, slots=True)
class Departure:
    """A departure that goes on: its first run, and the counts by kind of what was found last and of the past."""

    since: datetime
    recent: Counts
    past: Counts
    past_runs: int


@dataclass(frozen=True, slots=True)
class Look:
    """One run beside its past.

    Attributes:
        alone: its own posts by kind.
        recent: those of it and of the runs that are judged together with it.
        past: those of all healthy runs before them.
        past_runs: how many these are.
        runs: gives them one by one.
    """

    alone: Counts
    recent: Counts
    past: Counts
    past_runs: int
    runs: Callable[[], Counts]


def departure(series: Series, departs: Callable[[Look], bool]) -> Departure | None:
    """Go through the runs with posts and return the departure in which they end, if they do.

    It begins when two runs in a row depart and ends when two in a row do not. A run of few posts is judged together
    with those before it, up to 30 posts or 7 runs, but never against its own direction. Runs that depart do not become
    part of the past; a change that outlasts the series given here is its new normal.
    """
    seen: list[int] = np.flatnonzero(series.counts.sum(axis=1)).tolist()
    looks = _Looks(series.counts[seen])
    departing = calm = 0
    found: Departure | None = None
    for n, run in enumerate(seen):
        look = looks.at(n)
        shown = departs(look)
        departing, calm = (departing + 1, 0) if shown else (0, calm + 1)
        if shown and (found or departing == IN_A_ROW):
            since = found.since if found else series.times[seen[n - IN_A_ROW + 1]]
            found = Departure(since, look.recent, look.past, look.past_runs)
        elif calm >= IN_A_ROW:
            found = None
        looks.settle(n, part_of_past=not shown and found is None and series.healthy[run])
    return found


class _Looks:
    """The runs of a series with posts, and which of them became part of the past; sums are kept as they grow."""

    def __init__(self, counts: Counts) -> None:
        self._counts = counts
        self._sizes: list[int] = counts.sum(axis=1).tolist()
        self._sums = np.concatenate([np.zeros_like(counts[:1]), counts.cumsum(axis=0)])
        self._accepted = np.zeros(len(counts), bool)
        self._past = np.zeros_like(self._sums)
        self._past_runs = [0] * len(self._sums)

    def at(self, n: int) -> Look:
        """Return the n-th run; all before it are settled."""
        start = self._pool_start(n)
        return Look(
            self._counts[n],
            self._sums[n + 1] - self._sums[start],
            self._past[start],
            self._past_runs[start],
            lambda: self._counts[:start][self._accepted[:start]],
        )

    def settle(self, n: int, *, part_of_past: bool) -> None:
        """Note whether the n-th run is part of the past of later ones."""
        self._accepted[n] = part_of_past
        self._past[n + 1] = self._past[n] + (self._counts[n] if part_of_past else 0)
        self._past_runs[n + 1] = self._past_runs[n] + part_of_past

    def _pool_start(self, n: int) -> int:
        """Return the first of the runs that are judged together with the n-th."""
        start, posts = n, self._sizes[n]
        while start > 0 and posts < _POOLED_POSTS and n - start + 1 < _POOLED_RUNS:
            start -= 1
            posts += self._sizes[start]
        return start


def independent(runs: Counts, alike: float) -> Floats:
    """Return the counts by kind of several runs, as many as if their posts were independent."""
    sizes = runs.sum(axis=1, keepdims=True)
    return np.asarray((runs / (1 + (sizes - 1) * alike)).sum(axis=0))


def likeness(runs: Counts) -> float:
    """Return the intraclass correlation of posts within runs, by moments; at least 0.02.

    The floor says that no run is worth more than fifty independent posts, however short the past.
    """
    kinds = runs[:, runs.sum(axis=0) > 0]
    sizes = kinds.sum(axis=1, keepdims=True)
    pairs = float((sizes - 1).sum())
    if kinds.shape[1] < 2 or not pairs:
        return _LEAST_ALIKE
    expected = sizes * kinds.sum(axis=0) / kinds.sum()
    excess = ((kinds - expected) ** 2 / expected).sum() / (kinds.shape[1] - 1) - (len(kinds) - 1)
    return min(1.0, max(_LEAST_ALIKE, float(excess) / pairs))


def chance_of_more(recent: Counts, past: Counts) -> float:
    """Return the one-sided probability of Fisher's exact test that the first kind is as frequent as found, or more.

    Args:
        recent: counts of the two kinds.
        past: the same for each run of the past.
    """
    alike = likeness(past)
    first, second = np.floor(independent(recent[None, :], alike)), np.floor(independent(past, alike))
    table = [first.astype(int), second.astype(int)]
    return float(stats.fisher_exact(table, alternative="greater").pvalue)


def chance_of_mix(recent: Counts, past: Counts) -> float:
    """Return the probability of the G-test that two mixes are as different as found, or more."""
    alike = likeness(past)
    table = np.stack([independent(recent[None, :], alike), independent(past, alike)])
    met = table[:, table.sum(axis=0) > 0]
    return float(stats.chi2_contingency(met, correction=False, lambda_="log-likelihood").pvalue)
