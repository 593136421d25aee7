import numpy as np
import pytest

from theory import flow
from validation.models.tied import Tied


def loss_by_definition(weights, l1_train):
    """Feed in one basis vector after the other."""
    total = l1_train * np.abs(weights).sum()
    for basis_vector in np.eye(len(weights)):
        output = np.maximum(weights @ (weights.T @ basis_vector), 0)
        total += np.sum((output - basis_vector) ** 2)
    return total


def central_difference(network, weights, step=1e-6):
    gradient = np.empty_like(weights)
    for index in np.ndindex(weights.shape):
        shift = np.zeros_like(weights)
        shift[index] = step
        up, down = (network.loss(w)[index[0]] for w in (weights + shift, weights - shift))
        gradient[index] = (up - down) / (2 * step)
    return gradient


@pytest.mark.parametrize("l1_train", [0.0, 0.3])
@pytest.mark.parametrize("shape", [(1, 1, 1), (3, 5, 7), (2, 6, 2)])
def test_loss_and_gradient(shape, l1_train):
    weights = np.random.default_rng(1).normal(0, 0.7, shape)
    network = Tied(l1_train)
    np.testing.assert_allclose(network.loss(weights), [loss_by_definition(w, l1_train) for w in weights])
    np.testing.assert_allclose(
        network.gradient(weights), central_difference(network, weights), rtol=1e-7, atol=1e-7
    )


def test_gradient_is_four_times_the_derived_forces():
    l1, weights = 0.07, np.random.default_rng(8).normal(0, 0.7, (3, 4))
    forces = flow.derived_forces(3, 4)
    force = forces["feature_benefit"](weights) + forces["interference"](weights) + l1 * forces["l1"](weights)
    network = Tied(4 * l1)
    np.testing.assert_allclose(network.gradient(weights[None])[0], -4 * force, rtol=1e-12)
    np.testing.assert_allclose(network.loss(weights[None])[0], 4 * flow.derived_energy(3, 4)(weights, l1))


def test_gradient_leaves_weights_alone_and_keeps_their_precision():
    weights = np.random.default_rng(2).normal(0, 0.5, (4, 6, 9))
    single = weights.astype(np.float32)
    before = single.copy()
    gradient = Tied(0.01).gradient(single)
    assert gradient.dtype == np.float32
    np.testing.assert_array_equal(single, before)
    np.testing.assert_allclose(gradient, Tied(0.01).gradient(weights), atol=1e-5)


def test_zero_encoding_and_benign_pair_feel_no_force():
    weights = np.zeros((1, 3, 2))
    weights[0, 0, 0], weights[0, 1, 0] = 1, -1
    np.testing.assert_array_equal(Tied(0.0).gradient(weights), 0)
    np.testing.assert_array_equal(Tied(0.1).gradient(weights), 0.1 * weights)
