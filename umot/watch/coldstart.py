"""Young series: too few days for a regression, judged by their own days and what the older series are like.

A gamma-Poisson model (empirical Bayes): the older series' rates give the prior by their mean and variance, the young
series' own days update it, and the prediction carries the uncertainty of both. Weekdays and trend are not known yet;
the caller asks for stronger evidence instead.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_FEWEST = 10
_VAGUE_SHAPE = 0.5
# However alike the older series are, a new one may be of another size: the pool weighs no more than these days.
_MOST_DAYS = 2.0
# Excess variance per expected post when the pool cannot tell, and the least that is believed of a young series.
_EXCESS = 0.3


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


def predict(pool: Pool, posts: Floats, days: Floats) -> tuple[Floats, Floats]:
    """Return the mean and dispersion of the next day's count after some posts in some days, both (series,)."""
    known = np.maximum(pool.days + days, 1e-9)
    mean = (pool.shape + posts) / known
    return mean, (1 + pool.excess * mean) * (1 + 1 / known)
