"""Simple rules to compare with: today's count against the mean and standard deviation of the days before.

What many tools sell as spike detection, and EARS C2 of the American health authorities (Hutwagner et al. 2003, "The
bioterrorism preparedness and response Early Aberration Reporting System", Journal of Urban Health 80). They know no
weekdays, no small counts, no other series and no past outbreaks, and take days that were not wholly collected out,
without asking how many are left: two are enough.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import numpy as np
from scipy import stats

from umot.watch.judgements import Judgements
from umot.watch.panel import Bools, Floats, Ints, Panel


@dataclass(frozen=True, slots=True)
class MovingRule:
    """Fire above the mean plus some standard deviations of a window of days that ended some days ago.

    window, lag: days of the window, and days between it and the judged day.
    deviations: standard deviations above the mean.
    fewest_posts: fewer never fire.
    """

    name: str
    window: int
    lag: int
    deviations: float
    fewest_posts: int = 1


MEAN_2SD: Final = MovingRule("mean + 2 sd", window=7, lag=0, deviations=2.0)
EARS_C2: Final = MovingRule("EARS C2", window=7, lag=2, deviations=3.0)


def backtest_moving(panel: Panel, days: Iterable[date], rule: MovingRule) -> Judgements:
    """Judge all series on each of several days by a moving rule: arrays of (series, days).

    A day is judged when it was wholly collected and at least two days of its window were. `p` is the normal tail
    that the rule takes for granted, not a chance that holds; it is not adjusted for the number of series. Raises
    ValueError for a day outside the panel.
    """
    columns = np.array([panel.column(day) for day in days])
    seen = panel.covered()
    before, now = _before(panel, seen, columns, rule), panel.counts[:, columns]
    known, mean, deviation = _moments(before)
    judged = seen[:, columns] & (known >= 2)
    limit = mean + rule.deviations * deviation
    fired = judged & (now > limit) & (now >= rule.fewest_posts)
    p = np.where(judged, _normal_tail(now - mean, deviation), np.nan)
    return Judgements(
        judged=judged,
        cold_start=np.zeros_like(judged),
        rule=np.where(fired, rule.name, ""),
        days=np.ones(now.shape, np.int64),
        observed=now,
        expected=mean,
        threshold=np.maximum(np.floor(limit) + 1, rule.fewest_posts),
        extra=now - mean,
        p=p,
        adjusted=p,
    )


def _before(panel: Panel, seen: Bools, columns: Ints, rule: MovingRule) -> Floats:
    """Return the counts of the windows (series, days, window), NaN where not collected or before the panel."""
    counts = np.where(seen, panel.counts, np.nan)
    back = columns[:, None] - rule.lag - np.arange(rule.window, 0, -1)
    return np.where(back >= 0, counts[:, np.maximum(back, 0)], np.nan)


def _moments(before: Floats) -> tuple[Ints, Floats, Floats]:
    known = (~np.isnan(before)).sum(2)
    mean = np.nansum(before, 2) / np.maximum(known, 1)
    squares = np.nansum((before - mean[..., None]) ** 2, 2)
    return known, mean, np.sqrt(squares / np.maximum(known - 1, 1))


def _normal_tail(above: Floats, deviation: Floats) -> Floats:
    # Without any variation, more is impossible and as much is certain.
    flat = np.where(above > 0, 0.0, 1.0)
    return np.asarray(np.where(deviation > 0, stats.norm.sf(above / np.where(deviation > 0, deviation, 1)), flat))
