"""The statistics behind the verdicts: what they are worth, and their limits."""

import math

import numpy as np
import pytest

from umot.health.departures import chance_of_mix, chance_of_more, independent, likeness
from umot.health.quiet import forecast
from umot.watch.tails import none_at_all


def runs(random: np.random.Generator, alike: float, number: int = 400, posts: int = 40) -> np.ndarray:
    """Return counts of two kinds in runs whose posts have this intraclass correlation."""
    shares = random.beta(0.3 * (1 / alike - 1), 0.7 * (1 / alike - 1), number)
    bad = random.binomial(posts, shares)
    return np.stack([bad, posts - bad], axis=1)


@pytest.mark.parametrize("alike", [0.05, 0.1, 0.3])
def test_the_likeness_of_posts_in_a_run_is_found_again(alike: float) -> None:
    assert likeness(runs(np.random.default_rng(1), alike)) == pytest.approx(alike, rel=0.25)


def test_a_run_is_never_worth_more_than_fifty_independent_posts() -> None:
    alone = np.array([[10_000, 90_000]])
    assert likeness(alone) == 0.02
    assert independent(alone, 0.02).sum() == pytest.approx(50, rel=0.01)


def test_alike_posts_prove_less() -> None:
    recent = np.array([24, 16])
    random = np.random.default_rng(2)
    loose, dense = (chance_of_more(recent, runs(random, alike, 20)) for alike in (0.01, 0.3))
    assert loose < 0.01 < dense
    assert chance_of_more(np.array([0, 40]), runs(random, 0.1, 20)) == 1.0


def test_mixes_of_a_single_language_are_the_same() -> None:
    assert chance_of_mix(np.array([5, 0, 0]), np.array([[20, 0, 0]] * 5)) == 1.0
    assert chance_of_mix(np.array([0, 20, 0]), np.array([[20, 0, 0]] * 5)) < 1e-6


def test_a_long_past_gives_the_exact_chance_of_none() -> None:
    random = np.random.default_rng(3)
    steady = [(1.0, int(n)) for n in random.poisson(3, 5000)]
    expected, chance = forecast(steady, 2.0)
    assert expected == pytest.approx(6, rel=0.05)
    assert math.log(chance) == pytest.approx(math.log(float(none_at_all(np.array(6.0), np.array(1.0)))), rel=0.1)
    clumped = [(1.0, int(n)) for n in random.negative_binomial(3 / 3, 1 / 4, 5000)]  # variance four times the mean
    wanted = math.log(float(none_at_all(np.array(6.0), np.array(4.0))))
    assert math.log(forecast(clumped, 2.0)[1]) == pytest.approx(wanted, rel=0.2)


def test_a_short_past_is_trusted_less() -> None:
    short, long = ([(1.0, n) for _ in range(times) for n in (2, 4)] for times in (3, 100))
    assert forecast(short, 3.0)[0] == pytest.approx(forecast(long, 3.0)[0])
    assert forecast(short, 3.0)[1] > forecast(long, 3.0)[1]
    assert forecast([(1.0, 0)] * 20, 9.0) == (0.0, 1.0)
