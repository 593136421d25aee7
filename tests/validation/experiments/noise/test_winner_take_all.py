import numpy as np
import pytest
import xarray as xr

from theory.noise.drift import of_random_direction
from validation.experiments.findings import Findings
from validation.experiments.noise import winner_take_all as experiment
from validation.experiments.noise.mechanisms import hidden_relu
from validation.training.activations import ACTIVATIONS

(EXPERIMENT,) = experiment.EXPERIMENTS
SETTING = {"source": "simulation", "mechanism": "none", "scale": 1.0, "n": 4, "m": 8, "instances": 3}


@pytest.mark.parametrize("name", ["none", "relu", "layer_norm"])
def test_clean_loss(name):
    weights = np.random.default_rng(0).normal(size=(2, 3, 5))
    hidden = [ACTIVATIONS[name]().value(network) for network in weights]
    outputs = [np.maximum(h @ network.T, 0) for h, network in zip(hidden, weights, strict=True)]
    expected = [((y - np.eye(3)) ** 2).sum() / 3 for y in outputs]
    np.testing.assert_allclose(experiment.clean_loss(weights, name), expected)


def test_force_of_hidden_relu_is_minus_the_gradient():
    weights, step = np.random.default_rng(1).normal(0, 0.5, (3, 4)), 1e-6
    numeric = np.empty_like(weights)
    for at in np.ndindex(weights.shape):
        moved = np.stack([weights, weights])
        moved[0][at] += step
        moved[1][at] -= step
        numeric[at] = -np.subtract(*experiment.clean_loss(moved, "relu")) * 3 / 4 / (2 * step)
    force = np.zeros_like(weights)
    hidden_relu.py_func(weights, force)
    np.testing.assert_allclose(force, numeric, atol=1e-8)


def test_l1_makes_encodings_of_one_neuron_and_noise_free_flow_does_not():
    l1 = experiment.measure(**(SETTING | {"mechanism": "l1"}), seed=0)
    np.testing.assert_allclose(l1.fourth_norm, 1)
    none = experiment.measure(**SETTING, seed=0)
    assert (none.fourth_norm < 0.6).all()
    assert (none.loss < 1e-6).all()
    np.testing.assert_allclose(l1.spread.isel(share=-1), 1, atol=1e-3)
    assert (none.spread.isel(share=-1) > 1.5).all()
    np.testing.assert_allclose(l1.largest, 1)


def test_flow_and_training_begin_alike():
    flow, trained = (
        experiment.measure(**(SETTING | {"mechanism": "l1", "source": source}), seed=0)
        for source in ("simulation", "training")
    )
    np.testing.assert_allclose(flow.meetings, trained.meetings, atol=1e-3)


def test_dense_encodings_meet_as_often_as_random_neurons():
    rng = np.random.default_rng(0)
    dense = rng.normal(size=(200, 4, 8))
    one = np.zeros((200, 4, 8))
    np.put_along_axis(one, rng.integers(8, size=(200, 4, 1)), 1.0, axis=-1)
    for weights in (dense, one):
        assert experiment.meetings(experiment.shares_of(weights)).mean() == pytest.approx(1 / 8, rel=0.15)


def found(met=None, **fourth):
    """Return what is found of trained models and flows with these fourth norms, by mechanism."""
    parts = []
    for source in ("training", "simulation"):
        for mechanism, value in fourth.items():
            norms = value + np.array([-0.001, 0, 0.001]) + (0.002 if source == "simulation" else 0)
            variables = dict.fromkeys(("fourth_norm", "largest", "loss"), ("replicate", norms))
            meetings = (met or {}).get(mechanism, 1 / 8) + np.array([-0.001, 0, 0.001])
            variables["meetings"] = ("replicate", meetings)
            variables["spread"] = (("replicate", "share"), np.ones((3, len(experiment.AT))))
            setting = SETTING | {"source": source, "mechanism": mechanism}
            coords = {"replicate": [0, 1, 2], "share": experiment.AT}
            parts.append(xr.Dataset(variables, coords | setting))
    return Findings(EXPERIMENT, xr.concat(parts, "setting", coords=list(SETTING), data_vars="all"))


def test_what_is_said_follows_the_data():
    floor = of_random_direction(8)
    usual = found({"l1": 0.06}, none=floor, l1=1.0, batches=floor)
    assert experiment._answer(usual).startswith(
        "Neurons become a basis under L1 (largest share of an encoding"
    )
    assert "less than three quarters as often as random ones under L1." in experiment._answer(usual)
    turned = found(none=0.5, l1=floor, batches=floor - 0.1)
    assert experiment._answer(turned).startswith("Neurons become a basis under none (")
    assert "random ones under none." in experiment._answer(turned)
