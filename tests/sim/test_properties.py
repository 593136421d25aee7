"""What holds of the flow whatever the weights: symmetries, falling energy, composition, odd weights.

The flow has the symmetries exactly. Sums over features and neurons are taken in another order when these
are permuted, and rounding is then another one: results agree to `ROUNDING`, and bit for bit where no sum is.
A composed run ends a step where the first part ends: it agrees to the tolerance of the method.
"""

import numpy as np
import pytest
from hypothesis import given, settings, strategies as st
from hypothesis.extra.numpy import arrays

from sim import simulate, sparsify
from sim.flow import LONGEST, Flow
from sim.forces import FORCES
from theory import Autoencoder
from theory.common.arguments import ArgumentError

METHODS = ("splitting", "event", "euler")
ROUNDING = 1e-9
COMPOSED = {"splitting": 0.05, "event": 1e-7, "euler": 0.02}  # ten times rtol; euler's steps are as long
SIZE = n, m = 3, 5
SIMPLE = arrays(np.float64, SIZE, elements=st.floats(-1, 1, width=16).filter(lambda w: abs(w) > 0.01))
ODD = st.one_of(
    st.sampled_from([0.0, -0.0, 0.5, -0.5, 1.0, 5e-324, -2e-310, 1e-200, 1e-40, 1e-17]),  # ties among them
    st.floats(-1, 1),
)
LONG = st.floats(-LONGEST / 3, LONGEST / 3)
every_method = pytest.mark.parametrize("method", METHODS)


def examples(number):
    return settings(max_examples=number, deadline=None)


def final(weights, method, until=5.0, l1=0.02, **options):
    model = Autoencoder(*weights.shape, l1)
    return simulate(model, initial=weights, until=until, times=[0.0], method=method, **options).final.values


@every_method
@examples(15)
@given(SIMPLE, st.permutations(range(n)), st.permutations(range(m)))
def test_permutations_commute_with_the_flow(method, weights, features, neurons):
    moved = final(weights[features][:, neurons], method)
    np.testing.assert_allclose(moved, final(weights, method)[features][:, neurons], rtol=0, atol=ROUNDING)


@every_method
@examples(15)
@given(SIMPLE, arrays(np.float64, m, elements=st.sampled_from([-1.0, 1.0])))
def test_signs_of_neurons_commute_with_the_flow_bit_for_bit(method, weights, signs):
    """Products and sums in the same order have the same rounding whatever the signs of neurons."""
    np.testing.assert_array_equal(final(weights * signs, method), final(weights, method) * signs)


@every_method
@examples(10)
@given(st.integers(0, 2**32), st.just(0.0) | st.floats(1e-30, 0.1))
def test_energy_falls(method, seed, l1):
    result = simulate(Autoencoder(6, 12, l1), seed, until=60.0, method=method)
    # between steps weights are wrong by a tenth of rtol, and the energy's gradient is of the size of weights
    rise = 0.1 * result.attrs["rtol"] if method == "splitting" else 1e-9
    assert (np.diff(result.energy) <= rise).all()


@every_method
@examples(10)
@given(st.integers(0, 2**32), st.floats(0.01, 9.9))
def test_run_to_one_time_and_on_is_the_run_to_the_other(method, seed, first):
    weights = Autoencoder(6, 12, 0.02).initial(np.random.default_rng(seed))
    whole = final(weights, method, 10.0)
    composed = final(final(weights, method, first), method, 10.0 - first)
    np.testing.assert_allclose(composed, whole, rtol=0, atol=COMPOSED[method])


@every_method
@pytest.mark.filterwarnings("ignore:not sparse", "ignore:n_neurons")
@examples(40)
@given(arrays(np.float64, SIZE, elements=ODD), st.sampled_from([0.0, 1e-3, 0.1, 0.5]))
def test_ties_zeros_and_subnormal_weights_are_followed(method, weights, l1):
    """Zeros stay with L1 and no force beyond it; a row of zeros stays in any case; nothing is NaN."""
    moved = final(weights, method, 20.0, l1)
    assert np.isfinite(moved).all()
    assert np.linalg.norm(moved, axis=1).max() < 1.1 * max(1.0, np.linalg.norm(weights, axis=1).max())
    np.testing.assert_array_equal(moved[~weights.any(axis=1)], 0)
    np.testing.assert_array_equal(moved[:, ~weights.any(axis=0)], 0)


