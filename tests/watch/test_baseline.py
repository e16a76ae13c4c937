import numpy as np
import pytest
from scipy import optimize

from umot.watch.baseline import Prior, design, fit

DAYS = 182
AGES = np.arange(DAYS + 7, 7, -1)
WEEKDAYS = np.arange(DAYS) % 7
TERMS = design(WEEKDAYS, AGES, 91)
NEXT = design(np.arange(DAYS, DAYS + 7) % 7, np.arange(7, 0, -1), 91)
NEVER = 1e9


def fitted(counts, weights=None, unusual=NEVER):
    counts = np.atleast_2d(np.asarray(counts, float))
    weights = np.ones(counts.shape) if weights is None else np.atleast_2d(weights)
    return fit(counts, weights, TERMS, Prior(), unusual)


def test_maximises_the_penalised_likelihood():
    counts = np.random.default_rng(1).poisson(0.8, DAYS).astype(float)
    centre = np.r_[np.log((counts.sum() + 0.5) / (DAYS + 1)), np.zeros(8)]
    deviations = np.r_[3.0, [0.3] * 7, 0.3]

    def loss(b):
        return np.exp(TERMS @ b).sum() - counts @ TERMS @ b + 0.5 * (((b - centre) / deviations) ** 2).sum()

    best = optimize.minimize(loss, centre, method="BFGS", options={"gtol": 1e-7}).x
    assert fitted(counts).coefficients[0] == pytest.approx(best, abs=1e-4)


def test_learns_weekdays_and_trend():
    weekday = np.array([1.0, 1, 1, 1, 1, 0.4, 0.4])
    truth = 60 * np.exp(0.3 * (1 - AGES / 91)) * weekday[WEEKDAYS]
    expected = fitted(truth).mean(NEXT)[0]
    ahead = 60 * np.exp(0.3 * (1 - np.arange(7, 0, -1) / 91)) * weekday[np.arange(DAYS, DAYS + 7) % 7]
    assert expected == pytest.approx(ahead, rel=0.05)


def test_dispersion_is_that_of_the_counts():
    rng = np.random.default_rng(2)
    poisson, wide = rng.poisson(5, (40, DAYS)), rng.negative_binomial(5 / 2, 1 / 3, (40, DAYS))
    assert fitted(poisson).dispersion.mean() == pytest.approx(1, abs=0.1)
    assert fitted(wide).dispersion.mean() == pytest.approx(3, rel=0.1)


def test_a_past_outbreak_is_not_the_new_normal():
    quiet = np.random.default_rng(3).poisson(4, DAYS).astype(float)
    outbreak = quiet.copy()
    outbreak[120:127] += 40
    clean, naive, wise = (fitted(*case).mean(NEXT).mean() for case in ((quiet,), (outbreak,), (outbreak, None, 2.58)))
    assert naive > 1.3 * clean
    assert wise < 1.15 * clean


def test_days_of_weight_zero_do_not_matter():
    counts = np.random.default_rng(4).poisson(3, DAYS).astype(float)
    weights = np.ones(DAYS)
    weights[50:60] = 0
    changed = np.where(weights > 0, counts, 500.0)
    assert fitted(changed, weights, 2.58).mean(NEXT) == pytest.approx(fitted(counts, weights, 2.58).mean(NEXT))


def test_a_series_does_not_depend_on_its_neighbours():
    counts = np.random.default_rng(5).poisson(2, (3, DAYS)).astype(float)
    alone = fitted(counts[1], unusual=2.58)
    together = fitted(counts, unusual=2.58)
    assert together.coefficients[1] == pytest.approx(alone.coefficients[0])
    assert together.dispersion[1] == pytest.approx(alone.dispersion[0])


@pytest.mark.parametrize("counts", [np.zeros(DAYS), np.eye(DAYS)[90], np.eye(DAYS)[90] * 1e5])
def test_hardly_any_posts_give_small_finite_numbers(counts):
    found = fitted(counts, unusual=2.58)
    assert np.isfinite(found.coefficients).all()
    assert np.isfinite(found.dispersion).all()


def test_few_posts_leave_the_level_uncertain():
    rng = np.random.default_rng(6)
    rare, common = fitted(rng.poisson(0.2, DAYS)), fitted(rng.poisson(20, DAYS))
    assert rare.relative_variance(NEXT[0])[0] > 10 * common.relative_variance(NEXT[0])[0]
