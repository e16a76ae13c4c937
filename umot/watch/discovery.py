"""False-discovery control over all series of a day.

Benjamini and Hochberg (1995), not Benjamini and Yekutieli (2001): the series of a brand share posts, so their counts
rise together. Under such positive dependence (PRDS) the second paper's theorem 1.2 shows that the first paper's step-
up keeps its rate; the correction for any dependence divides the level by ln(m) + 0.58, about 7.5 for 1,000 series,
and would lose the small series. Counts are discrete, which makes the rate smaller still.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def adjusted(p: Floats) -> Floats:
    """Return Benjamini-Hochberg adjusted p-values of a (series,) array; NaN, not looked at, stays out and NaN."""
    result = np.full(p.shape, np.nan)
    tested = np.flatnonzero(~np.isnan(p))
    order = tested[np.argsort(p[tested], kind="stable")]
    scaled = p[order] * len(order) / np.arange(1, len(order) + 1)
    result[order] = np.minimum(1.0, np.minimum.accumulate(scaled[::-1])[::-1])
    return result


def cut(p: Floats, rate: float) -> float:
    """Return the largest p-value that the day's step-up would still let through at a false-discovery rate."""
    tested = np.sort(p[~np.isnan(p)])
    if not len(tested):
        return rate
    limits = rate * np.arange(1, len(tested) + 1) / len(tested)
    passed = np.flatnonzero(tested <= limits)
    return float(limits[passed[-1]] if len(passed) else limits[0])
