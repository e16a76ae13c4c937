"""A CUSUM for slow burns: the best case for "the rate has risen since some day", with an exact bound on its chance.

Page's (1954) cumulative sum of log likelihood ratios for negative binomial counts whose mean is multiplied by a
factor. It reaches h from any day with probability at most exp(-h) as long as nothing has changed: the likelihood
ratios of windows that grow backwards are a martingale with mean 1 (Ville's inequality; for the CUSUM: Lorden 1971).
So exp(-CUSUM) is a p-value, without simulated tables.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def log_ratio(observed: Floats, mean: Floats, dispersion: Floats, factor: float) -> Floats:
    """Return the log likelihood ratio of counts with mean `factor` times as high; sums over days are enough."""
    gain, cost = _slopes(dispersion, factor)
    return observed * gain - mean * cost


def cusum(observed: Floats, mean: Floats, dispersion: Floats, factor: float) -> tuple[Floats, Ints]:
    """Return p (series,) and the days of the best window; column k sums the last k + 1 days."""
    ratios = log_ratio(observed, mean, dispersion, factor)
    best = ratios.argmax(1)
    height = np.take_along_axis(ratios, best[:, None], 1)[:, 0]
    return np.exp(-np.maximum(height, 0)), best + 1


def cusum_threshold(level: Floats, mean: Floats, dispersion: Floats, factor: float) -> Floats:
    """Return the smallest count in a window that takes p to the level."""
    gain, cost = _slopes(dispersion, factor)
    return np.asarray(np.ceil((mean * cost - np.log(level)) / gain))


def _slopes(dispersion: Floats, factor: float) -> tuple[Floats, Floats]:
    excess = np.maximum(np.asarray(dispersion, float) - 1, 1e-8)
    cost = np.log1p((factor - 1) * excess / (1 + excess)) / excess
    return np.log(factor) - excess * cost, cost
