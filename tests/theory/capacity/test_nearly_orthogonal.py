import numpy as np
import pytest
from scipy import integrate

from theory import capacity
from theory.capacity import nearly_orthogonal
from theory.derivation import function


def directions(rng, n, m):
    W = rng.normal(size=(n, m))
    return W / np.linalg.norm(W, axis=1, keepdims=True)


def inner_products(W):
    return np.abs(W @ W.T)[np.triu_indices(len(W), 1)]


@pytest.mark.parametrize(("m", "coherence"), [(2, 0.5), (7, 0.3), (50, 0.2), (300, 0.15)])
def test_failures_are_the_tail_of_the_density(m, coherence):
    density = function(nearly_orthogonal.DENSITY, nearly_orthogonal.x, nearly_orthogonal.m)
    tail, _ = integrate.quad(density, coherence, 1, args=(m,), epsabs=0, epsrel=1e-11, points=[2 * coherence])
    assert capacity.failures(3, m, coherence) == pytest.approx(3 * 2 * tail, rel=1e-8)


def test_failures_of_a_random_construction():
    rng = np.random.default_rng(0)
    n, m, coherence = 60, 100, 0.3
    counts = np.array([(inner_products(directions(rng, n, m)) > coherence).sum() for _ in range(400)])
    expected = capacity.failures(n, m, coherence)
    assert abs(counts.mean() - expected) < 4 * np.sqrt(expected / len(counts))
    success = np.exp(-expected)
    assert abs((counts == 0).mean() - success) < 4 * np.sqrt(success * (1 - success) / len(counts))


@pytest.mark.parametrize(("m", "coherence"), [(50, 0.5), (200, 0.3), (400, 0.25)])
def test_the_promised_number_fits(m, coherence):
    n = int(capacity.features(m, coherence))
    assert n > 20
    assert capacity.failures(n, m, coherence) < 1
    rng = np.random.default_rng(1)
    assert any(inner_products(directions(rng, n, m)).max() <= coherence for _ in range(20))


def test_more_fit_when_chosen_one_by_one():
    m, coherence = 40, 0.4
    rng = np.random.default_rng(2)
    promised, chosen = int(capacity.features_chosen(m, coherence)), []
    for candidate in rng.choice([-1.0, 1.0], (3000, m)) / np.sqrt(m):
        if all(abs(candidate @ other) <= coherence for other in chosen):
            chosen.append(candidate)
    assert len(chosen) >= promised


def test_constant_of_the_exponent():
    # log of the number at which half of all random draws succeed, per m ε²: 1/4 from above as m grows
    ratios = []
    for m in (500, 2000, 8000):
        coherence = 0.2
        pair = capacity.failures(2, m, coherence)
        n = np.sqrt(2 * np.log(2) / pair)
        ratios.append(np.log(n) / (m * coherence**2))
    assert ratios[0] > ratios[1] > ratios[2] > 0.25
    assert ratios[2] == pytest.approx(0.25, abs=0.015)


def test_below_welchs_bound_numbers_are_linear():
    assert capacity.features_at_most(100, 0.05) == pytest.approx(133)
    assert capacity.features_at_most(100, 0.1) == np.inf
    # n = m + 1 directions of a simplex reach the bound
    for m in (2, 5, 30):
        assert capacity.features_at_most(m, 1 / m) == pytest.approx(m + 1)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: capacity.features(1, 0.1), "n_neurons"),
        (lambda: capacity.features(10, 1.0), "coherence"),
        (lambda: capacity.features_at_most(10, 0.0), "coherence"),
        (lambda: capacity.failures(0, 10, 0.1), "n_features"),
    ],
)
def test_bad_arguments_are_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()
