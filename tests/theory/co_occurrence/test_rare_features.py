from itertools import product

import numpy as np
import pytest

from theory import co_occurrence
from theory.flow import derived_forces


def enumerated_loss(W, p):
    total = 0.0
    for row in product((0.0, 1.0), repeat=len(W)):
        x = np.array(row)
        chance = np.prod(np.where(x > 0, p, 1 - p))
        total += chance * ((np.maximum(W @ (W.T @ x), 0) - x) ** 2).sum()
    return total


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_error_is_of_third_order(seed):
    W = np.random.default_rng(seed).normal(0, 0.4, (6, 8))
    errors = [co_occurrence.expected_loss(W, p) - enumerated_loss(W, p) for p in (0.004, 0.002, 0.001)]
    np.testing.assert_allclose(np.divide(errors[:-1], errors[1:]), 8, rtol=0.05)


def test_force_is_minus_the_gradient_of_the_loss_per_occurrence():
    W, p, step = np.random.default_rng(3).normal(0, 0.4, (5, 6)), 0.1, 1e-5
    numeric = np.empty_like(W)
    for at in np.ndindex(W.shape):
        moved = [W.copy(), W.copy()]
        moved[0][at] += step
        moved[1][at] -= step
        change = np.subtract(*(co_occurrence.expected_loss(around, p) for around in moved))
        numeric[at] = -change / (2 * step) / (4 * p)
    np.testing.assert_allclose(co_occurrence.force(W, p), numeric, rtol=0, atol=1e-9)


def test_force_without_co_occurrence_is_that_of_the_flow():
    W = np.random.default_rng(4).normal(0, 0.6, (4, 5))
    derived = derived_forces(*W.shape)
    expected = derived["feature_benefit"](W) + derived["interference"](W)
    np.testing.assert_allclose(co_occurrence.force(W, 0.0), expected, rtol=0, atol=1e-13)


def test_two_features_are_exact():
    W = np.array([[0.9, 0.2], [-0.7, 0.1]])
    assert co_occurrence.expected_loss(W, 0.3) == pytest.approx(enumerated_loss(W, 0.3), rel=1e-12)


def test_cost_of_a_benign_pair_is_exact():
    apart = np.eye(5)
    pair = apart.copy()
    pair[1] = -pair[0]
    for p in (0.01, 0.4):
        cost = enumerated_loss(pair, p) - enumerated_loss(apart, p)
        assert co_occurrence.pair_cost(p) == pytest.approx(cost, rel=1e-12)
        assert co_occurrence.expected_loss(pair, p) == pytest.approx(cost, rel=1e-12)


@pytest.mark.parametrize("p", [-0.1, 1.0, np.nan])
def test_bad_arguments_are_named(p):
    for function in (co_occurrence.expected_loss, co_occurrence.force):
        with pytest.raises(ValueError, match="probability"):
            function(np.eye(2), p)
    with pytest.raises(ValueError, match="probability"):
        co_occurrence.pair_cost(p)