@pytest.mark.parametrize("method", ["splitting", "event"])
@examples(10)
@given(arrays(np.float64, SIZE, elements=LONG))
def test_long_encodings_are_followed(method, weights):
    moved = final(weights, method, 5.0)
    assert np.linalg.norm(moved, axis=1).max() < 1.1


def test_steps_of_euler_that_are_too_long_are_refused_in_one_line():
    weights = Autoencoder(8, 16, 0.02, 10.0).initial(np.random.default_rng(1))
    with pytest.raises(
        ValueError, match=r"^forces must be finite.* rtol less than 0.05, if steps by 'euler'"
    ):
        final(weights, "euler")
    assert np.isfinite(final(weights, "euler", rtol=1e-4)).all()


@every_method
def test_huge_weights_are_refused_in_one_line(method):
    for huge in (1.1e3, 1e30, float(-(2**63))):
        with pytest.raises(ValueError, match=r"^initial must have encodings of norm at most 1000"):
            final(np.array([[huge, 1.0], [0.5, 0.2]]), method)
    for std in (1e4, 1e10, 1e30):
        with pytest.raises(ValueError, match=r"^init_std must"):
            simulate(Autoencoder(3, 5, 0.02, std), method=method)


@pytest.mark.parametrize(
    ("method", "least"), [("splitting", "1e-12"), ("event", "1e-15"), ("euler", "1e-12")]
)
@pytest.mark.parametrize("rtol", [1e-30, 1e-16, 1.001, 1e6])
def test_tolerances_are_such_as_floats_can_keep(method, least, rtol):
    with pytest.raises(ValueError, match=f"^rtol must be from {least} to 1 by '{method}'"):
        final(np.eye(2), method, rtol=rtol)


@every_method
@examples(5)
@given(SIMPLE, st.sampled_from([0.1, 0.5, 1.0]))
def test_the_largest_tolerances_end(method, weights, rtol):
    assert np.isfinite(final(weights, method, rtol=rtol)).all()


@every_method
@pytest.mark.parametrize("shape", [(8, 16), (64, 128)])
def test_coming_back_to_python_changes_no_bit(method, shape, monkeypatch):
    """A run whose kernels come back after each evaluation is that of kernels that stay."""
    model, until = Autoencoder(*shape, 0.02), 60.0 if shape == (8, 16) else 0.3
    runs = []
    for most in (10**9, 1):
        calls = []

        def advance(flow, seconds, evaluations, most=most, calls=calls):
            calls.append(evaluations)
            flow._most = most

        monkeypatch.setattr(Flow, "_breathe", advance)
        flow = Flow(model, model.initial(np.random.default_rng(0)), method, FORCES, None)
        flow._most = most
        flow.advance(until)
        runs.append(
            (flow.weights, flow.deaths, flow.rebirths, flow.evaluations, flow.last_change, len(calls))
        )
    (stayed, *events, calls), (came_back, *same_events, more_calls) = runs
    np.testing.assert_array_equal(stayed, came_back)
    assert events == same_events
    assert calls == 1
    assert more_calls > 3


@pytest.mark.parametrize("l1", [1e-30, 1e-17])
def test_l1_too_weak_for_floats_is_refused_in_one_line(l1):
    with pytest.raises(ValueError, match=r"^l1 must be at least about .* for these weights"):
        sparsify(np.array([1.0, 0.5]), l1)


def followed_or_refused(weights, l1):
    try:
        return sparsify(weights, l1), ""
    except ArgumentError as error:
        return None, str(error)


@pytest.mark.filterwarnings("ignore")  # of SciPy's, about the winner alone
@examples(100)
@given(
    arrays(np.float64, st.integers(1, 12), elements=st.one_of(ODD, st.floats(-1e30, 1e30))),
    st.floats(-30, 30),
)
def test_one_encoding_is_followed_or_refused_in_one_line(weights, exponent):
    result, line = followed_or_refused(weights, 10.0**exponent)
    if result is None:
        assert line.startswith("l1 must be at least about")
        assert "\n" not in line
        return
    for name in ("active", "l1_norm", "l2_norm", "final"):
        assert np.isfinite(result[name]).all()
