"""Slots of the largest weights, and benign collisions among them."""

import numpy as np

from sim.metrics import polysemantic_neurons
from validation.experiments.slots import benign, slots


def test_slots_name_neuron_and_sign_of_the_largest_weight():
    weights = np.array([[0.1, -0.9, 0.2], [0.8, 0.1, -0.7], [0.0, 0.0, 0.0]])
    assert slots(weights).tolist() == [-2, 1, 0]


def test_benign_counts_neurons_with_both_slots_in_use():
    assert benign(np.array([1, -1, 2, 2, -3, 3, -3, 0, 0])) == 2
    assert benign(np.array([], dtype=int)) == 0


def test_benign_is_the_number_of_polysemantic_neurons_of_a_sparse_solution():
    rng = np.random.default_rng(0)
    taken = rng.choice(np.r_[-8:0, 1:9], 10, replace=False)
    weights = np.zeros((10, 8))
    weights[np.arange(10), np.abs(taken) - 1] = np.sign(taken)
    np.testing.assert_array_equal(slots(weights), taken)
    assert benign(taken) == polysemantic_neurons(weights)
