import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from umot.watch.discovery import adjusted, cut

P_VALUES = st.lists(st.floats(0, 1), min_size=1, max_size=40).map(np.array)


def test_by_hand():
    # 0.01 * 4/1, 0.02 * 4/2, 0.03 * 4/3, each at most what the next one gets.
    assert adjusted(np.array([0.03, 0.01, 0.5, 0.02])) == pytest.approx([0.04, 0.04, 0.5, 0.04])


@settings(deadline=None)
@given(P_VALUES)
def test_agrees_with_scipy(p):
    assert adjusted(p) == pytest.approx(stats.false_discovery_control(p, method="bh"))


@settings(deadline=None)
@given(P_VALUES, st.floats(0.01, 0.5))
def test_what_passes_lies_within_the_cut(p, rate):
    passes = adjusted(p) <= rate * (1 - 1e-9)
    assert (p[passes] <= cut(p, rate)).all()
    assert (p[adjusted(p) > rate * (1 + 1e-9)] > cut(p, rate) * (1 - 1e-9)).all()


def test_series_not_looked_at_do_not_count():
    with_gaps = adjusted(np.array([np.nan, 0.01, np.nan, 0.04]))
    assert with_gaps[[1, 3]] == pytest.approx(adjusted(np.array([0.01, 0.04])))
    assert np.isnan(with_gaps[[0, 2]]).all()
    assert cut(np.array([np.nan]), 0.2) == 0.2
