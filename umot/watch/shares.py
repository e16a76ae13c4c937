"""Is an unusual share of today's posts negative, or positive? For series whose volume is not news.

Where a brand invites its customers, posts come in bursts whenever it does, and hits with them. So hits are judged
against the posts of the same days: expected are the usual share of them, however many there are. The answers have the
shape and meaning of those on counts; only too many are looked for. `proportion` says what is usual.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np

from umot.watch import proportion, tails
from umot.watch.expectation import Cells
from umot.watch.judgements import Evidence, Judgements, Weighed
from umot.watch.panel import Bools, Floats, Ints, Panel
from umot.watch.proportion import Beta, ShareFit
from umot.watch.settings import DAILY, Settings
from umot.watch.together import backtest_together, judge_together


@dataclass(frozen=True, slots=True)
class Shares:
    """Panels of hits and of all posts, series by series, of which the share is watched; coverage is that of `totals`.

    Raises ValueError where the two do not fit each other.
    """

    hits: Panel
    totals: Panel

    def __post_init__(self) -> None:
        shapes = [(one.first, one.counts.shape) for one in (self.hits, self.totals)]
        if shapes[0] != shapes[1]:
            raise ValueError(f"hits are {shapes[0]}, totals {shapes[1]}: expected the same first day and shape")
        if (self.hits.counts > self.totals.counts).any():
            series, column = np.argwhere(self.hits.counts > self.totals.counts)[0]
            raise ValueError(f"series {series} has more hits than posts in column {column}: expected hits among posts")

    def week(self, day: date, settings: Settings) -> Callable[[date], Weighed]:
        """Learn the usual shares for the week of a day and return what weighs its days."""
        at = self.totals.column(day)
        end = max(at - int(self.totals.weekdays(np.array(at))) - settings.left_out, 0)
        cells = Cells.of(self.totals)
        grown = self._fit(cells, end, Beta(), settings)
        mature = cells.whole[:, _before(end, settings)].sum(1) >= settings.mature_days
        prior = self._pool(cells, end, mature, settings)
        return lambda one: self._weigh(cells, grown, mature, prior, self.totals.column(one), settings)

    def _weigh(self, cells: Cells, grown: ShareFit, mature: Bools, prior: Beta, at: int, settings: Settings) -> Weighed:
        young = ~mature & (cells.whole[:, :at].sum(1) >= settings.young_days)
        usual = grown.merged(self._fit(cells, at, prior, settings), young) if young.any() else grown
        recent = slice(max(at - min(settings.share_windows) + 1, 0), at + 1)
        judged = cells.seen[:, recent].any(1) & (mature | young)
        caution = np.where(young, settings.young_caution, len(settings.share_windows))
        return Weighed(judged, young, caution, self._evidence(cells, usual, young, at, settings))

    def _evidence(self, cells: Cells, usual: ShareFit, young: Bools, at: int, settings: Settings) -> Evidence:
        spans = np.minimum(settings.share_windows, at + 1)
        daily = [_last(self.totals, cells, at, days) for days in spans]
        posts = np.column_stack([one.sum(1) for one in daily])
        hits = np.column_stack([_last(self.hits, cells, at, days).sum(1) for days in spans])
        correlation = np.column_stack([usual.correlation(one) for one in daily])
        share = np.broadcast_to(usual.share[:, None], posts.shape)
        p = _chances(hits, posts, share, correlation, settings.fewest_posts)
        p[young, 1:] = 1.0
        limits = partial(_limits, posts, share, correlation, settings.fewest_posts)
        names = np.full(len(spans), "share")
        return Evidence(names, p, np.tile(spans, (len(p), 1)), hits, posts * share, limits)

    def _fit(self, cells: Cells, end: int, prior: Beta, settings: Settings) -> ShareFit:
        used = _before(end, settings)
        hits, posts = self.hits.counts[:, used], self.totals.counts[:, used]
        weights = cells.whole[:, used].astype(float)
        return proportion.fit(hits, posts, weights, prior, settings.drift, settings.unusual, settings.fewest_posts)

    def _pool(self, cells: Cells, end: int, mature: Bools, settings: Settings) -> Beta:
        used = _before(end, settings)
        hits, posts = (
            np.where(cells.whole, panel.counts, 0)[mature, used].sum(1) for panel in (self.hits, self.totals)
        )
        return proportion.beta_of(hits, posts)


def judge_shares(hits: Panel, totals: Panel, day: date, settings: Settings = DAILY) -> Judgements:
    """Judge the share of hits among all posts of each series on a day; an incomplete day needs no correction.

    `observed`, `threshold` and `extra` count hits, `expected` is the usual share of the posts; a threshold above the
    number of posts says that even all of them would not do. p is 1 where there are no more hits than expected or fewer
    than `fewest_posts`. Raises ValueError for a day outside the panels and for panels that do not fit each other.
    """
    return judge_together([Shares(hits, totals)], day, settings)[0]


def backtest_shares(hits: Panel, totals: Panel, days: Iterable[date], settings: Settings = DAILY) -> Judgements:
    """Judge the shares on each of several days in order, knowing only what was before: arrays of (series, days)."""
    return backtest_together([Shares(hits, totals)], days, settings)[0]


def _before(end: int, settings: Settings) -> slice:
    return slice(max(end - settings.history, 0), end)


def _last(panel: Panel, cells: Cells, at: int, days: int) -> Floats:
    recent = slice(at - days + 1, at + 1)
    return np.asarray(np.where(cells.seen[:, recent], panel.counts[:, recent], 0))


def _chances(hits: Floats, posts: Floats, share: Floats, correlation: Floats, fewest: int) -> Floats:
    p = np.ones_like(hits)
    asked = (hits >= fewest) & (hits > posts * share)
    p[asked] = tails.hits_tail(hits[asked], posts[asked], share[asked], correlation[asked])
    return p


def _limits(posts: Floats, share: Floats, correlation: Floats, fewest: int, level: Floats, rule: Ints) -> Floats:
    posts, share, correlation = (part[np.arange(len(rule)), rule] for part in (posts, share, correlation))
    return np.maximum(tails.hits_threshold(level, posts, share, correlation), fewest)
