"""Is today unusual? Every series of a panel judged on one day, or on many days as each would have been judged then.

What a series should be comes from the regression of `baseline`, for young series from `coldstart`; `rules` says what
counts as evidence, `discovery` how much of it a day with many series needs. Days that were not collected are in no
sum, and a day not collected gets no verdict at all: neither an anomaly nor a recovery. A day collected in part counts
its posts against a whole day's expectation and can only be too high, never silent.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import date
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from umot.watch import discovery, rules
from umot.watch.expectation import Cells, Expectation, WeekFit, expect, fit_week
from umot.watch.panel import Bools, Floats, Ints, Panel
from umot.watch.settings import DAILY, Settings

_Fits = tuple[WeekFit, WeekFit]


@dataclass(frozen=True, slots=True)
class Judgements:
    """One judgement per series, or per series and day: every array has the shape (series,) or (series, days).

    Where a rule fired, the numbers speak of the `days` that it looked at; where none did (`rule` is empty), of the
    shortest window. `threshold` is the smallest count that would have fired; `p` is corrected for the number of
    rules, `adjusted` for the number of series as well. Where `judged` is false, nothing was collected or the series
    is too young, and p is NaN.
    """

    judged: Bools
    cold_start: Bools
    rule: NDArray[np.str_]
    days: Ints
    observed: Floats
    expected: Floats
    threshold: Floats
    extra: Floats
    p: Floats
    adjusted: Floats


def judge(panel: Panel, day: date, settings: Settings = DAILY, share: Floats | float = 1.0) -> Judgements:
    """Judge all series on a day; `share` is the part of the day's posts that has usually arrived by now.

    Later days are not looked at. Raises ValueError for a day outside the panel.
    """
    cells, at = Cells.of(panel), panel.column(day)
    return _judge(cells, _fits(cells, at, settings), at, settings, share)


def backtest(panel: Panel, days: Iterable[date], settings: Settings = DAILY) -> Judgements:
    """Judge all series on each of several days in order, knowing only what was before: arrays of (series, days)."""
    cells, each = Cells.of(panel), []
    for _, columns in groupby(map(panel.column, days), lambda at: at - int(panel.weekdays(np.array(at)))):
        fits: _Fits | None = None
        for at in columns:
            fits = fits or _fits(cells, at, settings)
            each.append(_judge(cells, fits, at, settings))
    return Judgements(*(np.stack([getattr(one, part.name) for one in each], axis=1) for part in fields(Judgements)))


def _fits(cells: Cells, at: int, settings: Settings) -> _Fits:
    return fit_week(cells, at, settings, settings.left_out), fit_week(cells, at, settings, settings.burn_left_out)


def _judge(cells: Cells, fits: _Fits, at: int, settings: Settings, share: Floats | float = 1.0) -> Judgements:
    near, far = (expect(cells, fit, at, settings) for fit in fits)
    near.mean[:, 0] *= share
    far.mean[:, 0] *= share
    recent = slice(max(at - min(settings.windows) + 1, 0), at + 1)
    judged = cells.seen[:, recent].any(1) & (near.mature | near.young)
    found = rules.too_many(rules.sums(cells, near, at), rules.sums(cells, far, at), near.young | ~far.mature, settings)
    return _or_silent(_too_many(found, judged, near, settings), rules.silence(cells, near, at), settings)


def _too_many(found: rules.Evidence, judged: Bools, expected: Expectation, settings: Settings) -> Judgements:
    caution = np.where(expected.young, settings.young_caution, len(found.names))
    p = np.where(judged, np.minimum(1.0, found.p.min(1) * caution), np.nan)
    adjusted = discovery.adjusted(p)
    fired = _fired(p, adjusted, settings)
    shown = np.where(fired, found.p.argmin(1), 0)[:, None]
    level = min(settings.level, discovery.cut(p, settings.false_discoveries)) / caution
    threshold = rules.thresholds(found, level, settings)
    days = np.take_along_axis(found.days, shown, 1)[:, 0]
    observed, mean, limit = (
        np.take_along_axis(part, shown, 1)[:, 0] for part in (found.sums.observed, found.sums.expected, threshold)
    )
    rule = np.where(fired, found.names[shown[:, 0]], "")
    return Judgements(judged, expected.young, rule, days, observed, mean, limit, observed - mean, p, adjusted)


def _or_silent(many: Judgements, found: rules.Evidence, settings: Settings) -> Judgements:
    """Return the judgements with those series silent that are and in which nothing else was found."""
    p = np.where(many.judged, found.p[:, 0], np.nan)
    adjusted = discovery.adjusted(p)
    silent = _fired(p, adjusted, settings) & (many.rule == "")
    missed = found.sums.expected[:, 0]
    instead = {"rule": found.names[0], "days": found.days[:, 0], "observed": 0.0, "expected": missed}
    instead |= {"threshold": np.nan, "extra": -missed, "p": p, "adjusted": adjusted}
    return replace(many, **{name: np.where(silent, new, getattr(many, name)) for name, new in instead.items()})


def _fired(p: Floats, adjusted: Floats, settings: Settings) -> Bools:
    return (p <= settings.level) & (adjusted <= settings.false_discoveries)
