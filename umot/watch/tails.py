"""Exact tail probabilities of overdispersed counts, without and with a known number of posts.

Counts have mean m and variance d·m with d ≥ 1: Poisson for d = 1, else negative binomial with size m / (d - 1), the
quasi-Poisson plug-in of Noufaily et al. (2013), section 3.4. In this form sums over days with one d stay in the family.

Hits among n posts are beta-binomial with mean n·s and variance n·s·(1 - s)·(1 + (n - 1)·c): s the usual share, c the
correlation of two posts (Griffiths 1973).
"""

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

Floats = NDArray[np.float64]

# Below this excess variance the negative binomial's size overflows its use; Poisson is the same to 8 digits.
_POISSON_BELOW = 1e-8
# Terms of a tail below this part of their sum end it.
_NEGLIGIBLE = 1e-12


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


def hits_tail(hits: Floats, posts: Floats, share: Floats, correlation: Floats) -> Floats:
    """Return P(Y ≥ hits) among posts, 0 < share < 1 and 0 < correlation < 1, all of one shape.

    scipy's own tail is 1 minus a sum; here the terms of the tail itself are added, so that a small one keeps its
    digits.
    """
    alpha, beta = (part * (1 - correlation) / correlation for part in (share, 1 - share))
    term = stats.betabinom.pmf(hits, posts, alpha, beta)
    tail, reached = term, hits
    while (term > _NEGLIGIBLE * tail).any():
        left = np.maximum(posts - reached, 0)
        term = term * left * (reached + alpha) / ((reached + 1) * (np.maximum(left - 1, 0) + beta))
        tail, reached = tail + term, reached + 1
    return np.where(hits > 0, np.minimum(tail, 1.0), 1.0)


def hits_threshold(level: Floats, posts: Floats, share: Floats, correlation: Floats) -> Floats:
    """Return the smallest number of hits y with P(Y ≥ y) ≤ level; posts + 1 where even all of them are not enough."""
    usual = np.floor(posts * share)
    short = np.where(hits_tail(usual, posts, share, correlation) > level, usual, 0)
    enough = posts + 1
    while (enough - short > 1).any():
        middle = (short + enough) // 2
        passes = hits_tail(middle, posts, share, correlation) <= level
        short, enough = np.where(passes, short, middle), np.where(passes, middle, enough)
    return enough


def _excess(dispersion: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    excess = np.asarray(dispersion, float) - 1
    poisson = excess < _POISSON_BELOW
    return np.where(poisson, 1.0, excess), poisson
