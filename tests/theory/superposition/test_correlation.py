import numpy as np
import pytest
from scipy import optimize

from theory import superposition


def test_side_by_side_is_the_best_on_one_neuron():
    """Against a search over all encodings and biases of two features always on together."""
    x = (np.arange(60) + 0.5) / 60
    both = np.stack(np.meshgrid(x, x), axis=-1).reshape(-1, 2)
    p = 0.3

    def loss(point):
        weights, biases = point[:2], point[2:]
        on = np.maximum(both @ weights[:, None] * weights + biases, 0) - both
        return p * (on**2).sum(axis=1).mean() + (1 - p) * (np.maximum(biases, 0) ** 2).sum()

    starts = np.random.default_rng(0).normal(size=(8, 4))
    found = min(optimize.minimize(loss, start).fun for start in starts)
    assert found == pytest.approx(superposition.together_loss(p), rel=1e-3)


def test_boundary_is_where_both_cost_the_same():
    at = superposition.correlation_boundary()
    assert superposition.pair_loss(at) == pytest.approx(superposition.together_loss(at), rel=1e-4)
    assert 0.25 < at < 0.26


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="probability"):
        superposition.together_loss(0)
