"""Twenty series of invited reviews, one in ten negative, and one in which something happens."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from umot.watch.panel import Panel
from umot.watch.proportion import Beta, beta_of, fit
from umot.watch.settings import DAILY, WEEKLY
from umot.watch.shares import backtest_shares, judge_shares

FIRST = date(2025, 1, 6)
DAYS = 260
COVERED, MISSING, UNKNOWN = 3, 1, 0


def day(column):
    return FIRST + timedelta(column % DAYS)


LAST = day(-1)


class World:
    def __init__(self):
        rng = np.random.default_rng(21)
        self.posts = rng.poisson(10.0, (20, DAYS)).astype(float)
        self.hits = rng.binomial(self.posts.astype(int), 0.1).astype(float)
        self.states = np.full((20, DAYS), COVERED, np.int8)

    def put(self, series, days, posts, hits):
        self.posts[series, days], self.hits[series, days] = posts, hits

    @property
    def panels(self):
        return Panel(FIRST, self.hits, self.states), Panel(FIRST, self.posts, self.states)

    def judged(self, at=LAST, settings=DAILY):
        return judge_shares(*self.panels, at, settings)


@pytest.fixture
def world():
    return World()


def test_ordinary_days_are_ordinary(world):
    found = backtest_shares(*world.panels, [day(c) for c in range(200, DAYS)])
    assert found.judged.all()
    assert (found.rule != "").sum() < DAILY.level * found.rule.size
    assert found.expected.mean() == pytest.approx(1, rel=0.1)


def test_a_day_of_many_negative_reviews_is_found_and_explained(world):
    world.put(7, -1, 12, 9)
    found = world.judged()
    assert (found.rule[7], found.days[7], found.observed[7]) == ("share", 1, 9)
    assert found.expected[7] == pytest.approx(1.2, rel=0.3)
    assert found.extra[7] == pytest.approx(9 - found.expected[7])
    assert found.p[7] <= found.adjusted[7] < 0.01
    assert not found.cold_start.any()
    assert (found.rule[np.arange(20) != 7] == "").all()


@pytest.mark.parametrize("posts", [100, 1000])
def test_a_burst_with_the_usual_share_is_no_news(world, posts):
    world.put(7, slice(-3, None), posts, posts * 0.1)
    found = world.judged()
    assert found.rule[7] == ""
    assert found.expected[7] == pytest.approx(0.1 * posts, rel=0.25)


def test_fewer_reviews_of_which_more_are_negative_are_news(world):
    world.put(7, slice(-7, None), 3, 2)
    found = world.judged()
    assert (found.rule[7], found.observed[7] / found.days[7]) == ("share", 2)


def test_a_week_of_a_somewhat_larger_share_adds_up(world):
    world.put(7, slice(-7, None), 20, 6)
    found = world.judged()
    assert (found.rule[7], found.days[7], found.observed[7]) == ("share", 7, 42)
    weekly = world.judged(settings=WEEKLY)
    assert (weekly.rule[7], weekly.days[7]) == ("share", 7)


def test_only_upward(world):
    world.posts[7], world.hits[7] = 40, np.random.default_rng(1).binomial(40, 0.5, DAYS)
    world.put(7, slice(-7, None), 40, 0)
    found = world.judged()
    assert (found.rule[7], found.p[7]) == ("", 1)


def test_the_threshold_is_where_it_starts_to_fire(world):
    alone = replace(DAILY, share_windows=(1,))
    world.put(3, -1, 60, 0)
    limit = world.judged(settings=alone).threshold[3]
    fired = []
    for hits in (limit, limit - 1):
        world.put(3, -1, 60, hits)
        fired.append(world.judged(settings=alone).rule[3] != "")
    assert fired == [True, False]


def test_fewer_hits_than_the_floor_never_fire(world):
    world.hits[:] = 0
    world.put(3, -1, 2, 2)
    assert world.judged().rule[3] == ""


@pytest.mark.parametrize("state", [MISSING, UNKNOWN])
def test_what_stands_in_a_hole_does_not_matter(world, state):
    world.states[5, 150:200] = state
    world.states[5, -2] = state
    one = world.judged()
    world.put(5, slice(150, 200), 900, 800)
    world.put(5, -2, 900, 800)
    other = world.judged()
    assert one.p == pytest.approx(other.p)
    assert one.expected == pytest.approx(other.expected)
    assert not world.judged(day(-2)).judged[5]


def test_a_past_outbreak_is_not_the_new_normal(world):
    usual = world.judged().expected[5] / world.posts[5, -1]
    world.put(5, slice(200, 207), 60, 45)
    assert world.judged().expected[5] / world.posts[5, -1] < 1.25 * usual


def test_a_young_series_is_judged_cautiously_and_says_so(world):
    world.states[5, : DAYS - 14] = UNKNOWN
    world.put(5, slice(0, DAYS - 14), 0, 0)
    world.put(slice(5, 7), -1, 12, 9)
    found = world.judged()
    assert (found.rule[5], found.rule[6]) == ("share", "share")
    assert (found.cold_start[5], found.cold_start[6]) == (True, False)
    assert found.p[5] > found.p[6]


def test_a_series_that_starts_with_a_large_share_is_no_spike(world):
    world.states[5, : DAYS - 12] = UNKNOWN
    world.put(5, slice(0, DAYS - 12), 0, 0)
    world.put(5, slice(DAYS - 12, None), 30, 15)
    found = backtest_shares(*world.panels, [day(c) for c in range(DAYS - 13, DAYS)])
    assert (found.rule[5] == "").all()
    assert not found.judged[5, :6].any()


def test_a_backtest_sees_what_each_day_saw(world):
    world.put(5, 240, 12, 9)
    days = [day(c) for c in range(236, 246)]
    tested = backtest_shares(*world.panels, days)
    hits, totals = world.panels
    for column, one in enumerate(days):
        known = (
            Panel(FIRST, part.counts[:, : 237 + column], part.states[:, : 237 + column]) for part in (hits, totals)
        )
        alone = judge_shares(*known, one)
        assert list(tested.rule[:, column]) == list(alone.rule)
        assert tested.p[:, column] == pytest.approx(alone.p)


def test_panels_must_fit_each_other(world):
    hits, totals = world.panels
    with pytest.raises(ValueError, match="expected the same first day and shape"):
        judge_shares(Panel(FIRST, hits.counts[:5], hits.states[:5]), totals, LAST)
    world.put(4, 17, 3, 4)
    with pytest.raises(ValueError, match="series 4 has more hits than posts in column 17"):
        world.judged()


def fitted(hits, posts, prior=None):
    return fit(hits, posts, np.ones(posts.shape), prior or Beta(), 0.3, 2.58, 3)


def test_correlations_are_those_of_the_posts():
    rng = np.random.default_rng(5)
    posts = np.full((30, 126), 40.0)
    daily = rng.beta(0.1 * 19, 0.9 * 19, posts.shape)
    weekly = np.repeat(rng.beta(0.1 * 19, 0.9 * 19, (30, 18)), 7, axis=1)
    steady, by_day, by_week = (
        fitted(rng.binomial(40, share).astype(float), posts) for share in (0.1 + 0 * daily, daily, weekly)
    )
    # A beta of 19 pseudo-posts has a correlation of 1/20; its largest days pass for outbreaks, so less is found.
    assert steady.daily.mean() < 0.005
    assert 0.02 < by_day.daily.mean() < 0.05
    assert by_week.weekly.mean() > 3 * by_day.weekly.mean()
    assert by_day.share.mean() == pytest.approx(0.1, rel=0.1)


def test_a_campaign_of_one_day_says_less_about_the_share_than_as_many_posts_on_many_days():
    spread, burst = np.full((1, 126), 10.0), np.zeros((1, 126))
    burst[0, 60] = 1260
    assert fitted(0.1 * burst, burst).uncertainty > 3 * fitted(0.1 * spread, spread).uncertainty


@pytest.mark.parametrize("posts", [0.0, 1.0, 500.0])
def test_series_of_nothing_or_all_give_finite_numbers(posts):
    counts = np.full((2, 30), posts)
    found = fitted(np.array([[0.0], [1.0]]) * counts, counts)
    assert (found.share > 0).all()
    assert (found.share < 1).all()
    correlation = found.correlation(counts[:, :3])
    assert np.isfinite(correlation).all()
    assert (correlation > 0).all()


def test_older_series_are_a_prior_worth_twenty_posts_at_most():
    alike = beta_of(np.full(12, 30.0), np.full(12, 100.0))
    assert (alike.hits / alike.posts, alike.posts) == pytest.approx((0.3, 20))
    mixed = beta_of(np.array([2.0, 50, 98] * 4), np.full(12, 100.0))
    assert mixed.posts < 3
    assert beta_of(np.full(9, 30.0), np.full(9, 100.0)) == Beta()
