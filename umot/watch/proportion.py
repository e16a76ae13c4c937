"""What share of a series' posts should be hits today: a beta-binomial per series, all series of a panel at once.

The share is learnt from past days like the level of the counts is (see `baseline`): outbreaks are down-weighted by
their Anscombe residuals. How much a share varies from day to day and from week to week is estimated by the method of
moments on Pearson residuals (Williams 1982, "Extra-binomial variation in logistic linear models", Applied Statistics
31) and shrunk to a prior; days with few posts say little about it and weigh little. Variances of shares are given as
correlations of two posts: variance = correlation · share · (1 - share).
"""

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy import special

Floats = NDArray[np.float64]

_WEEK = 7
_FEWEST = 10
# However alike the older series are, they weigh no more in a young one than these posts.
_MOST_POSTS = 20.0
# Usual standard deviation of a day's log odds around its week's, and how many large days or weeks the prior is worth.
_DAILY_DRIFT = 0.2
_PRIOR_WORTH = 1.0
# An outbreak raises the share that it is measured against; after a few rounds it stands out.
_ROUNDS = 3
# However steady the weeks were, this part of the usual variance is left.
_STEADIEST = 2.0
_LEAST, _MOST = 1e-6, 0.5


@dataclass(frozen=True, slots=True)
class Beta:
    """A beta distribution of shares: as if so many hits and other posts had been seen."""

    hits: float = 0.5
    others: float = 0.5

    @property
    def posts(self) -> float:
        """Return how many posts it is worth."""
        return self.hits + self.others


@dataclass(frozen=True, slots=True)
class ShareFit:
    """Per series: the usual share, correlations within a day and within a week, and the share's own uncertainty."""

    share: Floats
    daily: Floats
    weekly: Floats
    uncertainty: Floats

    def correlation(self, posts: Floats) -> Floats:
        """Return the correlation of the posts of a window together, (series,), from posts (series, days)."""
        pairs = np.maximum(_pairs(posts.sum(1)), 1.0)
        varied = self.daily * _pairs(posts).sum(1) / pairs + self.weekly
        return np.asarray(np.clip(varied + self.uncertainty, _LEAST, _MOST))

    def merged(self, other: "ShareFit", where: NDArray[np.bool_]) -> "ShareFit":
        """Return the fit with some series taken from another one."""
        names = (part.name for part in fields(self))
        return ShareFit(*(np.where(where, getattr(other, name), getattr(self, name)) for name in names))


def beta_of(hits: Floats, posts: Floats) -> Beta:
    """Learn from the hits and posts of older series, by moments; Jeffreys' prior where fewer than ten have posts."""
    shares = hits[posts > 0] / posts[posts > 0]
    if len(shares) < _FEWEST:
        return Beta()
    mean = float(np.clip(shares.mean(), 0.01, 0.99))
    worth = float(np.clip(mean * (1 - mean) / max(shares.var(ddof=1), 1e-9) - 1, 1.0, _MOST_POSTS))
    return Beta(mean * worth, (1 - mean) * worth)


def fit(
    hits: Floats, posts: Floats, weights: Floats, prior: Beta, drift: float, unusual: float, fewest: int
) -> ShareFit:
    """Fit hits among posts (series, days) with weights (0 leaves a day out).

    Days with residuals above `unusual` and at least `fewest` hits are down-weighted; `drift` is the usual standard
    deviation of a week's log odds.
    """
    most = (_DAILY_DRIFT**2 + drift**2) / 4
    found = _fitted(hits * weights, posts * weights, np.full(len(posts), most), prior, drift)
    for _ in range(_ROUNDS):
        # An outbreak must not hide behind the variation that it brings itself.
        varied = np.minimum(found.daily + found.weekly, most)
        residuals = np.where(hits >= fewest, _anscombe(hits, posts, found.share, varied), 0.0)
        kept = weights * np.where(residuals > unusual, np.maximum(residuals, 1) ** -2.0, 1.0)
        found = _fitted(hits * kept, posts * kept, varied, prior, drift)
    return found


def _fitted(hits: Floats, posts: Floats, correlation: Floats, prior: Beta, drift: float) -> ShareFit:
    # As far as posts of a day are alike, many of them tell little more than some (Kleinman 1973).
    telling = 1 / (1 + correlation[:, None] * np.maximum(posts - 1, 0))
    told = posts * telling
    known = told.sum(1) + prior.posts
    share = ((hits * telling).sum(1) + prior.hits) / known
    usual = share * (1 - share)
    daily = _correlation(hits, posts, share, np.ones_like(posts), _DAILY_DRIFT**2 * usual)
    week_hits, week_posts = _weeks(hits), _weeks(posts)
    by_days = 1 + daily[:, None] * _weeks(_pairs(posts)) / np.maximum(week_posts, 1)
    wandering = drift**2 * usual
    weekly = np.maximum(_correlation(week_hits, week_posts, share, by_days, wandering), wandering / _STEADIEST)
    return ShareFit(share, daily, weekly, (known + weekly * _pairs(_weeks(told)).sum(1)) / known**2)


def _correlation(hits: Floats, posts: Floats, share: Floats, by_chance: Floats, usual: Floats) -> Floats:
    """Estimate the correlation beyond what the squared Pearson residuals would be `by_chance`.

    The estimating equations are weighted by what each residual tells when the correlation is as usual; the prior is
    worth some residuals of very many posts.
    """
    mean, spread = posts * share[:, None], posts * (share * (1 - share))[:, None]
    squares = np.where(posts > 0, (hits - mean) ** 2 / np.maximum(spread, 1e-12), by_chance)
    slope = np.maximum(posts - 1, 0)
    trust = (by_chance + slope * usual[:, None]) ** -2.0
    told = (trust * slope * (squares - by_chance)).sum(1) + _PRIOR_WORTH / usual
    information = (trust * slope**2).sum(1) + _PRIOR_WORTH / usual**2
    return np.asarray(np.clip(told / information, 0.0, _MOST))


def _anscombe(hits: Floats, posts: Floats, share: Floats, correlation: Floats) -> Floats:
    """Return residuals that are nearly normal, by the transformation of Cox and Snell (1968) for binomial shares."""
    usual, counted = share[:, None], np.maximum(posts, 1)
    reached, middle = (special.betainc(2 / 3, 2 / 3, part) for part in (np.minimum(hits / counted, 1), usual))
    scale = (usual * (1 - usual)) ** (1 / 6) * np.sqrt((1 + correlation[:, None] * (counted - 1)) / counted)
    return np.asarray(special.beta(2 / 3, 2 / 3) * (reached - middle) / scale)


def _pairs(posts: Floats) -> Floats:
    return posts * np.maximum(posts - 1, 0)


def _weeks(daily: Floats) -> Floats:
    missing = -daily.shape[1] % _WEEK
    padded = np.pad(daily, ((0, 0), (missing, 0)))
    return np.asarray(padded.reshape(len(daily), -1, _WEEK).sum(2))
