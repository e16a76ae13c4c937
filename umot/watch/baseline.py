"""What a series should be today: a quasi-Poisson regression per series, all series of a panel at once.

After Farrington et al. (1996) as improved by Noufaily et al. (2013, "An improved algorithm for outbreak detection in
multiple surveillance systems", Statistics in Medicine 32): log-linear mean with a trend and a seasonal factor (here
the weekday), dispersion from Pearson residuals, past outbreaks down-weighted by their Anscombe residuals. Re-
implemented from the paper. One thing is added for counts below one a day: normal priors on trend and weekdays (a
ridge), without which a weekday that never saw a post has no estimate.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_WEEK = 7
_LARGEST_LOG_MEAN = 14.0
# Fixed numbers of Newton steps: what a series gets does not depend on the others in the batch.
_FIRST_STEPS = 6
_FURTHER_STEPS = 3


@dataclass(frozen=True, slots=True)
class Prior:
    """Standard deviations on the log scale: of a weekday's effect, of the trend over half a window, of the level."""

    weekday: float = 0.3
    trend: float = 0.3
    level: float = 3.0


@dataclass(frozen=True, slots=True)
class Fit:
    """A fitted panel: coefficients (series, terms), their covariance (series, terms, terms), dispersion (series,)."""

    coefficients: Floats
    covariance: Floats
    dispersion: Floats

    def mean(self, design: Floats) -> Floats:
        """Return the expected counts (series, days) for the rows of a design."""
        return _mean(self.coefficients, design)

    def relative_variance(self, row: Floats) -> Floats:
        """Return the variance of the log of the expected count at one row of a design: (series,)."""
        return np.asarray(np.einsum("i,sij,j->s", row, self.covariance, row))


def design(weekdays: Ints, ages: Ints, half_window: float) -> Floats:
    """Return the terms (days, 9) of days with a weekday (0 to 6) and an age before the judged day."""
    level = np.ones((len(weekdays), 1))
    factor = np.eye(_WEEK)[weekdays]
    trend = 1 - ages[:, None] / half_window
    return np.hstack([level, factor, trend])


def fit(counts: Floats, weights: Floats, terms: Floats, prior: Prior, unusual: float) -> Fit:
    """Fit counts (series, days) with weights (0 leaves a day out); residuals above `unusual` are down-weighted."""
    penalty = _penalty(prior)
    level = np.log((weights * counts).sum(1) + 0.5) - np.log(weights.sum(1) + 1)
    centre = np.zeros((len(counts), terms.shape[1]))
    centre[:, 0] = level
    coefficients = _newton(counts, weights, terms, penalty, centre, centre, _FIRST_STEPS)
    weights = _down_weighted(counts, weights, terms, penalty, coefficients, unusual)
    coefficients = _newton(counts, weights, terms, penalty, centre, coefficients, _FURTHER_STEPS)
    return _fitted(counts, weights, terms, penalty, coefficients)


def _penalty(prior: Prior) -> Floats:
    deviations = np.array([prior.level, *[prior.weekday] * _WEEK, prior.trend])
    return np.diag(deviations**-2.0)


def _mean(coefficients: Floats, terms: Floats) -> Floats:
    return np.asarray(np.exp(np.clip(coefficients @ terms.T, -_LARGEST_LOG_MEAN, _LARGEST_LOG_MEAN)))


def _products(terms: Floats) -> Floats:
    return (terms[:, :, None] * terms[:, None, :]).reshape(len(terms), terms.shape[1] ** 2)


def _information(weighted_mean: Floats, terms: Floats, penalty: Floats) -> Floats:
    summed = weighted_mean @ _products(terms)
    return np.asarray(summed.reshape(-1, *penalty.shape) + penalty)


def _newton(
    counts: Floats, weights: Floats, terms: Floats, penalty: Floats, centre: Floats, start: Floats, steps: int
) -> Floats:
    coefficients = start
    for _ in range(steps):
        mean = _mean(coefficients, terms)
        score = (weights * (counts - mean)) @ terms - (coefficients - centre) @ penalty
        step = np.linalg.solve(_information(weights * mean, terms, penalty), score[..., None])[..., 0]
        coefficients = coefficients + np.clip(step, -2, 2)
    return coefficients


def _down_weighted(
    counts: Floats, weights: Floats, terms: Floats, penalty: Floats, coefficients: Floats, unusual: float
) -> Floats:
    """Return the weights with residual^-2 on outbreaks, scaled so that their sum stays (Noufaily 2013, section 3.3)."""
    rough = _fitted(counts, weights, terms, penalty, coefficients)
    residuals = _anscombe(counts, weights, terms, rough)
    kept = weights * np.where(residuals > unusual, np.maximum(residuals, 1) ** -2.0, 1.0)
    return np.asarray(kept * (weights.sum(1) / np.maximum(kept.sum(1), 1e-9))[:, None])


def _anscombe(counts: Floats, weights: Floats, terms: Floats, rough: Fit) -> Floats:
    mean = rough.mean(terms)
    dispersion = rough.dispersion[:, None]
    spread = rough.covariance.reshape(len(counts), -1) @ _products(terms).T / dispersion
    leverage = np.minimum(weights * mean * spread, 0.9)
    raw = 1.5 * (counts ** (2 / 3) - mean ** (2 / 3)) / mean ** (1 / 6)
    return np.asarray(raw / np.sqrt(dispersion * (1 - leverage)))


def _fitted(counts: Floats, weights: Floats, terms: Floats, penalty: Floats, coefficients: Floats) -> Fit:
    mean = _mean(coefficients, terms)
    information = _information(weights * mean, terms, penalty)
    inverse = np.linalg.inv(information)
    used = terms.shape[1] - np.einsum("sij,ji->s", inverse, penalty)
    pearson = (weights * (counts - mean) ** 2 / mean).sum(1)
    dispersion = np.maximum(1.0, pearson / np.maximum(weights.sum(1) - used, 1.0))
    return Fit(coefficients, inverse * dispersion[:, None, None], dispersion)
