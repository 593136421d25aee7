from dataclasses import replace

import numpy as np
import pytest

from sim.monosemanticity import own_neurons
from theory import TwoLayer
from validation.experiments import page, running
from validation.experiments.experiment import grid
from validation.experiments.findings import Findings
from validation.experiments.two_layer import initial_bias
from validation.experiments.two_layer.trained import course, trained

MODEL = TwoLayer(16, 8, 48, 1 / 16)


@pytest.fixture(scope="module")
def run():
    return trained(MODEL, 0, 0, steps=400, batch=256, replicates=2, initial_bias=-0.3)


def test_what_is_shown_of_a_run(run):
    found = course(run)
    numbers = own_neurons(run.single_feature_activations.values)
    np.testing.assert_allclose(found.own.sum("number"), 1, rtol=1e-6)
    np.testing.assert_allclose(found.own[:, 0], (numbers == 0).mean(axis=1), rtol=1e-6)
    np.testing.assert_allclose(found.monosemantic[:, -1] * 16, numbers.sum(axis=1), rtol=1e-6)
    assert found.step.values[-1] == 400


def test_both_parts_together_answer_as_the_model_does(run):
    found = course(run)
    numbers = own_neurons(run.single_feature_activations.values)
    assert (numbers == 1).any()  # else nothing would be shown
    for replicate in range(2):
        encodings = run.projection.values[replicate] @ run.W1.values[replicate]
        output = np.maximum(0.5 * encodings + run.biases.values[replicate], 0) @ run.W2.values[replicate]
        alone = output.diagonal()[numbers[replicate] == 1]
        parts = found.isel(replicate=replicate).sel(amplitude=0.5)
        both = float(parts.monosemantic_response + parts.polysemantic_response)
        assert both == pytest.approx(alone.mean(), abs=1e-5) if alone.size else np.isnan(both)


def test_another_block_is_another_run():
    one, other = (trained(MODEL, 0, block, steps=1) for block in (0, 1))
    assert not np.array_equal(one.projection, other.projection)


def test_page_of_a_tiny_run(tmp_path):
    starts = {"block": (0, 1), ", ".join(initial_bias.EACH): initial_bias.STARTS}
    size = {"n": 16, "n_inputs": 8, "m": 48, "probability": 1 / 16, "rate": 0.01}
    settings = grid(starts | size | {"steps": 40, "replicates": 1})
    (experiment,) = initial_bias.EXPERIMENTS
    tiny = replace(experiment, settings=lambda full: settings)
    found = Findings(tiny, running.run(tiny))
    assert [row["initial_bias"] for row in found("share")] == [-1.0, 0.0]
    last = found.result.loss.isel(step=-1).values.ravel()
    assert found("higher").first.estimate.value == pytest.approx((last[1::2] - last[::2]).mean())
    assert found("loss").first.predicted == found("loss").last.predicted > 0
    figure, text = page.write(found, tmp_path)
    assert figure.exists()
    assert "is higher by" in text.read_text()
