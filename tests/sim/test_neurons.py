import numpy as np
import pytest

from sim import neurons
from sim.forces.l1 import constant_push

RNG = np.random.default_rng(8)
NEURONS, FEATURES = 11, 7


def sparse_weights(share):
    return RNG.normal(size=(NEURONS, FEATURES)) * (RNG.random((NEURONS, FEATURES)) < share)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_lists_move_weights_as_blas_does(share):
    start, by = sparse_weights(share), sparse_weights(share)
    before, mismatch = RNG.normal(size=start.shape) * 0.1, RNG.normal(size=(FEATURES, FEATURES))
    expected = np.vectorize(constant_push)(start, before + 0.3 * by @ mismatch, 0.1)
    for lists in (neurons.listing(by), neurons.listing(by[:0])):
        product, end = np.full_like(start, np.nan), np.full_like(start, np.nan)
        neurons.move(start, before, by, lists, mismatch, 0.3, 0.1, product, end)
        np.testing.assert_allclose(product, by @ mismatch, rtol=0, atol=1e-14)
        np.testing.assert_allclose(end, expected, rtol=0, atol=1e-14)
        np.testing.assert_array_equal(end == 0, expected == 0)


@pytest.mark.parametrize("features", [1, 63, 64, 65, 200])
def test_a_list_holds_all_that_is_not_zero(features):
    weights = RNG.normal(size=(5, features)) * (RNG.random((5, features)) < 0.3)
    weights[1] = 0
    weights[2] = 1
    starts, places, sizes = neurons.listing(weights)
    rows, columns = np.nonzero(weights)
    np.testing.assert_array_equal(starts, np.searchsorted(rows, np.arange(6)))
    np.testing.assert_array_equal(places, columns)
    np.testing.assert_array_equal(sizes, weights[rows, columns])


@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_gram_matrix(share, listed):
    weights, gram = sparse_weights(share), np.full((FEATURES, FEATURES), np.nan)
    neurons.multiply(weights, listed, gram)
    np.testing.assert_allclose(gram, weights.T @ weights, rtol=0, atol=1e-14)


def test_neurons_without_active_weights_are_dropped():
    weights = sparse_weights(0.2)
    weights[[0, 4, 5, 10]] = 0
    velocity, place = 2 * weights, np.arange(NEURONS)
    alive = np.flatnonzero(weights.any(axis=1))
    expected = weights[alive]
    live = neurons.drop_dead(weights, velocity, place)
    assert live == alive.size
    np.testing.assert_array_equal(place[:live], alive)
    np.testing.assert_array_equal(weights[:live], expected)
    np.testing.assert_array_equal(velocity[:live], 2 * expected)
