import numpy as np
import pytest

from sim import simulate
from sim.forces import action, l2_decay, smooth_force
from theory import Autoencoder
from theory.sparsification.reduction import final_weight

RATE = 0.2
ALL = ("feature_benefit", "interference", "l1", l2_decay(RATE))


def run(method, forces=ALL, l1=0.02, until=20.0, seed=0, **options):
    return simulate(Autoencoder(4, 8, l1), seed, until=until, method=method, forces=forces, **options)


def test_force_is_minus_the_gradient_of_half_the_squared_norm():
    weights = np.random.default_rng(0).normal(size=(3, 5))
    weights[1, 2:] = 0.0
    np.testing.assert_allclose(smooth_force(weights, action([l2_decay(RATE)])), -RATE * weights, rtol=1e-14)


@pytest.mark.parametrize(("method", "atol"), [("event", 1e-9), ("splitting", 2e-3), ("euler", 2e-2)])
def test_norms_follow_the_logistic_law(method, atol):
    """With feature benefit, ``N' = 2 N (1 − rate − N)`` for ``N = ‖W_i‖²``."""
    times = np.array([0.0, 0.3, 1.0, 3.0, 20.0])
    forces = ("feature_benefit", l2_decay(RATE))
    result = run(method, forces, times=times, rtol=1e-3 if method == "splitting" else None)
    start, end = result.l2_norm[0].values ** 2, 1 - RATE
    expected = end / (1 + (end / start - 1) * np.exp(-2 * end * times)[:, None])
    np.testing.assert_allclose(result.l2_norm**2, expected, rtol=0, atol=atol)


@pytest.mark.parametrize(("method", "atol"), [("event", 1e-9), ("splitting", 1e-5), ("euler", 1e-9)])
def test_winners_rest_where_l1_and_l2_balance_feature_benefit(method, atol):
    """``w (1 − w² − rate) = λ``: in units of ``√(1 − rate)`` a single weight at a stronger L1."""
    rtol = atol if method == "splitting" else None  # its last steps are long
    final = run(method, until=1000.0, rtol=rtol).final.values
    winners = np.abs(final[final != 0])
    assert winners.size == 4
    expected = np.sqrt(1 - RATE) * final_weight(0.02 / (1 - RATE) ** 1.5)
    np.testing.assert_allclose(winners, expected, rtol=0, atol=atol)


@pytest.mark.parametrize("method", ["splitting", "euler"])
def test_other_methods_converge_to_event(method):
    errors = np.zeros(3)
    for seed in range(4):
        exact = run("event", seed=seed).final
        runs = [run(method, seed=seed, rtol=rtol, times=[0.0]).final for rtol in (1e-2, 1e-3, 1e-4)]
        errors += [float(np.abs(final - exact).max()) / 4 for final in runs]
    assert errors[0] > 5 * errors[1] > 25 * errors[2]
    assert errors[0] < 5e-3


@pytest.mark.parametrize("rate", [-0.1, np.nan, "much", [0.1]])
def test_bad_rate_is_named(rate):
    with pytest.raises(ValueError, match=r"^rate must be a finite number of at least 0"):
        l2_decay(rate)
