from functools import cache, partial

import numpy as np
import pytest
from scipy import integrate

from theory import noise
from theory.noise import drift, fourth_norm, random_signs

N, M, RATE = 8, 16, 0.02
STEPS_PER_TIME = 1 / (4 * RATE)  # training runs 4 times faster than the flow
STDS = (0.07, 0.1, 0.15)
LEVEL = 0.22
STEPS = 70_000
INSTANCES = 8  # runs with noise of their own for each initial encoding


@cache
def initial():
    return np.random.default_rng(0).normal(0, M**-0.5, (2, N, M))


@cache
def training():
    """Mean fourth norms of plain gradient descent on hidden noise of either law at the three levels.

    Shape (record, law, noise level, instance, initial encoding); the laws are Gaussian and random signs.
    """
    rng = np.random.default_rng(1)
    W = np.broadcast_to(initial(), (2, len(STDS), INSTANCES, *initial().shape)).copy()
    std = np.array(STDS)[:, None, None, None, None]
    noise, records = np.empty_like(W), []
    for step in range(STEPS + 1):
        if step % 200 == 0:
            records.append((W**4).sum(axis=-1).mean(axis=-1))
        noise[0] = rng.standard_normal(noise[0].shape)
        bits = np.frombuffer(rng.bytes(noise[1].size // 8), np.uint8)
        noise[1] = 2.0 * np.unpackbits(bits).reshape(noise[1].shape) - 1
        hidden = W + std * noise
        output = hidden @ W.swapaxes(-1, -2)
        error = (np.maximum(output, 0) - np.eye(N)) * (output > 0)
        W -= 2 * RATE * (error @ W + error.swapaxes(-1, -2) @ hidden)
    return np.array(records)


def crossing(times, values):
    """First time at which a curve is above LEVEL for good."""
    later = np.flatnonzero(values < LEVEL)[-1] + 1
    return np.interp(LEVEL, values[later - 1 : later + 1], times[later - 1 : later + 1])


def measured(level):
    """Steps after which training under random signs crosses LEVEL, and their standard error (jackknife)."""
    curves = training()[:, 1, level].mean(axis=-1)
    steps = 200 * np.arange(len(curves))
    without = [crossing(steps, np.delete(curves, i, axis=1).mean(axis=1)) for i in range(INSTANCES)]
    return crossing(steps, curves.mean(axis=1)), np.sqrt(INSTANCES - 1) * np.std(without)


def sphere(t, w, c):
    return 4 * c * (w**3 - (w**4).sum() * w)


def test_closed_form_solves_the_drift_on_the_sphere():
    w = np.random.default_rng(2).normal(size=M)
    w /= np.linalg.norm(w)
    times = np.array([0.0, 100.0, 1000.0, 3000.0])
    path = integrate.solve_ivp(sphere, (0, 3000), w, args=(1e-3,), t_eval=times, rtol=1e-12, atol=1e-14).y
    found = fourth_norm.closed_form(3 * w[None], 1e-3, times)[:, 0]
    np.testing.assert_allclose(found, (path**4).sum(axis=0), rtol=1e-8)
    assert found[-1] > 0.9


def test_closed_form_at_the_ends():
    W = np.array([[1.0, 1.0, 0.0], [2.0, 1.0, 0.5]])
    np.testing.assert_allclose(fourth_norm.closed_form(W, 1.0, [0.0, 1e6])[:, 0], 0.5)  # a tie lasts
    assert fourth_norm.closed_form(W, 1.0, [1e6])[0, 1] == 1
    assert fourth_norm.closed_form(W, 0.0, [10.0])[0, 0] == 0.5


def test_time_to_sparsity_inverts_the_closed_form():
    W = initial()[0]
    time = fourth_norm.time_to_sparsity(W, 2e-3, 0.6)
    assert fourth_norm.closed_form(W, 2e-3, [time]).mean() == pytest.approx(0.6, abs=1e-8)
    assert fourth_norm.time_to_sparsity(W, 1e-3, 0.6) == pytest.approx(2 * time)
    assert fourth_norm.time_to_sparsity(W, 0.0) == np.inf
    assert fourth_norm.time_to_sparsity(np.eye(2), 0.0) == 0


def test_averaged_flow_descends_to_a_simplex_and_keeps_the_basis_out():
    result = fourth_norm.averaged(initial()[0], [0.0, 1.0, 600.0], partial(noise.force, noise_std=0.15))
    W = result.final.values
    off = (W @ W.T)[~np.eye(N, dtype=bool)]
    np.testing.assert_allclose(off, -1 / (N - 1), atol=0.01)
    assert result.fourth_norm[-1].mean() < 0.2
    assert result.fourth_norm.dims == ("time", "feature")
    np.testing.assert_allclose(result.l2_norm[0], np.linalg.norm(initial()[0], axis=1))


@pytest.mark.slow
@pytest.mark.parametrize("level", range(len(STDS)))
def test_gaussian_noise_leaves_fourth_norms_where_they_are(level):
    """They stay where the averaged flow takes them, or go astray to those of random directions."""
    ends = training()[len(training()) // 2 :, 0, level].mean(axis=0)
    plain, error = ends.mean(axis=0), 4 * ends.std(axis=0, ddof=1) / np.sqrt(INSTANCES)
    force = partial(noise.force, noise_std=STDS[level])
    averaged = [fourth_norm.averaged(W, [0.0, 600.0], force).fourth_norm[-1].mean() for W in initial()]
    assert (plain > np.minimum(averaged, drift.of_random_direction(M)) - error).all()
    assert (plain < np.maximum(averaged, drift.of_random_direction(M)) + error).all()


@pytest.mark.slow
@pytest.mark.parametrize("level", range(len(STDS)))
def test_time_to_sparsity_of_training_under_random_signs(level):
    """The averaged flow knows nothing of what the noise of each step adds: up to a tenth of the time."""
    steps, error = measured(level)
    times = np.linspace(0.0, 1.5 * steps / STEPS_PER_TIME, 60)
    force = partial(random_signs.force, noise_std=STDS[level])
    exact = np.mean([fourth_norm.averaged(W, times, force).fourth_norm.mean("feature") for W in initial()], 0)
    predicted = crossing(times, exact) * STEPS_PER_TIME
    assert predicted == pytest.approx(steps, abs=0.1 * steps + 3 * error)


@pytest.mark.slow
@pytest.mark.parametrize(("level", "ratio"), [(0, 0.47), (1, 0.76), (2, 0.92)])
def test_closed_form_of_the_time_to_sparsity(level, ratio):
    """It is a heuristic: how far it is off was found, not derived."""
    steps, error = measured(level)
    c = drift.rate(N, M, STDS[level], -2.0)
    times = [fourth_norm.time_to_sparsity(W, c, LEVEL) for W in initial()]
    assert np.mean(times) * STEPS_PER_TIME / steps == pytest.approx(ratio, rel=4 * error / steps)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (lambda: fourth_norm.closed_form(np.zeros((1, 2)), 1.0, [1.0]), "initial"),
        (lambda: fourth_norm.closed_form(np.ones((1, 2)), -1.0, [1.0]), "rate"),
        (lambda: fourth_norm.time_to_sparsity(np.ones((1, 2)), 1.0, 1.0), "level"),
        (lambda: fourth_norm.averaged(np.ones((1, 2)), [2.0, 1.0], lambda W: W), "times"),
    ],
)
def test_bad_arguments_are_named(call, named):
    with pytest.raises(ValueError, match=named):
        call()
