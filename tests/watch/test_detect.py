"""Panels of twenty ordinary series of about four posts a day, and one in which something happens."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from umot.watch.detect import backtest, judge
from umot.watch.panel import Panel
from umot.watch.settings import DAILY, WEEKLY

FIRST = date(2025, 1, 6)
DAYS = 260
COVERED, PARTIAL, MISSING, UNKNOWN = 3, 2, 1, 0


def day(column):
    return FIRST + timedelta(column % DAYS)


LAST = day(-1)


@pytest.fixture
def counts():
    return np.random.default_rng(11).poisson(4.0, (20, DAYS)).astype(float)


@pytest.fixture
def states():
    return np.full((20, DAYS), COVERED, np.int8)


def panel(counts, states):
    return Panel(FIRST, counts, states)


def test_ordinary_days_are_ordinary(counts, states):
    found = backtest(panel(counts, states), [day(c) for c in range(200, DAYS)])
    assert found.judged.all()
    assert (found.rule != "").sum() < DAILY.level * found.rule.size
    assert found.expected.mean() == pytest.approx(4, rel=0.05)


def test_a_peak_is_found_and_explained(counts, states):
    counts[7, -1] = 21
    found = judge(panel(counts, states), LAST)
    assert (found.rule[7], found.days[7], found.observed[7]) == ("peak", 1, 21)
    assert found.extra[7] == pytest.approx(21 - found.expected[7])
    assert found.expected[7] == pytest.approx(4, abs=1.5)
    assert found.p[7] <= found.adjusted[7] < 0.01
    assert not found.cold_start[7]
    assert (found.rule[np.arange(20) != 7] == "").all()


@pytest.mark.parametrize("settings", [DAILY, WEEKLY])
def test_the_threshold_is_where_it_starts_to_fire(counts, states, settings):
    limit = judge(panel(counts, states), LAST, settings).threshold[3]
    window = min(settings.windows)
    others = counts[3, DAYS - window : -1].sum()
    fired = []
    for sum_of_window in (limit, limit - 1):
        counts[3, -1] = sum_of_window - others
        # The CUSUM has a threshold of its own.
        fired.append(judge(panel(counts, states), LAST, replace(settings, burn_factor=1.0001)).rule[3] != "")
    assert fired == [True, False]


def test_three_days_of_some_more_are_a_burst(states):
    counts = np.random.default_rng(12).poisson(1.0, (20, DAYS)).astype(float)
    counts[0, -3:] = 5
    found = judge(panel(counts, states), LAST)
    assert (found.rule[0], found.days[0], found.observed[0]) == ("burst", 3, 15)


def test_weeks_of_a_little_more_are_a_slow_burn(counts, states):
    counts[0, -10:] += 5
    found = judge(panel(counts, states), LAST)
    assert found.rule[0] == "slow burn"
    assert 9 <= found.days[0] <= 12
    assert found.observed[0] == counts[0, -found.days[0] :].sum() >= found.threshold[0]


def test_weekly_counts_the_week(counts, states):
    counts[0, -7:] += 4
    found = judge(panel(counts, states), LAST, WEEKLY)
    assert (found.rule[0], found.days[0]) == ("week", 7)
    assert found.observed[0] == counts[0, -7:].sum()


def test_fewer_posts_than_the_floor_never_fire(states):
    counts = np.zeros((20, DAYS))
    counts[:, 10] = 1
    counts[0, -1] = DAILY.fewest_posts - 1
    assert (judge(panel(counts, states), LAST).rule == "").all()
    counts[0, -1] = DAILY.fewest_posts
    assert judge(panel(counts, states), LAST).rule[0] == "peak"


def test_silence_says_since_when(counts, states):
    counts[5, -4:] = 0
    counts[5, -5] = 2
    found = judge(panel(counts, states), LAST)
    assert (found.rule[5], found.days[5], found.observed[5]) == ("silence", 4, 0)
    assert found.expected[5] == pytest.approx(16, rel=0.3)
    assert found.extra[5] == -found.expected[5]


@pytest.mark.parametrize("state", [MISSING, UNKNOWN])
def test_a_hole_is_no_silence_no_recovery_and_no_zero(counts, states, state):
    counts[5, -10:-3] = 0
    states[5, -10:-3] = state
    known = judge(panel(counts, states), LAST)
    assert known.rule[5] == ""
    assert known.expected[5] == pytest.approx(4, abs=1.5)
    within = judge(panel(counts, states), day(-4))
    assert not within.judged[5]
    assert within.rule[5] == ""
    assert np.isnan(within.p[5])


def test_what_stands_in_a_hole_does_not_matter(counts, states):
    states[5, 150:200] = MISSING
    other = counts.copy()
    other[5, 150:200] = 900
    one, two = judge(panel(counts, states), LAST), judge(panel(other, states), LAST)
    assert one.p == pytest.approx(two.p)
    assert one.expected == pytest.approx(two.expected)


def test_a_day_collected_in_part_can_be_high_but_not_silent(counts, states):
    states[:, -4:] = PARTIAL
    counts[5, -4:] = 0
    counts[6, -1] = 25
    found = judge(panel(counts, states), LAST)
    assert (found.rule[5], found.rule[6]) == ("", "peak")


@pytest.mark.parametrize("before", [COVERED, UNKNOWN])
def test_a_series_that_starts_is_not_a_spike(counts, states, before):
    counts[5, : DAYS - 12] = 0
    states[5, : DAYS - 12] = before
    counts[5, DAYS - 12 :] = 40
    found = backtest(panel(counts, states), [day(c) for c in range(DAYS - 13, DAYS)])
    assert (found.rule[5] == "").all()
    assert not found.judged[5, :6].any()
    assert found.cold_start[5, -1]


def test_a_young_series_is_judged_cautiously_and_says_so(counts, states):
    counts[5, : DAYS - 14] = 0
    states[5, : DAYS - 14] = UNKNOWN
    counts[5:7, -1] = 25
    found = judge(panel(counts, states), LAST)
    assert (found.rule[5], found.rule[6]) == ("peak", "peak")
    assert (found.cold_start[5], found.cold_start[6]) == (True, False)
    assert found.p[5] > found.p[6]


def test_young_series_alone_can_be_judged():
    counts = np.array([[2.0, 1, 3, 2, 1, 2, 3, 1, 24]])
    found = judge(Panel(FIRST, counts, np.full(counts.shape, COVERED, np.int8)), day(8))
    assert found.rule[0] == "peak"
    assert found.cold_start[0]


def test_an_incomplete_day_is_judged_by_what_has_arrived(counts, states):
    counts[5, -1] = 10
    counts[6, -1] = 0
    early, late = (judge(panel(counts, states), LAST, share=share) for share in (0.1, 1.0))
    assert (early.rule[5], late.rule[5]) == ("peak", "")
    assert early.expected[5] == pytest.approx(late.expected[5] / 10)
    assert early.rule[6] == ""


def test_a_day_that_is_not_over_is_no_silence(counts, states):
    counts[5, -1] = 0
    counts[6, -4:] = 0
    counts[7, -1] = 1
    for mean in (10.0, 40.0):
        found = judge(panel(counts * mean / 4, states), LAST, share=0.98)
        assert list(found.rule[5:8]) == ["", "silence", ""]
        assert (found.days[6], found.observed[6]) == (4, 0)
        assert found.expected[6] == pytest.approx(3 * mean, rel=0.3)


def test_each_series_may_have_its_own_share(counts, states):
    counts[:2, -1] = 10
    share = np.ones(20)
    share[0] = 0.1
    assert list(judge(panel(counts, states), LAST, share=share).rule[:2]) == ["peak", ""]


def test_many_series_need_more_evidence(counts, states):
    counts[5, -1] = judge(panel(counts[5:6], states[5:6]), LAST).threshold[0]
    assert judge(panel(counts[5:6], states[5:6]), LAST).rule[0] != ""
    crowd = np.vstack([counts, np.random.default_rng(13).poisson(4.0, (2000, DAYS))])
    found = judge(panel(crowd, np.full(crowd.shape, COVERED, np.int8)), LAST)
    assert found.rule[5] == ""
    assert found.threshold[5] > counts[5, -1]


def test_a_backtest_sees_what_each_day_saw(counts, states):
    counts[5, 240] = 30
    days = [day(c) for c in range(236, 246)]
    tested = backtest(panel(counts, states), days)
    for column, one in enumerate(days):
        known = Panel(FIRST, counts[:, : 237 + column], states[:, : 237 + column])
        alone = judge(known, one)
        assert list(tested.rule[:, column]) == list(alone.rule)
        assert tested.p[:, column] == pytest.approx(alone.p)
        assert tested.threshold[:, column] == pytest.approx(alone.threshold, nan_ok=True)


def test_days_may_lie_outside_the_panel_only_with_a_message(counts, states):
    with pytest.raises(ValueError, match="expected a day from 2025-01-06 to 2025-09-22"):
        judge(panel(counts, states), FIRST - timedelta(1))


def test_a_panel_is_made_of_coverage_states():
    made = Panel.of(FIRST, [[1, 2, 3, 0]], [["unknown", "covered", "partial", "missing"]])
    assert made.states.tolist() == [[UNKNOWN, COVERED, PARTIAL, MISSING]]
    assert made.whole().tolist() == [[False, False, False, False]]
    assert made.seen().tolist() == [[False, False, True, False]]
    with pytest.raises(ValueError, match="same shape"):
        Panel.of(FIRST, [[1, 2]], [["covered"]])
