"""How much of a day's posts has usually arrived by an hour: what an incomplete day is measured against."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_HOURS = 24
# Posts of a series that weigh as much as the pattern of all series; of all series, as much as an even day.
_PRIOR_POSTS = 50.0


def arrived_share(by_hour: Floats, elapsed: float) -> Floats:
    """Return the share (series,) of a day's posts that comes in its first `elapsed` hours (0 to 24).

    `by_hour` holds past posts per local hour, (series, 24). Series with few posts lean on the pattern of all, and
    that on an even day, so a panel without hours (zeros) gets `elapsed` / 24.
    """
    even = np.full(_HOURS, 1 / _HOURS)
    pooled = _shrunk(by_hour.sum(0, keepdims=True), even)
    gone = np.clip(elapsed - np.arange(_HOURS), 0, 1)
    return np.asarray(_shrunk(by_hour, pooled) @ gone)


def _shrunk(posts: Floats, towards: Floats) -> Floats:
    return np.asarray((posts + _PRIOR_POSTS * towards) / (posts.sum(1, keepdims=True) + _PRIOR_POSTS))
