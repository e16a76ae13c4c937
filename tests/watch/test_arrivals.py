import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from umot.watch.arrivals import arrived_share


def test_without_hours_the_day_is_even():
    assert arrived_share(np.zeros((2, 24)), 6) == pytest.approx([0.25, 0.25])


def test_a_busy_series_has_its_own_pattern():
    evening = np.zeros((1, 24))
    evening[0, 18:] = 2000
    assert arrived_share(evening, 12)[0] < 0.01
    assert arrived_share(evening, 21)[0] == pytest.approx(0.5, abs=0.01)


def test_a_quiet_series_leans_on_the_others():
    hours = np.zeros((2, 24))
    hours[0, 18:] = 2000
    assert arrived_share(hours, 12)[1] < 0.01


@settings(deadline=None)
@given(st.lists(st.integers(0, 1000), min_size=24, max_size=24), st.floats(0, 24), st.floats(0, 24))
def test_shares_grow_from_nothing_to_all(hours, one, other):
    posts = np.array([hours], float)
    early, late = (arrived_share(posts, at)[0] for at in sorted((one, other)))
    assert -1e-9 <= early <= late + 1e-9 <= 1 + 2e-9
    assert arrived_share(posts, 0) == pytest.approx([0])
    assert arrived_share(posts, 24) == pytest.approx([1])
