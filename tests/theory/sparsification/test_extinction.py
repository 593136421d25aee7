import numpy as np
import pytest
from scipy.integrate import solve_ivp

from theory.sparsification import extinction_threshold
from theory.sparsification.extinction import threshold
from theory.sparsification.reduction import LARGEST_L1


def survives(weights, l1):
    def flow(_, w):
        return (1 - w @ w) * w - l1 * np.clip(w / 1e-6, -1, 1)

    end = solve_ivp(flow, (0, 300), weights, "LSODA", rtol=1e-8, atol=1e-9).y[:, -1]
    return np.abs(end).max() > 0.1


@pytest.mark.parametrize("seed", range(4))
def test_threshold_parts_life_from_death(seed):
    weights = np.random.default_rng(seed).normal(0, 0.25, 16)
    l1 = threshold(weights)
    assert survives(weights, 0.99 * l1)
    assert not survives(weights, 1.01 * l1)


def test_bounds():
    rng = np.random.default_rng(1)
    for m in (2, 10, 200):
        weights = rng.normal(0, m**-0.5, m)
        assert threshold(weights) <= min(np.abs(weights).max(), float(LARGEST_L1))


def test_typical_encoding_is_the_median_over_draws():
    rng = np.random.default_rng(2)
    drawn = [threshold(rng.normal(0, 0.1, 100)) * 10 for _ in range(30)]
    low, high = np.quantile(drawn, [0.25, 0.75])
    assert low < extinction_threshold(100) < high


def test_threshold_grows_slower_than_the_largest_weight():
    thresholds = np.array([extinction_threshold(m) for m in (10, 100, 1000)])
    bound = np.sqrt(2 * np.log([10, 100, 1000]))
    assert (np.diff(thresholds) > 0).all()
    assert (thresholds < bound).all()


def test_bad_number_is_named():
    with pytest.raises(ValueError, match="n_neurons"):
        extinction_threshold(1)
