import numpy as np
import pytest

from theory import flow

SIZES = [(1, 1), (2, 1), (2, 3), (3, 2), (4, 5)]


def encodings(n, m, seed=0):
    return np.random.default_rng(seed).normal(size=(n, m))


def loss_in_numpy(weights, l1_train):
    output = np.maximum(weights @ weights.T, 0)
    return ((output - np.eye(len(weights))) ** 2).sum() + l1_train * np.abs(weights).sum()


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_energy_is_a_quarter_of_the_loss(n, m):
    weights = encodings(n, m)
    assert flow.derived_energy(n, m)(weights, 0.3) == pytest.approx(
        loss_in_numpy(weights, 1.2) / 4, rel=1e-13
    )


@pytest.mark.parametrize(("n", "m"), SIZES)
def test_forces_are_a_quarter_of_minus_the_gradient_of_the_loss(n, m):
    weights, l1, h = encodings(n, m), 0.3, 1e-5
    gradient = np.empty((n, m))
    for index in np.ndindex(n, m):
        step = np.zeros((n, m))
        step[index] = h
        rise = loss_in_numpy(weights + step, 4 * l1) - loss_in_numpy(weights - step, 4 * l1)
        gradient[index] = rise / (2 * h)
    forces = {name: force(weights) for name, force in flow.derived_forces(n, m).items()}
    assert tuple(forces) == flow.FORCES
    total = forces["feature_benefit"] + forces["interference"] + l1 * forces["l1"]
    np.testing.assert_allclose(total, -gradient / 4, atol=1e-8)


def test_each_force_is_the_one_of_its_name():
    weights = encodings(4, 5, seed=1)
    forces = {name: force(weights) for name, force in flow.derived_forces(4, 5).items()}
    products = np.maximum(weights @ weights.T, 0)
    np.fill_diagonal(products, 0)
    norms = (weights**2).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(forces["feature_benefit"], (1 - norms) * weights, atol=1e-13)
    np.testing.assert_allclose(forces["interference"], -products @ weights, atol=1e-13)
    np.testing.assert_array_equal(forces["l1"], -np.sign(weights))
