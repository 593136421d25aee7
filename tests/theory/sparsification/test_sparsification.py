import numpy as np
import pytest
from scipy import stats
from scipy.integrate import solve_ivp

from theory import sparsification
from theory.model import Autoencoder
from theory.sparsification.reduction import LARGEST_L1

PAPER = Autoencoder(n_features=1, n_neurons=100_000, l1=1e-5, init_std=0.9 / np.sqrt(100_000))


def direct(weights, l1, times):
    """Integrate the flow of one encoding weight by weight: no reduction, sign(0) = 0 by a steep ramp."""
    scale = 1e-7

    def flow(_, w):
        return (1 - w @ w) * w - l1 * np.clip(w / scale, -1, 1)

    return solve_ivp(flow, (0, times[-1]), weights, "LSODA", t_eval=times, rtol=1e-9, atol=1e-11).y.T


def reduced(weights, l1, times):
    """Integrate the two variables for given weights."""
    u = np.abs(weights)

    def flow(_, state):
        clock, level = state
        return 2 * ((np.maximum(u - level, 0) ** 2).sum() - clock), l1 * np.sqrt(clock)

    clock, level = solve_ivp(flow, (0, times[-1]), (1, 0), "LSODA", t_eval=times, rtol=1e-10, atol=1e-12).y
    return np.sign(weights) * np.maximum(u - level[:, None], 0) / np.sqrt(clock)[:, None]


def test_two_variables_carry_the_whole_flow():
    weights = np.random.default_rng(0).normal(0, 0.2, 12)
    times = np.array([0.5, 2.0, 8.0, 30.0])
    np.testing.assert_allclose(reduced(weights, 0.02, times), direct(weights, 0.02, times), atol=1e-6)


def test_population_is_the_sampled_encoding_within_its_error():
    times = np.array([10.0, 100.0, 1000.0])
    rng = np.random.default_rng(1)
    draws = [reduced(PAPER.initial(rng)[0], PAPER.l1, times) for _ in range(4)]
    predicted = sparsification.population(PAPER, times)
    active = predicted.active.values
    for measured, expected, error in (
        (np.mean([np.count_nonzero(w, axis=1) for w in draws], axis=0), active, np.sqrt(active) / 2),
        (np.mean([np.abs(w).sum(1) for w in draws], axis=0), predicted.l1_norm.values, 0.5),
        (np.mean([np.sqrt((w**2).sum(1)) for w in draws], axis=0), predicted.l2_norm.values, 1e-4),
    ):
        assert (np.abs(measured - expected) < 4 * error).all()


def test_population_at_the_settings_of_the_paper():
    predicted = sparsification.population(PAPER, [0.0, 1000.0])
    np.testing.assert_allclose(predicted.active, [100_000, 14_588], atol=0.5)
    np.testing.assert_allclose(predicted.l1_norm, [0.9 * np.sqrt(2e5 / np.pi), 90.7], atol=0.05)
    np.testing.assert_allclose(predicted.l2_norm[0], 0.9)


def test_population_follows_the_slow_manifold_and_the_late_law():
    predicted = sparsification.population(PAPER, [100.0, 1e4, 1e6])
    slow = sparsification.slow_manifold(PAPER.l1, predicted.l1_norm)
    np.testing.assert_allclose(predicted.l2_norm, slow, atol=PAPER.l1**2 * PAPER.n_neurons)
    assert 1 - slow[0] > 100 * abs(predicted.l2_norm[0] - slow[0])
    scaled = predicted.active * (PAPER.l1 * predicted.time) ** 2
    ratio = predicted.active / predicted.l1_norm**2
    assert (np.diff(abs(scaled - 2)) < 0).all()
    assert (np.diff(abs(ratio - 2)) < 0).all()
    assert abs(ratio[-1] - 2) < 0.1


def test_heuristic_has_the_right_powers_and_the_wrong_constants():
    guess = sparsification.paper_heuristic(PAPER, [0.0, 1000.0, 1e9])
    np.testing.assert_allclose(guess.active[:2], [100_000, 5772], rtol=1e-3)
    np.testing.assert_allclose(guess.l1_norm[1:], [76, 1e-4], rtol=1e-3)


@pytest.mark.parametrize("l1", [0.0, 1e-3, 0.1, 0.38])
def test_final_weight_is_where_the_flow_ends(l1):
    weight = sparsification.final_weight(l1)
    assert weight * (1 - weight**2) == pytest.approx(l1, abs=1e-14)
    assert direct(np.array([0.9]), l1, [400.0])[0, 0] == pytest.approx(weight, abs=1e-6)


def test_beyond_the_largest_l1_the_encoding_dies():
    assert sparsification.final_weight(float(LARGEST_L1) + 1e-9) == 0
    assert abs(direct(np.array([0.9]), 0.4, [400.0])[0, 0]) < 1e-6


@pytest.mark.parametrize(
    ("weights", "number", "norm"),
    [
        (stats.laplace(0, 1e-2), 2.0, 1.0),
        (stats.t(3, 0, 1e-2), 2 * (2 / 3) * (1 / 3), 1 / 3),
        (stats.uniform(-0.01, 0.02), 12.0, 3.0),
    ],
)
def test_late_law_depends_on_the_tail_alone(weights, number, norm):
    late = sparsification.population(PAPER, [1e6], weights)
    scaled = PAPER.l1 * late.time
    np.testing.assert_allclose((late.active * scaled**2)[-1], number, rtol=0.01)
    np.testing.assert_allclose((late.l1_norm * scaled)[-1], norm, rtol=0.01)


def test_late_correction_of_normal_weights():
    late = sparsification.population(PAPER, [1e5, 1e9])
    zeta = stats.norm.isf(late.active.values / PAPER.n_neurons / 2)
    scaled = PAPER.l1 * late.time.values
    errors = [
        late.active * scaled**2 / 2 - 1 - 3 / zeta**2,
        late.l1_norm * scaled - 1 - 2 / zeta**2,
    ]
    for error in errors:
        assert (abs(error) < 20 / zeta**4).all()


def test_population_of_a_sample():
    weights = np.random.default_rng(3).normal(0, PAPER.init_std, 200_000)
    times = [100.0, 1000.0]
    sample, limit = (sparsification.population(PAPER, times, w) for w in (weights, None))
    np.testing.assert_allclose(sample.active, limit.active, rtol=0.02)
    np.testing.assert_allclose(sample.l2_norm, limit.l2_norm, atol=1e-4)


def test_population_that_dies_stays_dead():
    """However late, of a bounded distribution under an L1 that is too strong for it."""
    model = Autoencoder(1, 128, 0.9)
    late = sparsification.population(model, [1e3, 1e20], stats.uniform(-0.1, 0.2))
    assert not late.active.any()
    assert not late.l2_norm.any()


@pytest.mark.parametrize("times", [[-1.0, 1.0], [2.0, 1.0], [np.nan]])
def test_bad_times_are_named(times):
    with pytest.raises(ValueError, match="times"):
        sparsification.population(PAPER, times)
