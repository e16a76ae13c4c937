"""Make probabilities mean something: one temperature per task, one threshold of doubt."""

from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from sentiment.metrics import Labels

_TEMPERATURES: Final = np.exp(np.linspace(np.log(0.25), np.log(4.0), 161))
_THRESHOLDS: Final = np.arange(0.30, 0.91, 0.01)
_LEAST: Final = 20


def temperature(
    probabilities: Callable[[float], NDArray[np.float64]], truth: Labels, weight: NDArray[np.float64]
) -> float:
    """Return the divisor of the logits with the least negative log-likelihood (Guo et al. 2017).

    `probabilities` gives those of every row [n, classes] at a temperature; `weight`: float64 [n].
    """
    return float(min(_TEMPERATURES, key=lambda value: _nll(probabilities(value), truth, weight)))


def _nll(probabilities: NDArray[np.float64], truth: Labels, weight: NDArray[np.float64]) -> float:
    chosen = np.maximum(probabilities[np.arange(len(truth)), truth], np.finfo(np.float64).tiny)
    return float(-np.average(np.log(chosen), weights=weight))


def threshold(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Return the confidence below which the model is wrong at least as often as right.

    The highest such threshold that at least 20 rows stand behind; 0 when there is none.
    """
    best = 0.0
    for value in _THRESHOLDS:
        below = confidence < value
        if below.sum() >= _LEAST and right[below].mean() <= 0.5:
            best = float(value)
    return round(best, 2)
