import numpy as np
import pytest

from umot.watch.coldstart import Pool, pool_of, predict


def test_prediction_by_hand():
    # Shape 2 over 4 days, then 10 posts in 6 days: 12 posts in 10 days.
    mean, dispersion = predict(Pool(2.0, 4.0, 0.5), np.array([10.0]), np.array([6.0]))
    assert mean == pytest.approx([1.2])
    assert dispersion == pytest.approx([(1 + 0.5 * 1.2) * (1 + 1 / 10)])


def test_the_pool_takes_the_mean_and_the_variance_of_the_rates():
    rates = np.array([1.0, 10, 30] * 5)
    pool = pool_of(rates, np.ones(15))
    assert pool.shape / pool.days == pytest.approx(rates.mean())
    assert pool.shape / pool.days**2 == pytest.approx(rates.var(ddof=1))


def test_series_like_each_other_pull_a_young_one_to_them_by_two_days_at_most():
    alike, mixed = pool_of(np.linspace(4.5, 5.5, 20), np.ones(20)), pool_of(np.geomspace(0.1, 100, 20), np.ones(20))
    (near,), (far,) = (predict(pool, np.array([5.0]), np.array([5.0]))[0] for pool in (alike, mixed))
    assert near == pytest.approx((5 + 2 * 5) / 7)
    assert abs(far - 1) < 0.2


def test_without_older_series_the_prior_is_vague():
    mean, dispersion = predict(pool_of(np.array([3.0]), np.array([1.0])), np.array([0.0]), np.array([5.0]))
    assert mean == pytest.approx([0.1])
    assert dispersion > 1
