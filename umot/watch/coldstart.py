"""Young series: too few days for a regression, judged by their own days and what the older series are like.

A gamma-Poisson model (empirical Bayes): the older series' rates give the prior by their mean and variance, the young
series' own days update it, and the prediction carries the uncertainty of both. How much days vary beyond chance comes
from the series' own days, shrunk to what all young series show, and that to what the older ones do: with hundreds of
posts a day five days say it, with one a day they say nothing. Weekdays and trend are not known yet: a first weekend is
a step like any other, so days are taken to vary by at least a usual weekday's effect, and the caller asks for stronger
evidence. A rise to less than about twice the usual cannot be told from that, nor an outbreak that was there from the
start.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]

_FEWEST = 10
_VAGUE_SHAPE = 0.5
# However alike the older series are, a new one may be of another size: the pool weighs no more than these days.
_MOST_DAYS = 2.0
# Excess variance per expected post when the pool cannot tell.
_EXCESS = 0.3
# The least that is believed of a young series: the square of a weekday's usual effect (see `baseline.Prior`).
_LEAST_EXCESS = 0.09
# How many days of very many posts the excess variance of the others is worth; a day above this many deviations
# counts as if it had been there.
_DAYS_OF_OTHERS = 5.0
_UNUSUAL = 2.58


@dataclass(frozen=True, slots=True)
class Pool:
    """What is known of series in general: a gamma prior (shape, days) of the rate, and the excess variance."""

    shape: float
    days: float
    excess: float


def pool_of(rates: Floats, dispersions: Floats) -> Pool:
    """Learn from the daily rates and dispersions of older series; a vague prior where there are fewer than ten."""
    if len(rates) < _FEWEST:
        return Pool(_VAGUE_SHAPE, 0.0, _EXCESS)
    mean, variance = float(rates.mean()), float(rates.var(ddof=1))
    days = min(mean / max(variance, 1e-9), _MOST_DAYS)
    excess = float(np.quantile((dispersions - 1) / np.maximum(rates, 1e-9), 0.75))
    return Pool(mean * days, days, max(excess, _EXCESS))


def predict(pool: Pool, counts: Floats, used: Bools) -> tuple[Floats, Floats]:
    """Return the mean and dispersion of the next day's count, both (series,), after the used days of counts.

    `counts` and `used` have the shape (series, days).
    """
    days = used.sum(1)
    known = np.maximum(pool.days + days, 1e-9)
    mean = (pool.shape + np.where(used, counts, 0).sum(1)) / known
    return mean, (1 + _excess(pool, counts, used) * mean) * (1 + 1 / known)


def _excess(pool: Pool, counts: Floats, used: Bools) -> Floats:
    days = np.maximum(used.sum(1), 2)
    mean = np.maximum(np.where(used, counts, 0).sum(1) / days, 1e-9)[:, None]
    most = _UNUSUAL**2 * (mean + pool.excess * mean**2)
    squares = np.minimum((counts - mean) ** 2 * (days / (days - 1))[:, None], most)
    trust = used * (mean * pool.excess / (1 + mean * pool.excess)) ** 2
    told, worth = (trust * (squares - mean) / mean**2).sum(1), trust.sum(1)
    others = (told.sum() - told + _DAYS_OF_OTHERS * pool.excess) / (worth.sum() - worth + _DAYS_OF_OTHERS)
    return np.asarray(np.maximum((told + _DAYS_OF_OTHERS * others) / (worth + _DAYS_OF_OTHERS), _LEAST_EXCESS))
