import numpy as np
import pytest

from sim import simulate
from sim.forces import action, context_interference, smooth_force
from theory import Autoencoder
from validation.training.activations import Identity
from validation.training.inputs import Contexts
from validation.training.models.general import General
from validation.training.noise import NoNoise


def test_one_context_is_interference():
    weights = np.random.default_rng(0).normal(size=(5, 4))
    one, usual = (
        smooth_force(weights, action((force,))) for force in (context_interference(1), "interference")
    )
    np.testing.assert_allclose(one, usual, atol=1e-14)


@pytest.mark.parametrize("contexts", [2, 3, 7])
def test_force_is_that_within_contexts(contexts):
    weights = np.random.default_rng(1).normal(size=(6, 4))
    expected = np.zeros_like(weights)
    for i in range(6):
        for j in range(6):
            if i != j and (i - j) % contexts == 0:
                expected[i] -= max(0.0, weights[i] @ weights[j]) * weights[j]
    found = smooth_force(weights, action((context_interference(contexts),)))
    np.testing.assert_allclose(found, expected, atol=1e-14)


def test_flow_follows_minus_a_quarter_of_the_gradient_of_training():
    weights = np.random.default_rng(2).normal(0, 0.6, size=(6, 4))
    keys = np.zeros((1, 2), np.uint64)
    network = General(Contexts(2), NoNoise(), Identity(), 0.0, 0.0, 0.0, keys)
    force = smooth_force(weights, action(("feature_benefit", context_interference(2))))
    np.testing.assert_allclose(force, -network.smooth_gradient(weights[None])[0] / 4, atol=1e-12)


def test_features_of_different_contexts_keep_one_slot():
    start = np.array([[0.9, 0.1], [0.8, 0.05]])
    model = Autoencoder(2, 2, 0.01)
    for contexts, kept in ((2, True), (1, False)):
        forces = ("feature_benefit", context_interference(contexts), "l1")
        end = simulate(model, initial=start, until=600.0, forces=forces).final.values
        assert bool((end[:, 0] > 0.5).all()) == kept


def test_contexts_must_be_a_number():
    with pytest.raises(ValueError, match=r"^contexts must be"):
        context_interference(0)
