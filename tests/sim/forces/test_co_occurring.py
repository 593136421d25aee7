import numpy as np
import pytest

from sim import simulate
from sim.forces import action, co_occurrence, smooth_force
from theory import Autoencoder, co_occurrence as theory
from theory.co_occurrence import pair_at_rest, pair_escape

AT_ONCE = ("feature_benefit", "interference")
MODEL = Autoencoder(5, 8, 0.02)


def run(method="splitting", probability=0.05, seed=0, **options):
    forces = (*AT_ONCE, "l1", co_occurrence(probability))
    return simulate(MODEL, seed, until=20.0, method=method, forces=forces, **options)


@pytest.mark.parametrize("probability", [0.0, 0.01, 0.3])
@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (5, 4), (9, 12)])
def test_with_the_forces_of_features_alone_it_is_the_derived_one(shape, probability):
    rng = np.random.default_rng(0)
    for _ in range(3):
        weights = rng.normal(0, 0.6, shape)
        weights[rng.random(shape) < 0.4] = 0.0
        acting = smooth_force(weights, action((*AT_ONCE, co_occurrence(probability))))
        np.testing.assert_allclose(acting, theory.force(weights, probability), rtol=0, atol=1e-13)


def test_an_output_at_its_kink_counts_as_off():
    weights = np.array([[1.0, 0.0], [-1.0, 0.0]])
    acting = smooth_force(weights, action((*AT_ONCE, co_occurrence(0.1))))
    np.testing.assert_array_equal(acting, 0.0)
    np.testing.assert_array_equal(theory.force(weights, 0.1), 0.0)


def test_slope_is_that_of_the_mismatch():
    weights, n = np.random.default_rng(1).normal(0, 0.5, (6, 4)), 6
    gram, step, kernel = weights @ weights.T, 1e-6, co_occurrence(0.1).mismatch
    slope = np.zeros((n, n))
    kernel(gram, np.zeros((n, n)), slope)
    for i, j in np.ndindex(n, n):
        ends = []
        for sign in (1, -1):
            moved, mismatch = gram.copy(), np.zeros((n, n))
            moved[i, j] += sign * step
            moved[j, i] = moved[i, j]
            kernel(moved, mismatch, np.zeros((n, n)))
            ends.append(mismatch[i, j])
        assert slope[i, j] == pytest.approx((ends[1] - ends[0]) / (2 * step), abs=1e-8)


@pytest.mark.parametrize(("method", "atol"), [("splitting", 1e-5), ("euler", 1e-9)])
@pytest.mark.parametrize(("l1", "probability"), [(0.05, 0.1), (0.01, 0.3)])
def test_benign_pair_rests_where_derived(method, atol, l1, probability):
    final = simulate(
        Autoencoder(2, 2, l1),
        initial=[[1.1, 0.0], [-0.8, 0.0]],
        until=500.0,
        method=method,
        forces=(*AT_ONCE, "l1", co_occurrence(probability)),
    ).final
    larger, smaller = pair_at_rest.benign_pair(l1, probability)
    np.testing.assert_allclose(final, [[larger, 0], [-smaller, 0]], rtol=0, atol=atol)


@pytest.mark.parametrize("method", ["splitting", "euler"])
@pytest.mark.parametrize("feature", [0, 1])
def test_benign_pair_comes_apart_above_the_threshold(method, feature):
    l1, probability = 0.02, 0.1
    larger, smaller = pair_at_rest.benign_pair(l1, probability)
    threshold = pair_at_rest.rebirth_threshold(l1, probability)[feature]
    alive = []
    for weight in (0.8 * threshold, 1.2 * threshold):
        initial = np.array([[larger, 0.0], [-smaller, 0.0]])
        initial[feature, 1] = weight
        forces = (*AT_ONCE, "l1", co_occurrence(probability))
        final = simulate(
            Autoencoder(2, 2, l1), initial=initial, until=300.0, method=method, forces=forces
        ).final
        alive.append(final[feature, 1] > weight)
    assert alive == [False, True]


def test_splitting_converges_to_euler():
    errors = np.zeros(2)
    for seed in range(4):
        coarse, fine = (run("euler", seed=seed, rtol=h).final for h in (4e-3, 2e-3))
        exact = 2 * fine - coarse  # Euler's error is proportional to its step
        runs = [run(seed=seed, rtol=rtol, times=[0.0]).final for rtol in (1e-2, 1e-3)]
        errors += [float(np.abs(final - exact).max()) / 4 for final in runs]
    assert errors[0] > 5 * errors[1]
    assert errors[0] < 5e-3


def test_without_probability_nothing_is_added():
    alone = simulate(MODEL, 0, until=20.0)
    np.testing.assert_array_equal(run(probability=0.0).final, alone.final)


def test_event_refuses_it():
    with pytest.raises(ValueError, match=r"^method must not be 'event' .* co_occurrence\(0\.05\)"):
        run("event")


@pytest.mark.parametrize("probability", [-0.1, 1.0, np.nan, [0.1]])
def test_bad_probability_is_named(probability):
    with pytest.raises(ValueError, match=r"^probability must be (a finite number of at least 0|less than 1)"):
        co_occurrence(probability)


@pytest.mark.parametrize("ratio", [0.3, 1.0, 3.0])
def test_a_runner_up_above_the_derived_threshold_leads_a_feature_out_of_its_pair(ratio):
    l1 = 1e-3
    threshold = pair_escape.escape_threshold(l1, ratio * l1)
    for factor in (0.95, 1.05):
        g = factor * threshold
        final = simulate(
            Autoencoder(2, 2, l1),
            initial=[[np.sqrt(1 - g**2), g], [-1.0, 0.0]],
            until=20 / l1,
            forces=(*AT_ONCE, "l1", co_occurrence(ratio * l1)),
        ).final.values
        assert (final[0] == 0).tolist() == [factor > 1, factor < 1]
