import numpy as np

from theory import Autoencoder
from validation.experiments.collisions import nudges

MODEL = Autoencoder(4, 5, 0.05)
PAIR = np.zeros((4, 5))
PAIR[0, 1], PAIR[1, 1], PAIR[2, 0], PAIR[3, 4] = 0.97, -0.97, 0.97, -0.97


def test_a_kick_makes_the_collision_malign_and_leaves_others():
    weights = PAIR.copy()
    nudges._kick(weights, np.random.default_rng(0), MODEL)
    assert weights[0, 1] * weights[1, 1] > 0
    np.testing.assert_array_equal(weights[2:], PAIR[2:])


def test_a_reset_empties_the_neuron_of_others_only():
    weights = PAIR.copy()
    nudges._reset(weights, np.random.default_rng(0), MODEL)
    assert np.abs(weights[:2]).max() < 2
    assert (weights[:2] != 0).all()
    np.testing.assert_array_equal(weights[2:], PAIR[2:])


def test_nothing_done_nothing_moves():
    found = nudges.measure("nothing", 6, 8, 0.1, 6, seed=0)
    assert found.before.sum() > 0
    np.testing.assert_array_equal(found.stayed, found.before)
    assert not found.moved.any()
    reset = nudges.measure("reset", 6, 8, 0.1, 6, seed=0)
    assert reset.stayed.sum() < found.stayed.sum()
