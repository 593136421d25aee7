import numpy as np
import pytest

from sim.forces import energy, shrink, smooth_force
from theory.flow import derived_energy, derived_forces

RNG = np.random.default_rng(5)
SHAPES = [(1, 1), (2, 3), (3, 2), (4, 5)]


def force(weights, feature_benefit=True, interference=True):
    n = len(weights)
    gram, out = np.empty((n, n)), np.empty_like(weights)
    mismatch = smooth_force(weights, feature_benefit, interference, gram, out)
    return out, mismatch


@pytest.mark.parametrize("shape", SHAPES)
def test_smooth_force_is_the_derived_one(shape):
    derived = derived_forces(*shape)
    for _ in range(5):
        weights = RNG.normal(size=shape)
        benefit, interference = derived["feature_benefit"](weights), derived["interference"](weights)
        np.testing.assert_allclose(force(weights)[0], benefit + interference, rtol=0, atol=1e-13)
        np.testing.assert_allclose(force(weights, interference=False)[0], benefit, rtol=0, atol=1e-13)
        np.testing.assert_allclose(force(weights, feature_benefit=False)[0], interference, rtol=0, atol=1e-13)


@pytest.mark.parametrize("shape", SHAPES)
def test_energy_is_the_derived_one(shape):
    derived = derived_energy(*shape)
    for l1 in (0.0, 0.3):
        weights = RNG.normal(size=shape)
        assert energy(weights, l1) == pytest.approx(derived(weights, l1), rel=1e-13)


def test_shrink_follows_the_derived_l1_force():
    weights = RNG.normal(size=(3, 4))
    amount = 1e-6
    expected = weights + amount * derived_forces(3, 4)["l1"](weights)
    shrink(weights, amount)
    np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-15)


def test_shrink_stops_at_exact_zero():
    weights = np.array([[0.5, -0.5, 0.1, -0.1, 0.0]])
    shrink(weights, 0.2)
    np.testing.assert_array_equal(weights, [[0.3, -0.3, 0.0, 0.0, 0.0]])


def test_mismatch_vanishes_only_at_zero_loss():
    assert force(np.eye(3))[1] == 0.0
    assert force(np.array([[1.0, 0.0], [-1.0, 0.0]]))[1] == 0.0  # a benign pair
    assert force(np.array([[1.0, 0.0], [1.0, 0.0]]))[1] == 1.0  # a malign pair
