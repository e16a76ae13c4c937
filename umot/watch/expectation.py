"""What every series of a panel was expected to bring on each of the last days."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from umot.watch import baseline, coldstart
from umot.watch.panel import Bools, Floats, Ints, Panel
from umot.watch.settings import Settings

LOOKBACK: Final = 28
_WEEK: Final = 7
# Expected posts a week from which a series' own weeks say more about its wandering than the usual value does.
_TELLING_POSTS: Final = 20.0
_MOST_WANDERING: Final = 0.25


@dataclass(frozen=True, slots=True)
class Cells:
    """Which cells (series, days) of a panel may be looked at, and which were wholly collected."""

    panel: Panel
    whole: Bools
    seen: Bools

    @classmethod
    def of(cls, panel: Panel) -> "Cells":
        """Find out once for a panel."""
        return cls(panel, panel.whole(), panel.seen())


@dataclass(frozen=True, slots=True)
class WeekFit:
    """The regression that holds for a week, which starts at a column; only `mature` series have days enough for it.

    `wandering` (series,) is the relative variance of the weeks' levels around it.
    """

    start: int
    fitted: baseline.Fit
    mature: Bools
    wandering: Floats


@dataclass(frozen=True, slots=True)
class Expectation:
    """Means of the last days, newest first, (series, days); dispersion and relative variance of the level (series,).

    A `young` series has an expectation for the newest day alone; one that is neither young nor mature has none to go
    by.
    """

    mean: Floats
    dispersion: Floats
    uncertainty: Floats
    mature: Bools
    young: Bools


def fit_week(cells: Cells, at: int, settings: Settings, left_out: int) -> WeekFit:
    """Fit the baseline for the week of a column: what lies before its Monday, the last `left_out` days not used.

    One fit serves seven days, so that a backtest can afford to repeat what each day would have seen.
    """
    start = at - int(cells.panel.weekdays(np.array(at)))
    end = max(start - left_out, 0)
    columns = np.arange(max(end - settings.history, 0), end)
    weights = cells.whole[:, columns].astype(float)
    terms = _terms(cells.panel, columns, start, settings)
    counts = cells.panel.counts[:, columns]
    fitted = baseline.fit(counts, weights, terms, settings.prior, settings.unusual)
    wandering = _wandering(weights * counts, weights * fitted.mean(terms), fitted.dispersion, settings)
    return WeekFit(start, fitted, weights.sum(1) >= settings.mature_days, wandering)


def lookback(at: int) -> Ints:
    """Return the columns that are looked back on from a column, newest first."""
    return np.arange(at, max(at - LOOKBACK, -1), -1)


def expect(cells: Cells, week: WeekFit, at: int, settings: Settings) -> Expectation:
    """Return what was to be expected of the last days."""
    terms = _terms(cells.panel, lookback(at), week.start, settings)
    uncertainty = week.fitted.relative_variance(terms[0]) + week.wandering
    young = ~week.mature & (cells.whole[:, :at].sum(1) >= settings.young_days)
    grown = Expectation(week.fitted.mean(terms), week.fitted.dispersion, uncertainty, week.mature, young)
    return _with_young(cells, grown, at) if young.any() else grown


def _with_young(cells: Cells, grown: Expectation, at: int) -> Expectation:
    pool = coldstart.pool_of(grown.mean[grown.mature, :_WEEK].mean(1), grown.dispersion[grown.mature])
    young = grown.young
    mean, dispersion, uncertainty = grown.mean.copy(), grown.dispersion.copy(), np.where(young, 0.0, grown.uncertainty)
    mean[young, 0], dispersion[young] = coldstart.predict(pool, cells.panel.counts[young, :at], cells.whole[young, :at])
    return Expectation(mean, dispersion, uncertainty, grown.mature, young)


def _wandering(counts: Floats, mean: Floats, dispersion: Floats, settings: Settings) -> Floats:
    """Estimate, by moments, how much more weeks vary than their days would make them; outbreaks count for little.

    Days of a series follow each other, so a sum over days varies more than the days' dispersion says. Series with few
    posts lean on the usual value.
    """
    observed, expected = _weeks(counts), _weeks(mean)
    by_chance = dispersion[:, None] * expected
    squares = np.minimum((observed - expected) ** 2, settings.unusual**2 * by_chance)
    trust = observed.shape[1] * _TELLING_POSTS**2
    excess = (squares - by_chance).sum(1) + trust * settings.drift**2
    found = excess / np.maximum((expected**2).sum(1) + trust, 1e-9)
    return np.asarray(np.clip(found, settings.drift**2 / 4, _MOST_WANDERING))


def _weeks(daily: Floats) -> Floats:
    full = daily.shape[1] // _WEEK
    return np.asarray(daily[:, daily.shape[1] - full * _WEEK :].reshape(len(daily), full, _WEEK).sum(2))


def _terms(panel: Panel, columns: Ints, start: int, settings: Settings) -> Floats:
    return baseline.design(panel.weekdays(columns), start - columns, settings.history / 2)
