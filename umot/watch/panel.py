"""The counts that are watched together: one row per series, one column per day, with the coverage of every cell."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from umot.analysis.coverage import State

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_CODES: Final[dict[State, int]] = {"unknown": 0, "missing": 1, "partial": 2, "covered": 3}
_DAYS_OF_WEEK: Final = 7


@dataclass(frozen=True, slots=True)
class Panel:
    """Daily counts of series and the codes of their coverage, both (series, days), from a first day on.

    A series starts with its first post, or, where `begun` says so, with its coverage: then it is known to have been
    there without any post, and the first ones are news.
    """

    first: date
    counts: Floats
    states: NDArray[np.int8]
    begun: bool = False

    @classmethod
    def of(
        cls, first: date, counts: Sequence[Sequence[float]], states: Sequence[Sequence[State]], *, begun: bool = False
    ) -> "Panel":
        """Make a panel from rows of counts and coverage states; raises ValueError when their shapes differ."""
        codes = [[_CODES[state] for state in row] for row in states]
        panel = cls(first, np.array(counts, float, ndmin=2), np.array(codes, np.int8, ndmin=2), begun)
        if panel.counts.shape != panel.states.shape:
            raise ValueError(f"counts are {panel.counts.shape}, states {panel.states.shape}: expected the same shape")
        return panel

    @property
    def days(self) -> int:
        """Return how many days the panel has."""
        return int(self.counts.shape[1])

    def column(self, day: date) -> int:
        """Return the column of a day; raises ValueError outside the panel."""
        column = (day - self.first).days
        if not 0 <= column < self.days:
            last = self.first + timedelta(days=self.days - 1)
            raise ValueError(f"{day} is outside the panel: expected a day from {self.first} to {last}")
        return column

    def weekdays(self, columns: Ints) -> Ints:
        """Return the weekday (Monday is 0) of columns, also of columns before the first."""
        return np.asarray((columns + self.first.weekday()) % _DAYS_OF_WEEK)

    def covered(self) -> Bools:
        """Return which cells were wholly collected."""
        return np.asarray(self.states == _CODES["covered"])

    def whole(self) -> Bools:
        """Return which cells were wholly collected, later than the day on which the series started."""
        return np.asarray(self.covered() & self._started())

    def seen(self) -> Bools:
        """Return which cells were collected at least in part, later than the day on which the series started."""
        return np.asarray((self.states >= _CODES["partial"]) & self._started())

    def _started(self) -> Bools:
        if self.begun:
            return np.ones(self.counts.shape, bool)
        # The day of the first post is the start, itself left out: a source or brand that begins is not a spike.
        posts = (self.states >= _CODES["partial"]) & (self.counts > 0)
        earlier = np.logical_or.accumulate(posts, axis=1)
        return np.hstack([np.zeros((len(posts), 1), bool), earlier[:, :-1]])
