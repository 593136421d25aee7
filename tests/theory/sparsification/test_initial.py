import numpy as np
import pytest
from scipy import stats

from theory.model import Autoencoder
from theory.sparsification.initial import _integrated, excesses

MODEL = Autoencoder(n_features=1, n_neurons=1000, l1=1e-4)
DISTRIBUTIONS = {
    "norm": stats.norm(0, 0.3),
    "uniform": stats.uniform(-0.4, 0.8),
    "laplace": stats.laplace(0, 0.2),
    "t": stats.t(5, 0, 0.2),
    "shifted": stats.norm(0.1, 0.2),
    "gamma": stats.gamma(2.5, 0, 0.1),
}
LEVELS = np.array([0.0, 0.1, 0.3])


def sums(excess):
    return np.array([excess.active(LEVELS), excess.first(LEVELS), excess.second(LEVELS)])


@pytest.mark.parametrize("name", DISTRIBUTIONS)
def test_sums_are_those_of_a_large_sample(name):
    draws = DISTRIBUTIONS[name].rvs(size=400_000, random_state=1)
    above = np.maximum(np.abs(draws)[:, None] - LEVELS, 0.0)
    powers = np.array([(above > 0).astype(float), above, above**2]) * MODEL.n_neurons
    error = powers.std(axis=1) / np.sqrt(len(draws))
    predicted = sums(excesses(MODEL, DISTRIBUTIONS[name]))
    assert (np.abs(predicted - powers.mean(axis=1)) < 4.5 * error + 1e-12).all()
    np.testing.assert_allclose(sums(excesses(MODEL, draws)), powers.mean(axis=1), rtol=1e-10)


@pytest.mark.parametrize("name", ["norm", "laplace"])
def test_quadrature_agrees_with_closed_forms(name):
    weights = DISTRIBUTIONS[name]
    np.testing.assert_allclose(
        sums(_integrated(weights, MODEL.n_neurons, weights.std())), sums(excesses(MODEL, weights)), rtol=1e-10
    )


def test_quadrature_agrees_with_moments_of_a_heavy_tail():
    nu, scale = 5, 0.2
    mean = 2 * scale * nu / (nu - 1) * stats.t(nu).pdf(0)
    at_zero = sums(excesses(MODEL, DISTRIBUTIONS["t"]))[:, 0]
    np.testing.assert_allclose(at_zero, 1000 * np.array([1, mean, scale**2 * nu / (nu - 2)]), rtol=1e-9)


def test_default_is_the_normal_distribution_of_the_model():
    weights = stats.norm(0, MODEL.init_std)
    np.testing.assert_allclose(sums(excesses(MODEL)), sums(excesses(MODEL, weights)), rtol=1e-14)


@pytest.mark.parametrize("weights", [stats.t(2), stats.cauchy(), "normal", [], [np.nan]])
def test_bad_weights_are_named(weights):
    with pytest.raises(ValueError, match="weights must"):
        excesses(MODEL, weights)
