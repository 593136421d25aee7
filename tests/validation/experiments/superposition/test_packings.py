import numpy as np
import pytest

from validation.experiments.superposition import packings


def test_what_is_moved_apart_comes_to_the_best_packings():
    hexagon = packings.measure("moved", 2, steps=1, replicates=2, seed=0)
    np.testing.assert_allclose(hexagon.angle, 60, atol=0.05)
    start = np.random.default_rng(1).normal(size=(4, 3))
    simplex = packings.moved(start)
    np.testing.assert_allclose((simplex @ simplex.T)[np.triu_indices(4, 1)], -1 / 3, atol=0.01)


def test_nothing_is_above_the_bound_and_random_encodings_are_far_below():
    for m in (4, 8):
        random, moved = (packings.measure(kind, m, 1, 3, seed=0) for kind in ("random", "moved"))
        assert (moved.angle <= moved.most + 1e-9).all()
        assert random.angle.max() < moved.angle.min() - 10


def test_trained_encodings_of_two_neurons_are_a_pentagon():
    found = packings.measure("trained", 2, steps=1500, replicates=3, seed=0)
    assert found.encoded.values == pytest.approx(5 / 6)
    np.testing.assert_allclose(found.angle, 72, atol=2)
    np.testing.assert_allclose(found.most, 72)
