import numpy as np
import pytest
from scipy import integrate, optimize, stats

from theory import two_layer


def integrated_loss(weights, biases, eps, std):
    """Mean squared error of a response by quadrature over feature and interference."""
    x, wx = np.polynomial.legendre.leggauss(40)
    x, wx = (x + 1) / 2, wx / 2
    u = np.linspace(-9 * std, 1 + 9 * std, 40001)
    response = sum(w * np.maximum(u + b, 0) for w, b in zip(weights, biases, strict=True))
    law = stats.norm(0, std)
    off = integrate.simpson(response**2 * law.pdf(u), x=u)
    on = [integrate.simpson((at - response) ** 2 * law.pdf(u - at), x=u) for at in x]
    return (1 - eps) * off + eps * (wx @ on)


def bayes_loss(eps, std):
    """Loss of the best response of any shape, the posterior mean."""
    u = np.linspace(-9 * std, 1 + 9 * std, 4001)
    x, wx = np.polynomial.legendre.leggauss(200)
    x, wx = (x + 1) / 2, wx / 2
    on = stats.norm(0, std).pdf(u[:, None] - x)  # density of u while the feature is on at x
    seen = (1 - eps) * stats.norm(0, std).pdf(u) + eps * on @ wx
    return eps / 3 - integrate.simpson((eps * on @ (wx * x)) ** 2 / seen, x=u)


@pytest.mark.parametrize(("eps", "std"), [(1 / 64, 0.2), (0.3, 0.5), (1.0, 0.1)])
@pytest.mark.parametrize(
    ("weights", "biases"), [([1.3], [-0.3]), ([1.0], [0.2]), ([2.0, -1.5], [-0.3, -0.6]), ([1, 1], [-0.5, 0])]
)
def test_loss_is_exact(eps, std, weights, biases):
    expected = integrated_loss(weights, biases, eps, std)
    assert two_layer.loss(weights, biases, eps, std) == pytest.approx(expected, rel=1e-7)


@pytest.mark.parametrize(("eps", "std"), [(1 / 64, 0.2), (1 / 64, 0.05), (0.1, 0.3), (0.9, 0.2)])
def test_best_responses(eps, std):
    one, two = (two_layer.best_response(eps, std, k) for k in (1, 2))
    for found in (one, two):
        assert two_layer.loss(found.weights, found.biases, eps, std) == pytest.approx(found.loss, rel=1e-9)
        start = np.concatenate([found.weights, found.biases])
        rough = optimize.minimize(
            lambda x: two_layer.loss(*np.split(x, 2), eps, std),
            0.9 * start,
            method="Nelder-Mead",
            options={"maxiter": 4000},
        )
        assert found.loss <= rough.fun * (1 + 1e-9)
    assert bayes_loss(eps, std) < two.loss < one.loss < eps / 3
    # two neurons come close to the best response of any shape
    assert two.loss - bayes_loss(eps, std) < 0.6 * (one.loss - bayes_loss(eps, std))


def test_two_neurons_classify_first_and_measure_then():
    steep, gentle = two_layer.best_response(1 / 64, 0.05, 2).weights.cumsum()
    assert steep > 2
    assert gentle == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("std", [0.05, 0.2, 0.5])
def test_bias_is_negative_below_the_critical_probability(std):
    critical = two_layer.critical_probability(std)
    for factor, sign in ((0.9, -1), (1 + 0.1 * (1 - critical), 1)):
        assert np.sign(two_layer.best_response(factor * critical, std).biases[0]) == sign
    assert two_layer.best_response(critical, std).biases[0] == pytest.approx(0, abs=1e-4)


def test_critical_probability_for_small_interference():
    stds = np.array([0.02, 0.01, 0.005])
    left = [1 - two_layer.critical_probability(s) - np.sqrt(2 * np.pi) * s for s in stds]
    np.testing.assert_allclose(np.divide(left[:-1], left[1:]), 4, rtol=0.1)  # of order s²
    assert two_layer.critical_probability(1.0) == 0


def test_interference_of_projected_features():
    rng = np.random.default_rng(0)
    N, m_in, eps, squares = 200, 20, 0.05, []
    for _ in range(200):
        columns = rng.normal(size=(m_in, N))
        columns /= np.linalg.norm(columns, axis=0)
        x = rng.uniform(size=(50, N)) * (rng.uniform(size=(50, N)) < eps)
        squares.append(np.mean((x[:, 1:] @ columns[:, 1:].T @ columns[:, 0]) ** 2))
    expected = two_layer.interference_std(N, m_in, eps) ** 2
    assert abs(np.mean(squares) - expected) < 4 * np.std(squares) / np.sqrt(len(squares))


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: two_layer.best_response(0.0, 0.1), "probability"),
        (lambda: two_layer.best_response(1.5, 0.1), "probability"),
        (lambda: two_layer.best_response(0.1, 0.0), "std"),
        (lambda: two_layer.best_response(0.1, 0.1, 3), "n_neurons"),
        (lambda: two_layer.loss([1.0], [1.0, 2.0], 0.1, 0.1), "biases"),
        (lambda: two_layer.interference_std(0, 3, 0.1), "n_features"),
    ],
)
def test_bad_arguments_are_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()
