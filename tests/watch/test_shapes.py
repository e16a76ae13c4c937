"""Shapes that real streams have, simulated with seeds: what must be found in them, and what must not."""

from datetime import date, timedelta

import numpy as np
import pytest

from umot.watch.detect import backtest
from umot.watch.panel import Panel
from umot.watch.shares import backtest_shares

FIRST = date(2025, 1, 6)
COVERED, UNKNOWN = 3, 0
SEEDS = range(8)


def day(column):
    return FIRST + timedelta(column)


def covered(counts):
    return Panel(FIRST, counts.astype(float), np.full(counts.shape, COVERED, np.int8))


def alerts(fired):
    """Columns on which alerts begin, when a quiet week closes one."""
    columns = np.flatnonzero(fired)
    return [int(at) for n, at in enumerate(columns) if n == 0 or at - columns[n - 1] > 7]


@pytest.mark.parametrize("seed", SEEDS)
def test_an_outage_of_an_app_is_found_early_and_once(seed):
    """About one negative review in two days, then fifty in two weeks, most of them at first; other series beside it."""
    rng = np.random.default_rng(seed)
    begin, end = 90, 104
    counts = rng.poisson(np.array([0.5, 0.2, 1.0, 3.0, 8.0])[:, None], (5, 125))
    fading = np.exp(-np.arange(14) / 6)
    counts[0, begin:end] = rng.multinomial(50, fading / fading.sum())
    third = begin + int(np.argmax(np.cumsum(counts[0, begin:end]) >= 3))
    found = backtest(covered(counts), [day(column) for column in range(60, 125)])
    begun = [60 + at for at in alerts((found.rule[0] != "") & (found.rule[0] != "silence"))]
    assert len(begun) == 1
    assert begin <= begun[0] <= third + 3
    assert not found.cold_start[0].any()


AIRLINES, STORMY, LATE = 6, slice(0, 3), 5
STORM = slice(6, 8)
STARTS = 4


def nine_days(seed, weekend):
    """Nine days of six airlines, hundreds of tweets each; a storm on days 7 and 8 for three; one starts on day 5."""
    rng = np.random.default_rng(seed)
    usual = rng.uniform(150, 500, (AIRLINES, 1)) * np.exp(rng.normal(0, 0.12, (AIRLINES, 9)))
    # FIRST is a Monday: days 6 and 7 are a weekend.
    usual[:, 5:7] *= weekend
    usual[STORMY, STORM] *= 4
    counts, states = rng.poisson(usual), np.full(usual.shape, COVERED, np.int8)
    counts[LATE, :STARTS], states[LATE, :STARTS] = 0, UNKNOWN
    return Panel(FIRST, counts.astype(float), states)


@pytest.mark.parametrize("weekend", [0.75, 1.0, 1.3])
@pytest.mark.parametrize("seed", SEEDS)
def test_a_storm_is_found_after_five_days_and_a_start_is_none(seed, weekend):
    found = backtest(nine_days(seed, weekend), [day(column) for column in range(9)])
    fired = found.rule != ""
    assert fired[STORMY, STORM].any(1).all()
    assert not fired[3:].any()
    assert not fired[:, : STORM.start].any()
    assert not found.judged[LATE].any()
    assert found.cold_start[:LATE, STORM].all()


@pytest.mark.parametrize("weekend", [0.5, 0.7, 1.5])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_first_weekends_of_a_busy_series_are_no_storm(seed, weekend):
    rng = np.random.default_rng(seed)
    usual = rng.uniform(150, 500, (AIRLINES, 1)) * np.exp(rng.normal(0, 0.1, (AIRLINES, 28)))
    usual[:, np.arange(28) % 7 >= 5] *= weekend
    found = backtest(covered(rng.poisson(usual)), [day(column) for column in range(28)])
    assert (found.rule == "").all()
    assert found.judged[:, 8:].all()


BANKS = 16


def invited():
    """Reviews of banks by invitation: hardly any, then hundreds in some days, a constant share of 8 % negative."""
    rng = np.random.default_rng(3)
    usual = np.full((BANKS, 300), 2.0)
    for row in usual:
        for begin in rng.integers(300, size=8):
            row[begin : begin + rng.integers(2, 7)] = rng.uniform(40, 200)
    posts = rng.poisson(usual)
    return covered(rng.binomial(posts, 0.08)), covered(posts)


def test_bursts_of_invited_reviews_with_a_constant_share_are_no_news():
    """Chance alone fires now and then on a handful of reviews; no burst does, and their number would all the time."""
    (hits, posts), days = invited(), [day(column) for column in range(60, 300)]
    shares, counts = backtest_shares(hits, posts, days), backtest(hits, days)
    years = shares.judged.sum() / 365
    by_share, by_number = (sum(len(alerts(row)) for row in one.rule != "") / years for one in (shares, counts))
    assert not (shares.rule != "")[shares.expected >= 10].any()
    assert by_share < 1
    assert by_number > 4
