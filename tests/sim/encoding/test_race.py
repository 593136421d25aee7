import math
import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from scipy.integrate import solve_ivp

from sim import sparsify
from theory import Autoencoder, sparsification


def smooth_until_first_death(weights, l1, times):
    """Solve the flow of one encoding, which is smooth as long as no weight has died."""

    def flow(_, w):
        return (1 - w @ w) * w - l1 * np.sign(w)

    return solve_ivp(flow, (0, times[-1]), weights, "DOP853", times, rtol=1e-13, atol=1e-15).y.T


def test_agrees_with_the_flow_before_the_first_death():
    weights = np.array([0.5, -0.4, 0.35, -0.3, 0.45])
    times = np.linspace(0.0, 20.0, 15)
    result = sparsify(weights, 0.003, times)
    assert (result.active == 5).all()
    reference = smooth_until_first_death(weights, 0.003, times)
    np.testing.assert_allclose(result.l1_norm, np.abs(reference).sum(axis=1), rtol=1e-9)
    np.testing.assert_allclose(result.l2_norm, np.linalg.norm(reference, axis=1), rtol=1e-9)


def test_agrees_with_the_flow_across_deaths():
    """Two weights: after the death of the second, one smooth equation is left."""
    l1 = 0.05
    result = sparsify([0.6, 0.3], l1, np.array([30.0, 60.0]))
    death = result.attrs["time_to_sparsity"]

    def second_dies(_, w):
        return w[1]

    second_dies.terminal = True
    first = solve_ivp(
        lambda _, w: (1 - w @ w) * w - l1,
        (0, 100),
        [0.6, 0.3],
        "DOP853",
        events=second_dies,
        rtol=1e-13,
        atol=1e-15,
    )
    assert death == pytest.approx(first.t[-1], rel=1e-9)
    rest = solve_ivp(
        lambda _, w: (1 - w**2) * w - l1,
        (first.t[-1], 60),
        first.y[:1, -1],
        "DOP853",
        [60.0],
        rtol=1e-13,
        atol=1e-15,
    )
    assert result.l1_norm[1] == pytest.approx(rest.y[0, 0], rel=1e-9)


@pytest.mark.parametrize("decimals", [16, 4], ids=["all different", "many ties"])
def test_many_deaths_in_a_step_agree_with_the_reduced_flow(decimals):
    """``B' = 2(q(s) − B)``, ``s' = λ√B``, with q summed over all weights each time."""
    l1, times = 3e-3, np.array([1.0, 3.0, 6.0, 10.0, 20.0])
    weights = np.random.default_rng(4).normal(0, 0.9 / math.sqrt(5000), 5000).round(decimals)

    def alive(s):
        return np.maximum(np.abs(weights) - s, 0)

    def flow(_, state):
        b, s = state
        return 2 * (np.sum(alive(s) ** 2) - b), l1 * math.sqrt(b)

    reference = solve_ivp(flow, (0, 20), [1.0, 0.0], "DOP853", times, rtol=1e-12, atol=1e-13, max_step=0.01)
    b, s = reference.y  # short steps: a death spoils the order
    result = sparsify(weights, l1, times)
    expected = np.array([alive(shift) for shift in s])
    np.testing.assert_array_equal(result.active, (expected > 0).sum(axis=1))
    assert result.active[-1] < 0.3 * np.count_nonzero(weights)
    np.testing.assert_allclose(result.l1_norm, expected.sum(axis=1) / np.sqrt(b), rtol=1e-9)
    np.testing.assert_allclose(result.l2_norm, np.sqrt((expected**2).sum(axis=1) / b), rtol=1e-9)


@pytest.mark.parametrize("gap", [1e-3, 1e-9, 1e-13])
def test_near_tie_is_decided_at_the_right_time(gap):
    """The difference d of two weights only grows: ``d' = (1 − ‖w‖²) d``. The second dies when it is all."""
    l1, weights = 0.02, np.array([0.6, 0.6 * (1 - gap)])

    def flow(_, state):
        w, log_difference = state
        growth = 1 - w**2 - (w - math.exp(log_difference)) ** 2
        return growth * w - l1, growth

    def second_dies(_, state):
        return math.log(state[0]) - state[1]

    second_dies.terminal = True
    start = [weights[0], math.log(weights[0] - weights[1])]
    death = solve_ivp(flow, (0, 1e4), start, "DOP853", events=second_dies, rtol=1e-12, atol=1e-13).t[-1]
    assert sparsify(weights, l1, [0.0]).attrs["time_to_sparsity"] == pytest.approx(death, rel=1e-9)


