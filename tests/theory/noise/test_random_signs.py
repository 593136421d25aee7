from math import comb

import numpy as np
import pytest

from theory import noise
from theory.noise import averaged, random_signs


def enumerated(W, std):
    """The expected loss and its gradient, summed over all sign vectors."""
    n, m = W.shape
    signs = std * np.array(np.meshgrid(*[(-1.0, 1.0)] * m)).reshape(m, -1).T
    loss, slope = 0.0, np.zeros_like(W)
    for i in range(n):
        hidden = W[i] + signs
        error = np.maximum(hidden @ W.T, 0) - np.eye(n)[i]
        loss += (error**2).sum(axis=1).mean()
        back = 2 * error * (hidden @ W.T > 0) / len(signs)
        slope += back.T @ hidden
        slope[i] += (back @ W).sum(axis=0)
    return loss, slope


@pytest.mark.parametrize(("n", "m"), [pytest.param(8, 16, marks=pytest.mark.slow), (6, 10), (3, 5), (2, 1)])
def test_equal_to_enumeration(n, m):
    W = np.random.default_rng(n).normal(0, m**-0.5, (n, m))
    loss, slope = enumerated(W, 0.1)
    assert random_signs.expected_loss(W, 0.1) == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(random_signs.force(W, 0.1), -slope / 4, atol=1e-12)


def test_sparse_encodings_with_negative_inner_products_are_free():
    sparse = np.array([[1.0, 0.0], [-0.5, 1.0]])  # inner product −0.5, below −σ
    own = 0.1**2 * (1 + 1.25) + 0.25**2
    assert random_signs.expected_loss(sparse, 0.1) == pytest.approx(own, rel=1e-12)
    assert noise.expected_loss(sparse, 0.3) > random_signs.expected_loss(sparse, 0.3)


@pytest.mark.parametrize("k", [1, 2, 5, 40])
def test_equal_weights_are_a_binomial_sum(k):
    values = -0.05 + 0.1 * (2 * np.arange(k + 1) - k) / np.sqrt(k)
    chances = np.array([comb(k, j) / 2**k for j in range(k + 1)])
    expected = (chances * np.maximum(values, 0) ** 2).sum()
    assert random_signs.equal_weights(-0.05, 0.1, k) == pytest.approx(expected, rel=1e-12)


def test_many_equal_weights_are_as_under_gaussian_noise():
    gaussian = averaged._other_output(-0.05, 1.0, 0.0, 0.1, 0.0)
    errors = [random_signs.equal_weights(-0.05, 0.1, k) / gaussian - 1 for k in (4, 16, 64)]
    assert errors[0] < errors[1] < errors[2] < 0
    assert abs(errors[2]) < 0.01


@pytest.mark.parametrize(
    ("weights", "std", "named"), [(np.ones((2, 29)), 0.1, "at most 28"), ([[1.0]], -1.0, "noise_std")]
)
def test_bad_arguments_are_named(weights, std, named):
    with pytest.raises(ValueError, match=named):
        random_signs.force(weights, std)
    with pytest.raises(ValueError, match="n_weights"):
        random_signs.equal_weights(0.1, 0.1, 0)
