"""Exact tail probabilities of overdispersed counts.

Counts have mean m and variance d·m with d ≥ 1: Poisson for d = 1, else negative binomial with size m / (d - 1), the
quasi-Poisson plug-in of Noufaily et al. (2013), section 3.4. In this form sums over days with one d stay in the family.
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

# Below this excess variance the negative binomial's size overflows its use; Poisson is the same to 8 digits.
_POISSON_BELOW = 1e-8


def upper_tail(observed: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """Return P(Y ≥ observed), the observed count included; arrays broadcast."""
    excess, poisson = _excess(dispersion)
    size = mean / excess
    counted = np.maximum(observed, 1)
    tail = np.where(
        poisson,
        special.gammainc(counted, mean),
        special.betainc(counted, size, excess / (1 + excess)),
    )
    return np.where(observed > 0, tail, 1.0)


def none_at_all(mean: Floats, dispersion: Floats) -> Floats:
    """Return P(Y = 0)."""
    excess, poisson = _excess(dispersion)
    return np.exp(-mean * np.where(poisson, 1.0, np.log1p(excess) / excess))


def upper_threshold(level: Floats, mean: Floats, dispersion: Floats) -> Floats:
    """Return the smallest count y with P(Y ≥ y) ≤ level."""
    excess, poisson = _excess(dispersion)
    above = np.where(
        poisson,
        stats.poisson.isf(level, mean),
        stats.nbinom.isf(level, mean / excess, 1 / (1 + excess)),
    )
    return np.asarray(above + 1)


def _excess(dispersion: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    excess = np.asarray(dispersion, float) - 1
    poisson = excess < _POISSON_BELOW
    return np.where(poisson, 1.0, excess), poisson
