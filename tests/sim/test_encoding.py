import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
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
