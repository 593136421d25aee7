import numpy as np
import pytest

from sim.forces.l1 import constant_push
from sim.integrators.splitting import neurons
from sim.machine.cores import Split

RNG = np.random.default_rng(8)
NEURONS, FEATURES = 11, 7
SPLITS = [
    None,
    Split(1, together=False),
    Split(3, together=False),
    Split(3, together=True),
    Split(20, together=True),
]


def sparse_weights(share):
    return RNG.normal(size=(NEURONS, FEATURES)) * (RNG.random((NEURONS, FEATURES)) < share)


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("alive", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize("share", [0.0, 0.7])
@pytest.mark.parametrize("has_beside", [True, False])
def test_weights_move_by_all_forces(has_beside, share, alive, listed, split):
    start, by = sparse_weights(alive), sparse_weights(alive)
    earlier, mismatch = RNG.normal(size=start.shape) * 0.1, RNG.normal(size=(FEATURES, FEATURES))
    beside = RNG.normal(size=start.shape)
    force = by @ mismatch + has_beside * beside
    expected = np.vectorize(constant_push)(start, share * earlier + 0.3 * force, 0.1)
    product, end = np.full_like(start, np.nan), np.full_like(start, np.nan)
    first = earlier if share else product  # nothing is known of it then
    some = beside if has_beside else beside[:0]
    push = neurons.Push(start, first, by, share, 0.3, 0.5, product, end)
    neurons.move(split, push, mismatch, some, 0.2, listed)
    np.testing.assert_allclose(product, force, rtol=0, atol=1e-14)
    np.testing.assert_allclose(end, expected, rtol=0, atol=1e-14)
    np.testing.assert_array_equal(end == 0, expected == 0)


@pytest.mark.parametrize("features", [1, 63, 64, 65, 200])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_a_list_holds_all_that_is_not_zero(features, share):
    row = RNG.normal(size=features) * (RNG.random(features) < share)
    places, sizes = np.empty(features, np.int64), np.empty(features)
    count = neurons.gather(row, places, sizes)
    np.testing.assert_array_equal(places[:count], np.flatnonzero(row))
    np.testing.assert_array_equal(sizes[:count], row[row != 0])


@pytest.mark.parametrize("split", SPLITS)
@pytest.mark.parametrize("listed", [True, False])
@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
def test_gram_matrix(share, listed, split):
    weights, gram = sparse_weights(share), np.full((FEATURES, FEATURES), np.nan)
    neurons.multiply(
        split, weights, listed, np.full((split.parts if split else 0, *gram.shape), np.nan), gram
    )
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
