"""Panels judged together: one false-discovery control over all of their series."""

from dataclasses import fields
from datetime import date, timedelta

import numpy as np
import pytest

from umot.watch.detect import Counts, backtest, judge
from umot.watch.discovery import adjusted
from umot.watch.judgements import Judgements
from umot.watch.panel import Panel
from umot.watch.shares import Shares, judge_shares
from umot.watch.together import backtest_together, judge_together

FIRST = date(2025, 1, 6)
DAYS = 220
LAST = FIRST + timedelta(DAYS - 1)


def panel(seed, series, mean=4.0, first=FIRST):
    counts = np.random.default_rng(seed).poisson(mean, (series, DAYS)).astype(float)
    return Panel(first, counts, np.full(counts.shape, 3, np.int8))


def shares(seed, series):
    totals = panel(seed, series, 10.0)
    hits = np.random.default_rng(seed).binomial(totals.counts.astype(int), 0.1).astype(float)
    return Shares(Panel(FIRST, hits, totals.states), totals)


def same(one, other):
    for part in fields(Judgements):
        ours, theirs = getattr(one, part.name), getattr(other, part.name)
        if ours.dtype.kind == "f":
            assert ours == pytest.approx(theirs, nan_ok=True)
        else:
            assert (ours == theirs).all()


def test_one_panel_in_two_parts_is_one_panel():
    whole = panel(1, 30)
    whole.counts[3, -1] = 17
    whole.counts[20, -5:] = 0
    parts = [Panel(FIRST, whole.counts[rows], whole.states[rows]) for rows in (slice(0, 10), slice(10, 30))]
    found = judge_together([Counts(part) for part in parts], LAST)
    joined = Judgements(*(np.concatenate([getattr(one, part.name) for one in found]) for part in fields(Judgements)))
    same(joined, judge(whole, LAST))
    assert (joined.rule[3], joined.rule[20]) == ("peak", "silence")


def test_counts_and_shares_share_one_control():
    counts, watched = Counts(panel(2, 15)), shares(3, 5)
    one, other = judge_together([counts, watched], LAST)
    p = np.concatenate([one.p, other.p])
    assert np.concatenate([one.adjusted, other.adjusted]) == pytest.approx(adjusted(p))
    assert other.p == pytest.approx(judge_shares(watched.hits, watched.totals, LAST).p)


def test_a_finding_among_few_series_is_none_among_many():
    few = panel(4, 2)
    few.counts[0, -1] = judge(few, LAST).threshold[0]
    assert judge(few, LAST).rule[0] != ""
    found, _ = judge_together([Counts(few), Counts(panel(5, 3000))], LAST)
    assert found.rule[0] == ""
    assert found.threshold[0] > few.counts[0, -1]


def test_panels_may_begin_on_different_days():
    early, late = panel(6, 3), panel(7, 4, first=FIRST + timedelta(10))
    days = [LAST - timedelta(back) for back in (9, 8, 1, 0)]
    one, other = backtest_together([Counts(early), Counts(late)], days)
    assert (one.rule.shape, other.rule.shape) == ((3, 4), (4, 4))
    assert one.p == pytest.approx(backtest(early, days).p)


def test_a_backtest_is_each_day_by_itself():
    watched, days = [Counts(panel(8, 4)), shares(9, 3)], [LAST - timedelta(back) for back in range(9, -1, -1)]
    tested = backtest_together(watched, days)
    for column, day in enumerate(days):
        for one, alone in zip(tested, judge_together(watched, day), strict=True):
            assert one.p[:, column] == pytest.approx(alone.p)
            assert one.threshold[:, column] == pytest.approx(alone.threshold, nan_ok=True)
