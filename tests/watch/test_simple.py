from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest

from umot.watch.panel import Panel
from umot.watch.simple import EARS_C2, MEAN_2SD, backtest_moving

FIRST = date(2025, 1, 6)
WEEK = [1, 2, 3, 4, 5, 6, 7]
# Of 1 to 7: mean 4, standard deviation 2.16.


def judged(counts, rule, states=None, columns=None):
    counts = np.array([counts], float)
    states = np.full(counts.shape, 3, np.int8) if states is None else np.array([states], np.int8)
    columns = [counts.shape[1] - 1] if columns is None else columns
    return backtest_moving(Panel(FIRST, counts, states), [FIRST + timedelta(c) for c in columns], rule)


@pytest.mark.parametrize(("now", "fires"), [(8, False), (9, True)])
def test_mean_and_two_deviations_by_hand(now, fires):
    found = judged([*WEEK, now], MEAN_2SD)
    assert found.rule[0, 0] == ("mean + 2 sd" if fires else "")
    assert (found.expected[0, 0], found.threshold[0, 0], found.extra[0, 0]) == (4, 9, now - 4)


@pytest.mark.parametrize(("now", "fires"), [(10, False), (11, True)])
def test_c2_leaves_two_days_out_and_takes_three_deviations(now, fires):
    found = judged([*WEEK, 900, 900, now], EARS_C2)
    assert (found.rule[0, 0] != "", found.threshold[0, 0]) == (fires, 11)


def test_the_count_floor():
    one_post = [*[0] * 7, 1]
    assert judged(one_post, MEAN_2SD).rule[0, 0] == "mean + 2 sd"
    assert judged(one_post, replace(MEAN_2SD, fewest_posts=3)).rule[0, 0] == ""


def test_days_not_wholly_collected_are_left_out_of_the_window_and_not_judged():
    holes = [3, 1, 3, 2, 0, 3, 3, 3, 1]
    found = judged([1, 99, 3, 99, 99, 6, 7, 40, 40], MEAN_2SD, holes, [7, 8])
    assert found.expected[0, 0] == pytest.approx(17 / 4)
    assert found.rule[0].tolist() == ["mean + 2 sd", ""]
    assert found.judged[0].tolist() == [True, False]
    assert np.isnan(found.p[0, 1])


def test_two_days_are_enough_and_one_is_not():
    found = judged([1, 2, 9], MEAN_2SD, columns=[1, 2])
    assert found.judged[0].tolist() == [False, True]
    assert found.rule[0, 1] == "mean + 2 sd"


def test_p_is_the_normal_tail():
    found = judged([*WEEK, 4], MEAN_2SD)
    assert found.p[0, 0] == found.adjusted[0, 0] == 0.5
    assert judged([*[2] * 7, 3], MEAN_2SD).p[0, 0] == 0
