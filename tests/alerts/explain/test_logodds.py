"""The score behind the words."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from umot.alerts.explain.logodds import Floats, highest_z, least_z, log_odds


def scored(found: int, of_found: int, before: int, of_before: int) -> tuple[float, float]:
    counts: list[Floats] = [np.array([float(n)]) for n in (found, of_found, before, of_before)]
    ratio, z = log_odds(*counts)
    return float(ratio[0]), float(z[0])


def score(found: int, of_found: int, before: int, of_before: int) -> float:
    return scored(found, of_found, before, of_before)[1]


def test_by_hand() -> None:
    """9 of 20 now, 4 of 490 before: a prior of 10 voters, and one vote of 50 * 10 / (10 + 490) = 1 voter."""
    prior = 10 * (9 + 5) / (20 + 491)
    now, not_now = 9 + prior, 30 - 9 - prior
    then, not_then = 5 + prior, 501 - 5 - prior
    expected = np.log(now / not_now * not_then / then) / np.sqrt(1 / now + 1 / not_now + 1 / then + 1 / not_then)
    assert np.isclose(score(9, 20, 4, 490), expected)


@given(st.integers(2, 200), st.integers(2, 400), st.data())
def test_the_ratio_rises_with_voters_now_and_falls_with_voters_before(
    of_found: int, of_before: int, data: st.DataObject
) -> None:
    found, before = data.draw(st.integers(0, of_found - 1)), data.draw(st.integers(0, of_before - 1))
    here, _ = scored(found, of_found, before, of_before)
    if here > 0:
        assert scored(found + 1, of_found, before, of_before)[0] > here
        assert scored(found, of_found, before + 1, of_before)[0] < here


def test_the_same_share_is_never_telling() -> None:
    assert all(abs(score(n, 2 * n, 10 * n, 20 * n)) < 1 for n in (1, 5, 50, 500))


def test_the_threshold_rises_with_the_terms_that_could_pass_it() -> None:
    common = 9.0
    assert least_z(np.full(1, common)) < least_z(np.full(100, common)) < least_z(np.full(100_000, common)) < 6


def test_terms_that_cannot_pass_leave_the_threshold_as_it_is() -> None:
    common, rare = np.full(20, 9.0), np.full(5_000, 1.0)
    assert least_z(np.concatenate([common, rare])) == least_z(common)


@given(st.integers(2, 80), st.integers(2, 300), st.data())
def test_hardly_any_split_of_a_terms_votes_scores_higher(of_found: int, of_before: int, data: st.DataObject) -> None:
    """A term that at most half of the voters use; of others a text is not known by its words."""
    votes = data.draw(st.integers(1, (of_found + of_before) // 2))
    found = data.draw(st.integers(max(0, votes - of_before), min(votes, of_found)))
    counts: list[Floats] = [np.array([float(n)]) for n in (found, of_found, votes - found, of_before)]
    assert highest_z(*counts)[0] >= min(log_odds(*counts)[1][0], 5) - 0.1


def test_chance_alone_passes_in_one_event_of_twenty() -> None:
    """Words with the frequencies of speech, the same in both times: any word at all that passes is a false one."""
    random = np.random.default_rng(3)
    shares = np.minimum(0.5, 0.6 / np.arange(1, 1_500))
    of_found, of_before, false, events = 40.0, 400.0, 0, 400
    for _ in range(events):
        found, before = (random.binomial(int(of), shares).astype(float) for of in (of_found, of_before))
        counts = found, np.full_like(found, of_found), before, np.full_like(found, of_before)
        false += bool((log_odds(*counts)[1] >= least_z(highest_z(*counts))).any())
    assert false <= 0.05 * events + 3 * np.sqrt(0.05 * 0.95 * events)


def test_a_word_that_everybody_uses_has_odds_too() -> None:
    everybody = np.array([10.0, 3.0])
    ratio, z = log_odds(everybody, everybody, np.array([100.0, 0.0]), np.array([100.0, 0.0]))
    assert np.isfinite(ratio).all()
    assert np.isfinite(z).all()
