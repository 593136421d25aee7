import numpy as np
import pytest

from theory import capacity
from theory.capacity import crowding


def directions(rng, n, m):
    W = rng.normal(size=(n, m))
    return W / np.linalg.norm(W, axis=1, keepdims=True)


def losses(W, lengths):
    """Loss per feature of the encodings W at each length."""
    gram, target = W @ W.T, np.eye(len(W))
    return [((np.maximum(length**2 * gram, 0) - target) ** 2).sum() / len(W) for length in lengths]


@pytest.mark.parametrize(("n", "m"), [(20, 40), (101, 50)])
def test_interference_and_cost_of_random_encodings(n, m):
    rng = np.random.default_rng(n)
    lengths = np.linspace(0.5, 1, 51)
    draws = np.array([losses(directions(rng, n, m), lengths) for _ in range(100)])
    mean, error = draws.mean(axis=0), 4 * draws.std(axis=0) / np.sqrt(len(draws))
    rho = crowding.interference(n, m)
    assert abs(mean[-1] - rho) < error[-1]
    best = mean.argmin()
    assert abs(mean[best] - crowding.cost(n, m)) < error[best] + 2e-4
    assert lengths[best] ** 2 == pytest.approx(1 / (1 + rho), abs=0.02)


def test_half_is_lost_far_below_capacity():
    m = 1000
    assert crowding.cost(2 * m + 1, m) == 0.5
    assert capacity.features(m, 0.2) > 10 * m


def test_a_bias_makes_nearly_orthogonal_encodings_free():
    rng, m, coherence = np.random.default_rng(3), 200, 0.4
    W = directions(rng, 500, m)
    gram = W @ W.T
    assert np.abs(gram - np.eye(500)).max() < coherence
    outputs = np.maximum(gram - coherence, 0) / (1 - coherence)
    np.testing.assert_allclose(outputs, np.eye(500), atol=1e-12)


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match="n_features"):
        crowding.interference(0, 3)
    with pytest.raises(TypeError, match="n_neurons"):
        crowding.cost(3, 2.5)
