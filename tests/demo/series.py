"""Weekly series with the season taken out, and how two of them move together."""

from collections import Counter
from collections.abc import Iterable, Sequence
from statistics import correlation, fmean

from demo.truths import SEASON, WEEKS

LAGS = range(7)


def weekly(weeks: Iterable[str]) -> list[int]:
    """Return how often each week of the year occurs."""
    count = Counter(weeks)
    return [count[week] for week in WEEKS]


def unseasoned(series: Sequence[int]) -> list[float]:
    """Return the distance of each week to the mean of its part of the year."""
    means = {
        inside: fmean(v for v, week in zip(series, WEEKS, strict=True) if (week in SEASON) == inside)
        for inside in (True, False)
    }
    return [v - means[week in SEASON] for v, week in zip(series, WEEKS, strict=True)]


def echoes(cause: Sequence[int], effect: Sequence[int]) -> list[float]:
    """Return the correlation of the effect with the cause so many weeks earlier, for each lag."""
    one, other = unseasoned(cause), unseasoned(effect)
    return [correlation(one[: len(one) - lag], other[lag:]) for lag in LAGS]


def season_factor(series: Sequence[int]) -> float:
    """Return the mean week of the season over the mean week outside it."""
    inside = fmean(v for v, week in zip(series, WEEKS, strict=True) if week in SEASON)
    return inside / fmean(v for v, week in zip(series, WEEKS, strict=True) if week not in SEASON)
