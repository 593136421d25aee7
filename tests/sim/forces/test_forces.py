import numpy as np
import pytest
from numba import njit

from sim import simulate
from sim.forces import FORCES, action, own_force, smooth_force
from sim.forces.l1 import constant_push, shrink, time_of_death
from theory import Autoencoder
from theory.flow import derived_forces

RNG = np.random.default_rng(5)
SHAPES = [(1, 1), (2, 3), (3, 2), (4, 5)]
STANDARD = tuple(FORCES)


@njit
def pull(weights, force):
    force -= 0.1 * weights


@njit
def ridge(weights, time):
    weights /= 1.0 + 0.1 * time


@njit
def decay(gram, mismatch, slope):
    for i in range(gram.shape[0]):
        mismatch[i, i] -= 0.1


@njit
def burst(weights, force):
    force += np.inf


@pytest.mark.parametrize("shape", SHAPES)
def test_smooth_force_is_the_derived_one(shape):
    derived = derived_forces(*shape)
    for _ in range(5):
        weights = RNG.normal(size=shape)
        benefit, interference = derived["feature_benefit"](weights), derived["interference"](weights)
        for names, expected in (
            (("feature_benefit", "interference", "l1"), benefit + interference),
            (("feature_benefit",), benefit),
            (("interference",), interference),
            ((), 0 * weights),
        ):
            np.testing.assert_allclose(smooth_force(weights, action(names)), expected, rtol=0, atol=1e-13)


def test_slope_is_that_of_the_mismatch():
    gram = np.array([[0.7, 0.2], [0.2, 1.4]])
    step = 1e-6
    for name in ("feature_benefit", "interference"):
        kernel = FORCES[name].mismatch
        values, slopes = [], []
        for shift in (0.0, step):
            mismatch, slope = np.zeros((2, 2)), np.zeros((2, 2))
            kernel(gram + shift, mismatch, slope)
            values.append(mismatch)
            slopes.append(slope)
        np.testing.assert_allclose((values[0] - values[1]) / step, slopes[0], rtol=0, atol=1e-9)


def test_mismatch_vanishes_only_at_zero_loss():
    acting = action(STANDARD)
    assert not smooth_force(np.eye(3), acting).any()
    assert not smooth_force(np.array([[1.0, 0.0], [-1.0, 0.0]]), acting).any()  # a benign pair
    assert smooth_force(np.array([[1.0, 0.0], [1.0, 0.0]]), acting).any()  # a malign pair


def test_shrink_follows_the_derived_l1_force():
    weights = RNG.normal(size=(3, 4))
    amount = 1e-6
    expected = weights + amount * derived_forces(3, 4)["l1"](weights)
    shrink(weights, amount)
    np.testing.assert_allclose(weights, expected, rtol=0, atol=1e-15)


def test_shrink_stops_at_exact_zero():
    weights = np.array([[0.5, -0.5, 0.1, -0.1, 0.0]])
    shrink(weights, 0.2)
    np.testing.assert_array_equal(weights, [[0.3, -0.3, 0.0, 0.0, 0.0]])


@pytest.mark.parametrize("force", [-2.0, -0.3, 0.0, 0.3, 2.0])
@pytest.mark.parametrize("start", [-0.8, -0.1, 0.0, 0.1, 0.8])
def test_constant_push_is_the_limit_of_small_steps(start, force):
    time, l1, steps = 0.7, 0.5, 20_000
    weight = np.array([start])
    for _ in range(steps):
        weight += force * time / steps
        shrink(weight, l1 * time / steps)
    assert constant_push(start, force * time, l1 * time) == pytest.approx(weight[0], abs=2e-4)


def test_time_of_death():
    share = time_of_death(0.1, -0.3, 0.2)
    assert constant_push(0.1, -0.3 * share, 0.2 * share) == pytest.approx(0.0, abs=1e-15)
    assert constant_push(0.1, -0.3 * share * 0.99, 0.2 * share * 0.99) > 0


@pytest.mark.parametrize("method", ["splitting", "euler"])
def test_decay_can_be_written_in_three_ways(method):
    model = Autoencoder(4, 12, 0.02)
    one, two, three = (
        simulate(model, seed=2, until=10.0, times=[10.0], method=method, rtol=1e-4, forces=(*STANDARD, own))
        for own in (
            own_force("pull", smooth=pull),
            own_force("ridge", proximal=ridge),
            own_force("decay", mismatch=decay),
        )
    )
    without = simulate(model, seed=2, until=10.0, times=[10.0], method=method, rtol=1e-4)
    assert one.attrs["forces"] == "feature_benefit, interference, l1, pull"
    np.testing.assert_allclose(one.final, three.final, rtol=0, atol=1e-3)
    np.testing.assert_allclose(two.final, three.final, rtol=0, atol=3e-3)
    assert np.abs(one.final - without.final).max() > 0.02


@pytest.mark.parametrize(
    ("forces", "message"),
    [
        (("gravity",), "forces must be one of feature_benefit, interference, l1, got 'gravity'"),
        ("l1", "forces must be a collection"),
        (("l1", "l1"), "forces must have names of their own"),
        ((own_force("l1", smooth=pull),), "forces must have names of their own"),
    ],
)
def test_what_is_no_force(forces, message):
    with pytest.raises(ValueError, match=message):
        action(forces)


def test_own_force_says_what_it_wants():
    with pytest.raises(ValueError, match="exactly one of mismatch, smooth, proximal"):
        own_force("two", smooth=pull, proximal=ridge)
    with pytest.raises(TypeError, match="smooth must be a function compiled by"):
        own_force("plain", smooth=lambda weights, force: None)
    with pytest.raises(TypeError, match="smooth must compile for"):
        own_force("three", smooth=decay)


def test_methods_say_which_forces_they_take():
    model, own = Autoencoder(4, 12, 0.02), own_force("pull", smooth=pull)
    with pytest.raises(ValueError, match="until must be given"):
        simulate(model, forces=(*STANDARD, own))
    with pytest.raises(ValueError, match="method must not be 'event'"):
        simulate(model, until=1.0, method="event", forces=(*STANDARD, own))


@pytest.mark.parametrize("method", ["splitting", "euler"])
def test_forces_that_are_not_finite_are_named(method):
    own = own_force("burst", smooth=burst)
    with pytest.raises(ValueError, match=r"^forces must be finite, of l1, burst one is not"):
        simulate(Autoencoder(4, 12, 0.02), until=1.0, method=method, forces=("l1", own))
