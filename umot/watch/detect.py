"""Is today unusual? Every series of a panel judged on one day, or on many days as each would have been judged then.

What a series should be comes from the regression of `baseline`, for young series from `coldstart`; `rules` says what
counts as evidence, `discovery` how much of it a day with many series needs. Days that were not collected are in no
sum, and a day not collected gets no verdict at all: neither an anomaly nor a recovery. A day collected in part counts
its posts against a whole day's expectation and can only be too high, never silent; neither is a day that is not over.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np

from umot.watch import rules
from umot.watch.expectation import Cells, Expectation, WeekFit, expect, fit_week
from umot.watch.judgements import Judgements, Weighed
from umot.watch.panel import Floats, Panel
from umot.watch.settings import DAILY, Settings
from umot.watch.together import backtest_together, judge_together

__all__ = ["Counts", "Judgements", "backtest", "judge"]


@dataclass(frozen=True, slots=True)
class Counts:
    """A panel whose counts are watched; `share` is the part of a judged day's posts that has arrived by then."""

    panel: Panel
    share: Floats | float = 1.0

    def week(self, day: date, settings: Settings) -> Callable[[date], Weighed]:
        """Fit the baselines for the week of a day and return what weighs its days."""
        cells, at = Cells.of(self.panel), self.panel.column(day)
        near = fit_week(cells, at, settings, settings.left_out)
        far = fit_week(cells, at, settings, settings.burn_left_out)
        return lambda one: self._weigh(cells, near, far, self.panel.column(one), settings)

    def _weigh(self, cells: Cells, near_fit: WeekFit, far_fit: WeekFit, at: int, settings: Settings) -> Weighed:
        near, far = (self._expected(cells, fit, at, settings) for fit in (near_fit, far_fit))
        recent = slice(max(at - min(settings.windows) + 1, 0), at + 1)
        judged = cells.seen[:, recent].any(1) & (near.mature | near.young)
        first_rule_alone = near.young | ~far.mature
        many = rules.too_many(rules.sums(cells, near, at), rules.sums(cells, far, at), first_rule_alone, settings)
        caution = np.where(near.young, settings.young_caution, len(many.names))
        over = np.broadcast_to(np.asarray(self.share) >= 1, judged.shape)
        return Weighed(judged, near.young, caution, many, rules.silence(cells, near, at, over))

    def _expected(self, cells: Cells, fit: WeekFit, at: int, settings: Settings) -> Expectation:
        found = expect(cells, fit, at, settings)
        found.mean[:, 0] *= self.share
        return found


def judge(panel: Panel, day: date, settings: Settings = DAILY, share: Floats | float = 1.0) -> Judgements:
    """Judge all series on a day; `share` is the part of the day's posts that has usually arrived by now.

    Later days are not looked at. Raises ValueError for a day outside the panel.
    """
    return judge_together([Counts(panel, share)], day, settings)[0]


def backtest(panel: Panel, days: Iterable[date], settings: Settings = DAILY) -> Judgements:
    """Judge all series on each of several days in order, knowing only what was before: arrays of (series, days)."""
    return backtest_together([Counts(panel)], days, settings)[0]
