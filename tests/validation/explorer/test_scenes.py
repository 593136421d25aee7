"""What a page holds of a run is the run."""

import base64
import gzip

import numpy as np
import pytest

from sim import simulate
from theory import Autoencoder, Superposition, collisions, sparsification, superposition
from validation.explorer import scenes


def unpacked(scene):
    """Read a scene as the page does."""
    looks, n, m = len(scene["times"]), scene["n"], scene["m"]
    content, count = gzip.decompress(base64.b64decode(scene["data"])), looks * n * m
    low, high = (np.frombuffer(content, np.uint8, count, place * count).astype(np.uint16) for place in (0, 1))
    changes = (low | (high << 8)).view(np.int16).reshape(looks, n, m)
    steps = np.cumsum(changes, axis=0, dtype=np.int16)
    norms = np.frombuffer(content, "<f4", 2 * looks * n, 2 * count).reshape(2, looks, n)
    return steps * scene["scale"], norms


def test_a_scene_holds_the_run():
    scene = scenes.flow(5, 9, 0.02, 3)
    model = Autoencoder(5, 9, 0.02)
    times = np.append(0.0, np.geomspace(scenes.FIRST, scenes.LAST / 0.02, scenes.LOOKS - 1))
    run = simulate(model, 3, times=times, rtol=scenes.RTOL, save_weights=True)
    weights, norms = unpacked(scene)
    np.testing.assert_allclose(scene["times"], times, rtol=1e-4)
    np.testing.assert_allclose(weights, run.weights, atol=scene["scale"])
    np.testing.assert_array_equal(weights == 0, run.weights == 0)
    np.testing.assert_allclose(norms, [run.l1_norm, run.l2_norm], rtol=1e-6)
    alone = sparsification.population(model, times)
    np.testing.assert_allclose(scene["theory"]["active"], alone.active, rtol=1e-4)
    assert scene["theory"]["polysemantic"]["mean"] == pytest.approx(
        collisions.polysemantic_neurons(5, 9).mean()
    )


def test_arrows_are_the_flow_of_the_expected_loss():
    scene = scenes.arrows(5, 0.0, 1)
    run = simulate(Superposition(5, 2, 0.0), 1, save_weights=True)
    np.testing.assert_allclose(scene["weights"], run.weights, rtol=1e-4)
    np.testing.assert_allclose(scene["loss"], run.loss, rtol=1e-4)
    assert scene["best"]["loss"] == superposition.polygons(5)[0].loss


@pytest.mark.parametrize(
    ("make", "line"),
    [
        (lambda: scenes.flow(129, 128, 0.01, 0), "n_features must be such that n² m is at most 2097152"),
        (lambda: scenes.flow(2, 40_000, 0.01, 0), "n_neurons must be such that n m is at most 65536"),
        (lambda: scenes.flow(4, 8, 1e-6, 0), "l1 must be a finite number of at least 0.0001"),
        (lambda: scenes.flow(0, 8, 0.01, 0), "n_features must be a whole number of at least 1"),
        (lambda: scenes.flow(4, 8, 0.01, -1), "seed must be a whole number of at least 0"),
        (lambda: scenes.arrows(9, 0.0, 0), "n_features must be a whole number of at least 1 and at most 8"),
        (lambda: scenes.arrows(5, 2.0, 0), "probability must be"),
    ],
)
def test_what_costs_too_much_is_refused(make, line):
    with pytest.raises(ValueError, match=f"^{line}"):
        make()