def test_memory_is_at_most_four_arrays_with_the_input():
    weights = np.random.default_rng(5).normal(0, 1e-3, 10**6)
    sparsify(weights[:10], 1e-5)  # compiles
    tracemalloc.start()
    sparsify(weights, 1e-5)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 3 * weights.nbytes


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.floats(-1, 1).filter(lambda w: abs(w) > 1e-3), min_size=2, max_size=12, unique_by=abs),
    st.floats(1e-3, 0.2),
)
def test_winner_is_the_largest_initial_weight_and_ends_at_the_derived_size(weights, l1):
    weights = np.array(weights)
    result = sparsify(weights, l1)
    final = result.final.values
    winner = np.abs(weights).argmax()
    assert (np.delete(final, winner) == 0).all()
    assert final[winner] in (0.0, np.sign(weights[winner]) * float(sparsification.final_weight(l1)))
    assert (np.diff(result.active) <= 0).all()
    assert result.attrs["time_to_sparsity"] > 0


def test_permutation_and_signs_change_nothing():
    rng = np.random.default_rng(0)
    weights = rng.normal(size=50) / 7
    times = np.array([1.0, 10.0, 100.0])
    one = sparsify(weights, 0.01, times)
    two = sparsify(-rng.permutation(weights), 0.01, times)
    assert one.l1_norm.equals(two.l1_norm)
    assert one.active.equals(two.active)
    assert one.attrs["time_to_sparsity"] == two.attrs["time_to_sparsity"]


def test_same_winner_for_a_thousand_draws():
    rng = np.random.default_rng(1)
    for _ in range(1000):
        weights = rng.normal(0, 1000**-0.5, 1000)
        final = sparsify(weights, 1e-3, [0.0]).final.values
        assert np.flatnonzero(final) == np.abs(weights).argmax()


def test_large_encoding_follows_the_population_limit():
    model = Autoencoder(1, 100_000, 1e-5, 0.9 / math.sqrt(1e5))
    times = np.array([10.0, 100.0, 1000.0, 10000.0])
    predicted = sparsification.population(model, times)
    runs = [
        sparsify(np.random.default_rng(s).normal(0, model.init_std, model.n_neurons), 1e-5, times)
        for s in range(10)
    ]
    for name in ("active", "l1_norm"):
        values = np.array([run[name].values for run in runs])
        error = values.std(axis=0, ddof=1) / math.sqrt(len(runs))
        assert (np.abs(values.mean(axis=0) - predicted[name].values) < 4.8 * error).all()  # t, 9 df: 99.9 %


def test_weak_encoding_dies_out():
    result = sparsify([0.01, 0.002], 0.1, [0.0, 1.0])
    assert not result.final.any()
    assert result.active[-1] == 0


def test_exact_tie_never_ends_unless_it_dies():
    assert sparsify([0.5, -0.5, 0.1], 0.01, [0.0]).attrs["time_to_sparsity"] == math.inf
    assert math.isfinite(sparsify([0.5, 0.5], 0.5, [0.0]).attrs["time_to_sparsity"])


def test_encoding_of_zeros_stays():
    result = sparsify([0.0, 0.0], 0.1, [0.0, 5.0])
    assert not result.l1_norm.any()
    assert result.attrs["time_to_sparsity"] == 0


def test_default_times_reach_beyond_sparsity():
    result = sparsify([0.5, 0.3, 0.2], 0.02)
    assert result.time[0] == 0
    assert result.time[-1] > result.attrs["time_to_sparsity"]
    assert result.active[-1] == 1


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (([1.0, math.nan], 0.1), "weights"),
        (([[1.0]], 0.1), "weights"),
        (([], 0.1), "weights"),
        ((["a"], 0.1), "weights"),
        (([1.0], 0.0), "l1"),
        (([1.0], math.nan), "l1"),
        (([1.0], 0.1, [2.0, 1.0]), "times"),
        (([1.0], 0.1, [-1.0]), "times"),
    ],
)
def test_bad_input_is_named(arguments, named):
    with pytest.raises((ValueError, TypeError), match=f"^{named} must"):
        sparsify(*arguments)
