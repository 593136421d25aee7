import numpy as np
import pytest
import xarray as xr
from validation.experiments.mechanisms import hidden_relu
from validation.experiments.winner_take_all import clean_loss, verdict

from theory.noise.drift import of_random_direction
from validation.experiments import winner_take_all
from validation.training.activations import ACTIVATIONS

SETTING = {"source": "simulation", "mechanism": "none", "scale": 1.0, "n": 4, "m": 8, "instances": 3}


def collected(*settings):
    parts = [winner_take_all._measure(**s, seed=0).assign_coords(s) for s in settings]
    return xr.concat(parts, "setting", coords=list(settings[0]), data_vars="all")


@pytest.mark.parametrize("name", ["none", "relu", "layer_norm"])
def test_clean_loss(name):
    weights = np.random.default_rng(0).normal(size=(2, 3, 5))
    hidden = [ACTIVATIONS[name]().value(network) for network in weights]
    outputs = [np.maximum(h @ network.T, 0) for h, network in zip(hidden, weights, strict=True)]
    expected = [((y - np.eye(3)) ** 2).sum() / 3 for y in outputs]
    np.testing.assert_allclose(clean_loss(weights, name), expected)


def test_force_of_hidden_relu_is_minus_the_gradient():
    weights, step = np.random.default_rng(1).normal(0, 0.5, (3, 4)), 1e-6
    numeric = np.empty_like(weights)
    for at in np.ndindex(weights.shape):
        moved = np.stack([weights, weights])
        moved[0][at] += step
        moved[1][at] -= step
        numeric[at] = -np.subtract(*clean_loss(moved, "relu")) * 3 / 4 / (2 * step)
    force = np.zeros_like(weights)
    hidden_relu.py_func(weights, force)
    np.testing.assert_allclose(force, numeric, atol=1e-8)


def test_l1_makes_encodings_of_one_neuron_and_noise_free_flow_does_not():
    l1 = winner_take_all._measure(**(SETTING | {"mechanism": "l1"}), seed=0)
    np.testing.assert_allclose(l1.fourth_norm, 1)
    none = winner_take_all._measure(**SETTING, seed=0)
    assert (none.fourth_norm < 0.6).all()
    assert (none.loss < 1e-6).all()
    np.testing.assert_allclose(none.halfway, none.fourth_norm, atol=1e-3)


def test_flow_and_training_begin_alike():
    flow, trained = (
        winner_take_all._measure(**(SETTING | {"mechanism": "l1", "source": source}), seed=0)
        for source in ("simulation", "training")
    )
    np.testing.assert_array_equal(flow.polysemantic, trained.polysemantic)


def test_verdicts():
    floor = of_random_direction(8)
    for offset, said in ((0.1, "sparser"), (-0.1, "flatter"), (0.0, "random")):
        part = xr.Dataset({"fourth_norm": ("replicate", floor + offset + np.array([-0.001, 0, 0.001]))})
        assert verdict(part.assign_coords(m=8)) == said


def test_findings_follow_the_data():
    trained = SETTING | {"source": "training"}
    result = collected(trained, trained | {"mechanism": "l1"}, SETTING)
    replaced = result.copy()
    replaced["fourth_norm"] = result.fourth_norm.copy(data=result.fourth_norm.values[[1, 0, 2]])
    measured, other = winner_take_all._findings(result), winner_take_all._findings(replaced)
    assert "sparser than those under: L1." in measured
    assert "the same in 1 of 1 settings" in measured
    assert "9 of 9 runs" in measured
    assert "sparser than those under: none." in other
    assert "the same in 0 of 1 settings" in other
    assert "3 of 9 runs" in other
    assert winner_take_all._figure(result)
