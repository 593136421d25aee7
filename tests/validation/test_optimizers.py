import math

import numpy as np
import pytest

from validation.optimizers import OPTIMIZERS, AdamW, GradientDescent


def test_gradient_descent_steps_against_the_gradient_in_place():
    weights = np.array([1.0, -2.0])
    GradientDescent(weights, 0.1).update(np.array([3.0, 4.0]))
    np.testing.assert_allclose(weights, [0.7, -2.4])


@pytest.mark.parametrize(("dtype", "tolerance"), [("float64", 1e-13), ("float32", 1e-6)])
def test_adamw_is_the_published_algorithm(dtype, tolerance):
    """Step by step with bias-corrected moments, as Loshchilov & Hutter and PyTorch write it."""
    rng = np.random.default_rng(3)
    weights = rng.normal(size=(2, 3, 4)).astype(dtype)
    expected = weights.astype(float)
    mean, square, rate = np.zeros_like(expected), np.zeros_like(expected), 0.01
    optimizer = AdamW(weights, rate)
    for t in range(1, 200):
        gradient = (10.0 ** rng.uniform(-6, 2) * rng.normal(size=weights.shape)).astype(dtype)
        g = gradient.astype(float)
        mean = 0.9 * mean + 0.1 * g
        square = 0.999 * square + 0.001 * g**2
        expected *= 1 - rate * 0.01
        expected -= rate * (mean / (1 - 0.9**t)) / (np.sqrt(square / (1 - 0.999**t)) + 1e-8)
        optimizer.update(gradient)
        np.testing.assert_allclose(weights, expected, rtol=0, atol=tolerance * math.sqrt(t))
    assert weights.dtype == dtype


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_weights_held_at_zero_stay_within_the_jitter(name):
    """Under ``λ |w| − force · w`` with |force| < λ the flow stops at 0; steps jump about it."""
    l1, rate = 0.05, 0.01
    force = np.linspace(-0.95, 0.95, 39) * l1
    weights = np.linspace(-0.1, 0.1, 39)
    optimizer = OPTIMIZERS[name](weights, rate)
    for _ in range(8000):
        optimizer.update(l1 * np.sign(weights) - force)
    largest = 0.0
    for _ in range(1000):
        optimizer.update(l1 * np.sign(weights) - force)
        largest = max(largest, np.abs(weights).max())
    assert 0.1 * optimizer.jitter(l1) < largest <= optimizer.jitter(l1)
