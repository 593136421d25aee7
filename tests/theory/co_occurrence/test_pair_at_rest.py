import numpy as np
import pytest
from scipy import integrate

from theory.co_occurrence import pair_at_rest

INPUTS = np.array([[1.0, 0.0], [0.0, 1.0], [1.0, 1.0]])


def energy(W, l1, p):
    """Expected loss over 4p of two features, and L1."""
    chances = np.array([1 - p, 1 - p, p])
    output = np.maximum(INPUTS @ W @ W.T, 0)
    return (chances * ((output - INPUTS) ** 2).sum(axis=1)).sum() / 4 + l1 * np.abs(W).sum()


def force(W, l1, p, step=1e-6):
    result = np.empty_like(W)
    for at in np.ndindex(W.shape):
        moved = [W.copy(), W.copy()]
        moved[0][at] += step
        moved[1][at] -= step
        result[at] = (energy(moved[1], l1, p) - energy(moved[0], l1, p)) / (2 * step)
    return result


@pytest.mark.parametrize(("l1", "p"), [(0.0, 0.1), (0.01, 0.02), (0.05, 0.5), (0.2, 0.2)])
def test_rests_where_the_energy_is_least(l1, p):
    a, b = pair_at_rest.benign_pair(l1, p)
    assert a > b > 0
    np.testing.assert_allclose(force(np.array([[a], [-b]]), l1, p), 0, atol=1e-8)
    flow = integrate.solve_ivp(
        lambda _, w: force(w[:, None], l1, p).ravel(), (0, 60), [1.0, -0.99], rtol=1e-8, atol=1e-10
    )
    np.testing.assert_allclose(flow.y[:, -1], [a, -b], atol=1e-5)


def test_leading_order():
    errors = []
    for p in (0.02, 0.01):
        a, b = pair_at_rest.benign_pair(p / 5, p)
        errors.append((a - (1 + p / 4 - p / 10), b - (1 - p / 4 - p / 10)))
    np.testing.assert_allclose(np.divide(*errors), 4, rtol=0.05)  # of second order


@pytest.mark.parametrize("l1", [0.05, 0.2])
def test_comes_apart_above_the_critical_probability(l1):
    critical = pair_at_rest.critical_probability(l1)
    smaller = []
    for p in (critical - 0.01, critical + 0.01):
        flow = integrate.solve_ivp(
            lambda _, w, p=p: force(w[:, None], l1, p).ravel() * (np.abs(w) > 1e-3), (0, 500), [1.0, -0.99]
        )
        smaller.append(-flow.y[1, -1])
    assert smaller[0] > 0.3
    assert smaller[1] < 0.01


@pytest.mark.parametrize(("l1", "p"), [(1e-3, 0.02), (1e-3, 0.05)])
def test_weights_above_the_threshold_grow_and_others_shrink(l1, p):
    a, b = pair_at_rest.benign_pair(l1, p)
    for row, threshold in enumerate(pair_at_rest.rebirth_threshold(l1, p)):
        assert threshold == pytest.approx(l1 / (l1 + p / 2), rel=0.1)
        for factor, sign in ((0.85, -1), (1.15, 1)):
            start = np.array([[a, 0.0], [-b, 0.0]])
            start[row, 1] = factor * threshold

            def grown(t, w, row=row, start=start):
                return (w[2 * row + 1] / start[row, 1] - 0.8) * (w[2 * row + 1] / start[row, 1] - 1.2)

            grown.terminal = True
            free = start != 0
            flow = integrate.solve_ivp(
                lambda t, w, free=free: (force(w.reshape(2, 2), l1, p) * free).ravel(),
                (0, 1e4),
                start.ravel(),
                events=grown,
            )
            assert np.sign(flow.y[2 * row + 1, -1] - start[row, 1]) == sign


def test_limits():
    assert pair_at_rest.rebirth_threshold(0.0, 0.1) == (0.0, 0.0)
    assert pair_at_rest.rebirth_threshold(1e-5, 0.0) == pytest.approx((1, 1), rel=1e-4)
    assert pair_at_rest.critical_probability(0.0) == pytest.approx(1, abs=1e-3)
    with pytest.raises(ValueError, match="l1"):
        pair_at_rest.critical_probability(0.4)
    with pytest.raises(ValueError, match="no benign pair"):
        pair_at_rest.rebirth_threshold(0.2, 0.5)
    with pytest.raises(ValueError, match="probability"):
        pair_at_rest.benign_pair(0.1, 1.0)
