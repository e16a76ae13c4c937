"""The evidence of each rule: p-values on sums over the last days.

`peak`, `burst` and `week` take the exact upper tail of the sum over a fixed number of days, `slow burn` a CUSUM over
up to four weeks, `silence` the chance of no post since the last one: the run of empty days is at least this long
exactly when all of them are empty, so that chance is a p-value too.
"""

from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from umot.watch import cusum, tails
from umot.watch.expectation import Cells, Expectation, lookback
from umot.watch.judgements import Evidence
from umot.watch.panel import Bools, Floats, Ints
from umot.watch.settings import Settings

_WINDOW_RULES: Final = {1: "peak", 3: "burst", 7: "week"}


@dataclass(frozen=True, slots=True)
class Sums:
    """Sums over windows that grow backwards from today, (series, days): column k covers the last k + 1 days."""

    observed: Floats
    expected: Floats
    dispersion: Floats


def sums(cells: Cells, expected: Expectation, at: int) -> Sums:
    """Sum the last days, those left out that were not collected."""
    columns = lookback(at)
    seen = cells.seen[:, columns]
    mean = np.cumsum(np.where(seen, expected.mean, 0), 1)
    observed = np.cumsum(np.where(seen, cells.panel.counts[:, columns], 0), 1)
    return Sums(observed, mean, expected.dispersion[:, None] + expected.uncertainty[:, None] * mean)


def too_many(near: Sums, far: Sums, young: Bools, settings: Settings) -> Evidence:
    """Look for more posts than expected by the baseline near today, and in a CUSUM by the one that left more days out.

    A young series is judged by the first rule alone.
    """
    series, lookback_days = near.observed.shape
    burn_p, burn_days = cusum.cusum(far.observed, far.expected, far.dispersion, settings.burn_factor)
    spans = np.tile(np.minimum(settings.windows, lookback_days), (series, 1))
    windows = at_windows(near, spans)
    found = _side_by_side(windows, at_windows(far, burn_days[:, None]))
    window_p = tails.upper_tail(windows.observed, windows.expected, windows.dispersion)
    p = np.where(found.observed < settings.fewest_posts, 1.0, np.column_stack([window_p, burn_p]))
    p[young, 1:] = 1.0
    names = np.array([*(_WINDOW_RULES[days] for days in settings.windows), "slow burn"])
    limits = partial(_limits, found, settings)
    return Evidence(names, p, np.column_stack([spans, burn_days]), found.observed, found.expected, limits)


def _side_by_side(left: Sums, right: Sums) -> Sums:
    return Sums(
        np.hstack([left.observed, right.observed]),
        np.hstack([left.expected, right.expected]),
        np.hstack([left.dispersion, right.dispersion]),
    )


def silence(cells: Cells, expected: Expectation, at: int, over: Bools) -> Evidence:
    """Look for days without any post up to today; only days wholly collected count, today where it is `over`.

    When the posts of a day come tells nothing of when they would be missed: bare dates are all midnight. `days` reaches
    back to the first day that counts.
    """
    columns = lookback(at)
    empty = np.logical_and.accumulate(np.where(cells.seen[:, columns], cells.panel.counts[:, columns], 0) == 0, axis=1)
    counted = empty & cells.whole[:, columns]
    counted[:, 0] &= over
    missed = np.where(counted, expected.mean, 0).sum(1, keepdims=True)
    dispersion = expected.dispersion[:, None] + expected.uncertainty[:, None] * missed
    p = np.where(expected.mature[:, None], tails.none_at_all(missed, dispersion), np.nan)
    never = np.full(len(missed), np.nan)
    days = (counted * (at + 1 - columns)).max(1, keepdims=True)
    return Evidence(np.array(["silence"]), p, days, np.zeros_like(missed), missed, lambda _level, _rule: never)


def at_windows(whole: Sums, days: Ints) -> Sums:
    """Return the sums over given numbers of days, (series, rules)."""
    taken = (np.take_along_axis(part, days - 1, 1) for part in (whole.observed, whole.expected, whole.dispersion))
    return Sums(*taken)


def _limits(found: Sums, settings: Settings, level: Floats, rule: Ints) -> Floats:
    last = found.expected.shape[1] - 1
    tail = tails.upper_threshold(level[:, None], found.expected[:, :last], found.dispersion[:, :last])
    burn = cusum.cusum_threshold(level, found.expected[:, last], found.dispersion[:, last], settings.burn_factor)
    limits = np.take_along_axis(np.column_stack([tail, burn]), rule[:, None], 1)[:, 0]
    return np.maximum(limits, settings.fewest_posts)
