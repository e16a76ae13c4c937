import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from umot.watch.cusum import cusum, cusum_threshold, log_ratio


def test_poisson_by_hand():
    assert log_ratio(np.array(7.0), np.array(3.0), np.array(1.0), 2.0) == pytest.approx(7 * np.log(2) - 3, abs=1e-6)


@settings(deadline=None)
@given(st.integers(0, 100), st.floats(0.1, 50), st.floats(1.05, 8), st.floats(1.2, 5))
def test_is_the_ratio_of_two_negative_binomials_of_one_size(y, mean, dispersion, factor):
    size = mean / (dispersion - 1)
    risen, usual = (stats.nbinom.logpmf(y, size, size / (size + m)) for m in (factor * mean, mean))
    ours = log_ratio(np.array(y), np.array(mean), np.array(dispersion), factor)
    assert ours == pytest.approx(risen - usual, rel=1e-6, abs=1e-6)


def backward_sums(counts, mean):
    return np.cumsum(counts, 1, dtype=float), np.cumsum(np.full(counts.shape, mean), 1)


@pytest.mark.parametrize("level", [0.2, 0.05, 0.01])
def test_unchanged_series_reach_a_p_at_most_that_often(level):
    mean, dispersion = 1.5, 1.8
    counts = np.random.default_rng(3).negative_binomial(mean / (dispersion - 1), 1 / dispersion, (20_000, 28))
    p, _ = cusum(*backward_sums(counts, mean), np.array(dispersion), 2.0)
    assert 0.1 * level < (p <= level).mean() <= level


def test_says_since_when():
    counts = np.array([[4, 4, 4, 4, 4, 4, 1, 1, 1, 1, 1, 1]])
    p, days = cusum(*backward_sums(counts, 1.0), np.array(1.0), 2.0)
    assert days == [6]
    assert p == pytest.approx(np.exp(6 - 24 * np.log(2)))


@settings(deadline=None)
@given(st.floats(1e-6, 0.1), st.floats(0.5, 300), st.floats(1, 6))
def test_threshold_is_the_first_count_that_reaches_the_level(level, mean, dispersion):
    args = np.array(mean), np.array(dispersion), 2.0
    enough = float(cusum_threshold(np.array(level), *args))
    reached, short = (np.exp(-log_ratio(np.array(y), *args)) for y in (enough, enough - 1))
    assert reached <= level * (1 + 1e-6)
    assert short > level * (1 - 1e-6)
