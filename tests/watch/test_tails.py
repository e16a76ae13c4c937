import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from umot.watch.tails import hits_tail, hits_threshold, none_at_all, upper_tail, upper_threshold

MEANS = st.floats(0.01, 200)
DISPERSIONS = st.one_of(st.just(1.0), st.floats(1.01, 20))


def chance(y: float, mean: float, dispersion: float) -> float:
    return float(upper_tail(np.array(y), np.array(mean), np.array(dispersion)))


def reference(mean: float, dispersion: float):
    if dispersion == 1:
        return stats.poisson(mean)
    return stats.nbinom(mean / (dispersion - 1), 1 / dispersion)


def test_poisson_by_hand():
    assert chance(1, 2.0, 1.0) == pytest.approx(1 - np.exp(-2))
    assert chance(2, 2.0, 1.0) == pytest.approx(1 - 3 * np.exp(-2))


def test_geometric_by_hand():
    # Mean 1 and variance 2 are a geometric distribution: half of what is left at every count.
    assert [chance(y, 1.0, 2.0) for y in range(5)] == pytest.approx([1, 0.5, 0.25, 0.125, 0.0625])


@settings(deadline=None)
@given(st.integers(0, 400), MEANS, DISPERSIONS)
def test_agrees_with_scipy(y, mean, dispersion):
    assert chance(y, mean, dispersion) == pytest.approx(reference(mean, dispersion).sf(y - 1), rel=1e-6, abs=1e-300)


@settings(deadline=None)
@given(MEANS, DISPERSIONS)
def test_nothing_is_what_one_or_more_leaves(mean, dispersion):
    nothing = float(none_at_all(np.array(mean), np.array(dispersion)))
    assert nothing == pytest.approx(1 - chance(1, mean, dispersion), abs=1e-9)


@settings(deadline=None)
@given(st.floats(1e-8, 0.2), MEANS, DISPERSIONS)
def test_threshold_is_the_first_count_beyond_the_level(level, mean, dispersion):
    y = float(upper_threshold(np.array(level), np.array(mean), np.array(dispersion)))
    assert chance(y, mean, dispersion) <= level * (1 + 1e-9)
    assert chance(y - 1, mean, dispersion) > level * (1 - 1e-9)


def test_nearly_poisson_is_poisson():
    assert chance(9, 3.0, 1 + 1e-7) == pytest.approx(chance(9, 3.0, 1.0), rel=1e-5)


POSTS = st.integers(1, 400)
SHARES = st.floats(0.005, 0.95)
CORRELATIONS = st.floats(1e-5, 0.4)


def hits_chance(y: float, posts: float, share: float, correlation: float) -> float:
    return float(hits_tail(*(np.array([part], float) for part in (y, posts, share, correlation)))[0])


def test_hits_by_hand():
    # Share 1/2 and correlation 1/3 are a flat beta: every number of hits is as likely.
    assert [hits_chance(y, 4, 0.5, 1 / 3) for y in range(6)] == pytest.approx([1, 0.8, 0.6, 0.4, 0.2, 0])


@settings(deadline=None)
@given(st.data(), POSTS, SHARES, CORRELATIONS)
def test_hits_agree_with_scipy(data, posts, share, correlation):
    y = data.draw(st.integers(0, posts))
    alpha, beta = (part * (1 - correlation) / correlation for part in (share, 1 - share))
    reference = stats.betabinom.pmf(np.arange(y, posts + 1), posts, alpha, beta).sum()
    assert hits_chance(y, posts, share, correlation) == pytest.approx(reference, rel=1e-6, abs=1e-300)


@settings(deadline=None)
@given(st.floats(1e-6, 0.1), POSTS, SHARES, CORRELATIONS)
def test_hits_threshold_is_the_first_number_beyond_the_level(level, posts, share, correlation):
    args = posts, share, correlation
    y = float(hits_threshold(*(np.array([part], float) for part in (level, *args)))[0])
    assert hits_chance(y, *args) <= level * (1 + 1e-9)
    assert hits_chance(y - 1, *args) > level * (1 - 1e-9)


def test_even_all_posts_may_be_too_few():
    assert hits_threshold(*(np.array([part]) for part in (1e-3, 2.0, 0.3, 0.01))) == [3]
