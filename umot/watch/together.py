"""Several panels judged on the same days: one false-discovery control over all of their series.

Whatever a brand's series are, counts per day, counts per source or shares of invited reviews, a person gets all
their alerts; so the share of alerts that may be wrong is one for all panels of a day.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import groupby
from typing import Protocol

from umot.watch.judgements import Judgements, Weighed, decide, stacked
from umot.watch.settings import DAILY, Settings


class Watched(Protocol):
    """Series that can be watched: `umot.watch.detect.Counts` and `umot.watch.shares.Shares`."""

    def week(self, day: date, settings: Settings) -> Callable[[date], Weighed]:
        """Return what weighs the days of the week of a day, knowing only what was before each.

        Raises ValueError for a day outside the series.
        """


def judge_together(watched: Sequence[Watched], day: date, settings: Settings = DAILY) -> list[Judgements]:
    """Judge all series of several panels on a day: one answer (series,) per panel, in order.

    The panels may begin on different days. Raises ValueError for a day outside one of them.
    """
    return decide([one.week(day, settings)(day) for one in watched], settings)


def backtest_together(watched: Sequence[Watched], days: Iterable[date], settings: Settings = DAILY) -> list[Judgements]:
    """Judge all series of several panels on each of several days in order: one answer (series, days) per panel."""
    each = []
    for _, week in groupby(days, _monday):
        weighers: list[Callable[[date], Weighed]] = []
        for day in week:
            weighers = weighers or [one.week(day, settings) for one in watched]
            each.append(decide([weigh(day) for weigh in weighers], settings))
    return [stacked(one) for one in zip(*each, strict=True)]


def _monday(day: date) -> date:
    return day - timedelta(day.weekday())
