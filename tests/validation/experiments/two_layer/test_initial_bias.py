from dataclasses import replace

import numpy as np
import pytest

from theory import TwoLayer
from validation.analysis import two_parts
from validation.experiments import page, running
from validation.experiments.experiment import grid
from validation.experiments.findings import Findings
from validation.experiments.two_layer import initial_bias
from validation.experiments.two_layer.trained import course, trained

# what neurons read: one of feature 0, one of 1, two of 2, one of 3 and 4, one of 5, one dead
READ = np.zeros((6, 7))
READ[[0, 1, 2, 2, 3, 4, 5], [0, 1, 2, 3, 4, 4, 5]] = [2.0, 1.0, 1.0, 3.0, 1.0, 1.0, 1.0]
BIASES = np.array([-0.4, -0.1, 0.0, -0.6, -0.2, -0.3, -1.0])


@pytest.fixture(scope="module")
def run():
    """A run whose end is known: a square projection is a rotation, so that neurons read what they should."""
    result = trained(TwoLayer(6, 6, 7, 1 / 6), 0, 0, steps=1, batch=8, replicates=1)
    decoder = np.random.default_rng(0).normal(size=(7, 6))
    made = {"W1": result.projection.values[0].T @ READ, "biases": BIASES, "W2": decoder}
    made["single_feature_activations"] = np.maximum(READ + BIASES, 0)
    return result.assign({name: (result[name].dims, array[None]) for name, array in made.items()})


def test_what_is_shown_of_a_run(run):
    found = course(run).isel(replicate=0)
    np.testing.assert_allclose(found.own * 6, [2, 3, 1, 0], rtol=1e-6)
    assert float(found.bias) == pytest.approx(np.mean([-0.4 / 2, -0.1, -0.3]), rel=1e-6)
    assert found.step.values.tolist() == [0, 1]


def test_both_parts_together_answer_as_the_model_does(run):
    parts = two_parts.responses(run, [0.15, 0.5, 1.0]).isel(replicate=0)
    for place, value in enumerate(parts.amplitude.values):
        output = np.maximum(value * READ + BIASES, 0) @ run.W2.values[0]
        both = (parts.monosemantic + parts.polysemantic)[:, place]
        np.testing.assert_allclose(both, output.diagonal(), atol=1e-6)
    np.testing.assert_allclose(parts.polysemantic[[0, 1, 2, 5]], 0, atol=1e-6)
    np.testing.assert_allclose(parts.monosemantic[3:5], 0, atol=1e-6)
    # from 0.15 to 1: of feature 2 one neuron is always on, the other switches on between
    assert parts.kinks.sel(part="monosemantic").values.tolist() == [1, 0, 1, 0, 0, 1]
    assert parts.kinks.sel(part="polysemantic").values.tolist() == [0, 0, 0, 1, 1, 0]


def test_linear_map_of_the_polysemantic_neurons(run):
    found = two_parts.linear_map(run).values[0]
    np.testing.assert_allclose(found, READ[:, [4]] @ run.W2.values[0][[4]], atol=1e-6)
    values = two_parts.spectrum(run).values[0]
    assert values[0] == pytest.approx(2**0.5 * np.linalg.norm(run.W2.values[0][4]), rel=1e-6)
    np.testing.assert_allclose(values[1:], 0, atol=1e-6)


def test_another_block_is_another_run():
    one, other = (trained(TwoLayer(6, 6, 7, 1 / 6), 0, block, steps=1) for block in (0, 1))
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
    assert "minus that from 0 is" in text.read_text()
