import numpy as np
import pytest
from hypothesis import given, strategies as st

from sim.monosemanticity import dead_neurons, own_neurons, participation, selectivity
from validation import monosemantic_neurons

# one feature, two alike, nearly one, dead, one negative
NEURONS = np.array(
    [
        [2.0, 1.0, 0.9995, 0.0, 0.0],
        [0.0, 1.0, 0.0005, 0.0, -3.0],
        [0.0, 0.0, 0.0, 0.0, 0.0],
    ]
)


def test_monosemantic_neurons():
    assert monosemantic_neurons(NEURONS).tolist() == [True, False, True, False, True]
    assert monosemantic_neurons(NEURONS, 0.9999).tolist() == [True, False, False, False, True]
    assert dead_neurons(NEURONS).tolist() == [False, False, False, True, False]
    assert own_neurons(NEURONS).tolist() == [2, 1, 0]


def test_indices():
    np.testing.assert_allclose(selectivity(NEURONS), [1, 0.5, 0.9995, 0, 1])
    np.testing.assert_allclose(participation(NEURONS), [1, 2, 1.001, 0, 1], atol=1e-5)


def test_replicates_are_one_by_one():
    both = np.stack([NEURONS, NEURONS[::-1]])
    for measure in (monosemantic_neurons, selectivity, participation, own_neurons):
        np.testing.assert_array_equal(measure(both), [measure(one) for one in both])


@given(st.integers(0, 2**32), st.sampled_from([1e-200, 0.3, 1e20]))
def test_indices_have_their_bounds_and_know_no_scale(seed, scale):
    rng = np.random.default_rng(seed)
    activations = rng.lognormal(0, 3, (4, 30)) * (rng.random((4, 30)) < 0.5)
    share, number = selectivity(activations), participation(activations)
    alive = ~dead_neurons(activations)
    assert (share[alive] >= 0.25 - 1e-9).all()
    assert (share <= 1).all()
    assert (number[alive] >= 1 - 1e-9).all()
    assert (number <= 4 + 1e-9).all()
    np.testing.assert_allclose(selectivity(scale * activations), share)


@pytest.mark.parametrize(
    ("named", "call"),
    [
        ("activations", lambda: monosemantic_neurons([1.0, 2.0])),
        ("activations", lambda: monosemantic_neurons([[np.nan]])),
        ("threshold", lambda: monosemantic_neurons([[1.0]], 1.5)),
    ],
)
def test_bad_arguments_are_named(named, call):
    with pytest.raises(ValueError, match=f"^{named} must"):
        call()
