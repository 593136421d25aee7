import numpy as np

from sim.forces import UNTIED, action, smooth_force
from validation.training.activations import Identity
from validation.training.inputs import Basis
from validation.training.models.general import General
from validation.training.noise import NoNoise


def test_force_is_minus_a_quarter_of_the_gradient_of_training():
    layers = np.random.default_rng(0).normal(0, 0.6, (2, 5, 4))
    network = General(Basis(), NoNoise(), Identity(), 0.0, 0.0, 0.0, np.zeros((1, 2), np.uint64))
    gradient = network.smooth_gradient(layers[None])[0]
    outputs = np.maximum(layers[1] @ layers[0].T, 0)
    assert (np.diag(outputs) == 0).any()  # where training has no gradient, and the flow goes on
    on = np.diag(layers[1] @ layers[0].T) > 0
    force = smooth_force(layers.reshape(10, 4), action((UNTIED,))).reshape(2, 5, 4)
    own = 0.5 * np.where(on, 0.0, 1.0)[:, None] * layers[::-1]
    np.testing.assert_allclose(force - own, -gradient / 4, atol=1e-12)


def test_equal_layers_share_what_pulls_tied_weights():
    weights = np.random.default_rng(1).normal(0, 0.5, (4, 6))
    tied = smooth_force(weights, action(("feature_benefit", "interference")))
    both = smooth_force(np.concatenate([weights, weights]), action((UNTIED,)))
    np.testing.assert_allclose(both[:4], tied / 2, atol=1e-13)
    np.testing.assert_allclose(both[4:], tied / 2, atol=1e-13)
