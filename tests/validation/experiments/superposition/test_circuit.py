import numpy as np
import pytest

from validation.experiments.superposition import circuit


def test_more_absolute_values_than_two_neurons_each_allow():
    found = circuit.measure(8, 0.05, m=8, steps=2000, replicates=2, seed=0)
    assert (found.loss < 0.5).all()  # four of eight
    assert (found.connections > 1).all()
    assert (found.most <= 64).all()


def test_used_features_are_counted_by_neuron():
    weights = np.array([[[1.0, 0.1], [-0.3, 0.1], [0.2, -0.1]]])
    assert circuit._used(weights).tolist() == [[2, 3]]
    assert circuit._used(weights, np.array([[0.0, -1.0]])).tolist() == [[2, 0]]


def test_predictions_are_those_of_theory():
    small = circuit.EXPERIMENTS[0].settings(False)
    assert {setting["n"] for setting in small} == {8, 16}
    with pytest.raises(ValueError, match="n_features"):
        circuit.two_layer.absolute_losses(0, 8, 0.1)
