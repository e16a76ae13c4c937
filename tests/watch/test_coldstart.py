import numpy as np
import pytest

from umot.watch.coldstart import Pool, pool_of, predict


def after(pool, *counts):
    days = np.array([counts], float)
    (mean,), (dispersion,) = predict(pool, days, np.ones(days.shape, bool))
    return mean, dispersion


def test_prediction_by_hand():
    # Shape 2 over 4 days, then 10 posts in 6 days: 12 posts in 10 days.
    mean, dispersion = after(Pool(2.0, 4.0, 0.09), 1, 2, 2, 1, 2, 2)
    assert mean == pytest.approx(1.2)
    # The days vary less than chance: the least excess is believed.
    assert dispersion == pytest.approx((1 + 0.09 * 1.2) * (1 + 1 / 10))


def test_days_not_used_do_not_matter():
    used = np.array([[True] * 6, [True, True, True, False, True, True]])
    one, other = (predict(Pool(0.5, 0.0, 0.3), np.array([[5.0] * 6, [5, 6, 4, x, 5, 7]]), used) for x in (0, 900))
    assert np.array(one) == pytest.approx(np.array(other))


def excess(*counts, others=()):
    days = np.array([counts, *others], float)
    mean, dispersion = predict(Pool(0.5, 0.0, 0.3), days, np.ones(days.shape, bool))
    return (dispersion[0] / (1 + 1 / len(counts)) - 1) / mean[0]


def test_hundreds_a_day_say_how_much_days_vary_and_a_few_do_not():
    steady, wild = (210, 190, 200, 205, 195), (100, 300, 200, 60, 340)
    assert excess(*steady) < 0.2 < excess(*wild)
    assert excess(1, 0, 1, 2, 1) == pytest.approx(0.3, abs=0.05)


def test_other_young_series_lend_their_steadiness():
    steady = (210, 190, 200, 205, 195)
    assert excess(*steady, others=[steady] * 5) < excess(*steady)


def test_days_are_never_taken_to_vary_less_than_weekdays_may():
    assert excess(*[200] * 30, others=[[200] * 30] * 9) == pytest.approx(0.09)


def test_the_pool_takes_the_mean_and_the_variance_of_the_rates():
    rates = np.array([1.0, 10, 30] * 5)
    pool = pool_of(rates, np.ones(15))
    assert pool.shape / pool.days == pytest.approx(rates.mean())
    assert pool.shape / pool.days**2 == pytest.approx(rates.var(ddof=1))


def test_series_like_each_other_pull_a_young_one_to_them_by_two_days_at_most():
    alike, mixed = pool_of(np.linspace(4.5, 5.5, 20), np.ones(20)), pool_of(np.geomspace(0.1, 100, 20), np.ones(20))
    (near, _), (far, _) = (after(pool, 1, 1, 1, 1, 1) for pool in (alike, mixed))
    assert near == pytest.approx((5 + 2 * 5) / 7)
    assert abs(far - 1) < 0.2


def test_without_older_series_the_prior_is_vague():
    mean, dispersion = after(pool_of(np.array([3.0]), np.array([1.0])), 0, 0, 0, 0, 0)
    assert mean == pytest.approx(0.1)
    assert dispersion > 1
