"""Scores of predictions: macro-F1, expected calibration error, bootstrap intervals."""

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

_BINS: Final = 10
_RESAMPLES: Final = 300

Labels = NDArray[np.int64]
Rows = NDArray[np.intp]
Metric = Callable[[Labels, Labels], float]


def confusion(truth: Labels, predicted: Labels, classes: int) -> NDArray[np.int64]:
    """Return counts [classes, classes], truth in rows."""
    flat = np.bincount(truth * classes + predicted, minlength=classes * classes)
    table: NDArray[np.int64] = flat.reshape(classes, classes)
    return table


def f1_per_class(truth: Labels, predicted: Labels, classes: int) -> NDArray[np.float64]:
    """Return F1 of every class; NaN for one that is in neither."""
    counts = confusion(truth, predicted, classes)
    total = counts.sum(axis=0) + counts.sum(axis=1)
    with np.errstate(invalid="ignore"):
        scores: NDArray[np.float64] = 2 * counts.diagonal() / total
    return scores


def macro_f1(classes: int) -> Metric:
    """Return the metric: mean F1 of the classes that are in the truth."""

    def metric(truth: Labels, predicted: Labels) -> float:
        present = np.unique(truth)
        scores = f1_per_class(truth, predicted, classes)[present]
        return float(np.mean(scores)) if len(scores) else float("nan")

    return metric


def f1(truth: Labels, predicted: Labels) -> float:
    """Return F1 of class 1 of two."""
    return float(f1_per_class(truth, predicted, 2)[1])


def accuracy(truth: Labels, predicted: Labels) -> float:
    """Return the share that is right."""
    return float(np.mean(truth == predicted)) if len(truth) else float("nan")


def within_one(truth: Labels, predicted: Labels) -> float:
    """Return the share that is at most one step off."""
    return float(np.mean(np.abs(truth - predicted) <= 1)) if len(truth) else float("nan")


def calibration_error(truth: Labels, probabilities: NDArray[np.float64]) -> float:
    """Return the expected calibration error of the top class (Guo et al. 2017), ten equal bins."""
    confidence, right = probabilities.max(axis=1), probabilities.argmax(axis=1) == truth
    bins = np.minimum((confidence * _BINS).astype(int), _BINS - 1)
    gaps = [abs(confidence[bins == b].mean() - right[bins == b].mean()) * np.mean(bins == b) for b in np.unique(bins)]
    return float(sum(gaps))


def interval(
    metric: Metric, truth: Labels, predicted: Labels, groups: Sequence[int] | None = None
) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval; `groups` are drawn as wholes (posts)."""
    keys = np.arange(len(truth)) if groups is None else np.asarray(groups)
    return limits(lambda rows: metric(truth[rows], predicted[rows]), keys)


def limits(statistic: Callable[[Rows], float], keys: NDArray[np.int64]) -> tuple[float, float]:
    """Return the 95 % percentile bootstrap interval of a statistic of row numbers.

    Rows of the same key are drawn together; the draws are the same for every statistic of the same
    keys. A difference of two methods is one statistic: that makes the test a paired one.
    """
    generator = np.random.default_rng(0)
    members = _members(keys)
    drawn = (generator.integers(len(members), size=len(members)) for _ in range(_RESAMPLES))
    values = [statistic(np.concatenate([members[i] for i in picks])) for picks in drawn]
    low, high = np.nanpercentile(values, (2.5, 97.5))
    return float(low), float(high)


def _members(keys: NDArray[np.int64]) -> list[Rows]:
    order = np.argsort(keys, kind="stable")
    return np.split(order, np.flatnonzero(np.diff(keys[order])) + 1)
