"""The kernels of "splitting" do what `reference` says, step by step and over whole runs."""

import math
from typing import NamedTuple

import numba
import numpy as np
import pytest

from sim.forces import FORCES, action, co_occurrence, l2_decay, own_force
from sim.integrators.leg import Leg
from sim.integrators.splitting import steps as splitting
from sim.machine.blas import one_thread
from sim.machine.cores import PART
from tests.sim.integrators.splitting import reference
from theory import Autoencoder

STANDARD = tuple(FORCES)


def standard(gram):
    """Return I − ReLU(K) off the diagonal and 1 − K on it, and minus the slopes."""
    own = np.eye(len(gram), dtype=bool)
    return np.where(own, 1 - gram, -np.maximum(gram, 0)), np.where(own | (gram > 0), 1.0, 0.0)


def with_l2(gram):
    mismatch, slope = standard(gram)
    return mismatch - 0.05 * np.eye(len(gram)), slope


def with_co_occurrence(gram, p=0.02):
    """Add ``−½ p (H + Hᵀ) − p (n − 1) (I − ReLU(K))``, with H over pairs as `sim.forces` defines it."""
    (mismatch, slope), n = standard(gram), len(gram)
    h, on = np.zeros_like(gram), np.zeros_like(gram)
    for k, i, j in np.ndindex(n, n, n):
        if j != i:
            value = gram[k, i] + gram[k, j]
            h[k, i] += max(value, 0) - (k in (i, j))
            on[k, i] += value > 0
    mismatch -= p / 2 * (h + h.T) + p * (n - 1) * (np.eye(n) - np.maximum(gram, 0))
    return mismatch, slope + p / 2 * (on + on.T) - p * (n - 1) * (gram > 0)


@numba.njit
def pull(weights, force):
    force -= 0.05 * weights**3


@numba.njit
def groups(weights, time):
    """Shorten each encoding by 0.01 a time: group lasso."""
    for i in range(weights.shape[0]):
        norm = np.sqrt((weights[i] ** 2).sum())
        weights[i] *= max(0.0, 1.0 - 0.01 * time / max(norm, 1e-300))


def shorten(weights, time):
    norm = np.linalg.norm(weights, axis=1, keepdims=True)
    return weights * np.maximum(0, 1 - 0.01 * time / np.maximum(norm, 1e-300))


PROBLEMS = {  # forces for the kernel, and the same for the reference
    "standard": (STANDARD, (standard,)),
    "co-occurrence": ((*STANDARD, co_occurrence(0.02)), (with_co_occurrence,)),
    "L2": ((*STANDARD, l2_decay(0.05)), (with_l2,)),
    "smooth": ((*STANDARD, own_force("pull", smooth=pull)), (standard, lambda w: -0.05 * w**3)),
    "proximal": ((*STANDARD, own_force("groups", proximal=groups)), (standard, None, shorten)),
}


class Both(NamedTuple):
    """The kernel and the reference on the same problem."""

    forces: tuple
    problem: reference.Problem
    rtol: float
    dtype: type = np.float64  # of the kernel

    def kernel(self, weights, start, stop, memory):
        """Return weights, memory, deaths and rebirths, in double precision for the test."""
        moved, state = weights.copy(), None
        if memory is not None:
            mismatch, velocity = memory.mismatch.astype(self.dtype), memory.velocity.T.astype(self.dtype, "C")
            state = splitting.begin(weights, memory.step, memory.damping, mismatch, velocity, None)
        leg = Leg(start, stop, math.inf, False, self.rtol, 10**9)
        passed, state = splitting.advance(moved, leg, state, self.problem.l1, action(self.forces))
        assert passed.time == stop
        assert state.neurons.weights.dtype == self.dtype
        velocity, mismatch = np.zeros(weights.shape), state.matrices.mismatch.astype(float)
        velocity[:, state.place] = state.neurons.velocity.T
        memory = reference.Memory(state.planned, state.damping, mismatch, velocity)
        return moved, memory, passed.deaths, passed.rebirths

    def reference(self, weights, start, stop, memory):
        return reference.advance(weights, start, stop, memory, self.problem, self.rtol)


def both(name, l1, rtol=0.005, dtype=np.float64):
    forces, (mismatch, *others) = PROBLEMS[name]
    return Both(forces, reference.Problem(mismatch, l1, *others), rtol, dtype)


def initial(n, m, seed=0):
    return Autoencoder(n, m, 0.01).initial(np.random.default_rng(seed))


def near_kinks(n, m):
    """Return encodings half of which die at once, and whose inner products are zero up to rounding."""
    rng = np.random.default_rng(4)
    weights = np.zeros((n, m))
    weights[np.arange(n), np.arange(n)] = 0.9
    weights += 1e-9 * rng.normal(size=weights.shape)
    return weights * (rng.random(weights.shape) < 0.5)


@pytest.fixture(autouse=True)
def small_products():
    """Threads of BLAS that wait for each other take longer than these products."""
    with one_thread():
        yield


@pytest.fixture(params=[np.float64, np.float32])
def dtype(request, monkeypatch):
    """Let kernels without forces of one's own run in this precision, whatever the size and tolerance."""
    monkeypatch.setattr(splitting, "SINGLE", 0.0 if request.param is np.float32 else np.inf)
    monkeypatch.setattr(splitting, "WORTH_IT", 0)
    return request.param


def steps_differ(pair, weights, until):
    """Take single steps from the same state, and return by how much they differ, with deaths and rebirths.

    That is of weights, mismatch and velocity times the step, and the next step relative to itself.
    """
    memory, time, worst, total = None, 0.0, np.zeros(4), np.zeros(2)
    while time < until:
        h = memory.step if memory else splitting.FIRST * np.sqrt(pair.rtol)
        ours, kept, *counts = pair.kernel(weights, time, time + h, memory)
        theirs, expected, *expected_counts = pair.reference(weights, time, time + h, memory)
        assert counts == expected_counts
        assert kept.damping == pytest.approx(expected.damping)
        differences = ours - theirs, h * (kept.mismatch - expected.mismatch)
        differences += h * (kept.velocity - expected.velocity), np.array(kept.step / expected.step - 1)
        worst = np.maximum(worst, [abs(difference).max() for difference in differences])
        weights, memory, time, total = theirs, expected, time + h, total + counts
    return worst, *total


def bound(dtype):
    """Return by how much single steps may differ: the rounding of sums, fed back through a few iterations.

    Sums are over at most 128 terms, with a rounding of about √128, and an iteration stops where what is left
    is below the tolerance, a factor of a few. In single precision it is still 0.4 of the smallest rtol.
    """
    return 1000 * np.finfo(dtype).eps


STEPPED = [
    (name, *size, real)
    for name in PROBLEMS
    for size in ((4, 12, 0.02), (16, 64, 0.01), (32, 128, 1e-3))
    for real in (np.float64, np.float32)
    if real is np.float64 or name not in ("smooth", "proximal")  # which are solved in double precision
    if size[0] <= 16 or name != "co-occurrence"  # slow in NumPy
]


@pytest.mark.parametrize("rtol", [0.005, 3e-4])
@pytest.mark.parametrize(("name", "n", "m", "l1", "dtype"), STEPPED, indirect=["dtype"])
def test_every_step_is_that_of_the_reference(name, n, m, l1, rtol, dtype):
    """Through most of the race: weights die by the hundred, and some come back."""
    # with seed 0 one residual in single precision ties with its tolerance, and takes an iteration more
    weights = initial(n, m, seed=1)
    worst, deaths, rebirths = steps_differ(both(name, l1, rtol, dtype), weights, 0.7 / l1)
    assert deaths > n * m / 2
    assert rebirths > 0
    assert (worst < bound(dtype)).all(), worst


@pytest.mark.parametrize("rtol", [0.005, 3e-4])
def test_steps_near_kinks(rtol, dtype):
    worst, deaths, _ = steps_differ(both("standard", 0.01, rtol, dtype), near_kinks(16, 64), 60.0)
    assert deaths > 16 * 64 / 3
    assert (worst < bound(dtype)).all(), worst


@pytest.mark.filterwarnings("ignore:n_neurons")
@pytest.mark.parametrize("rtol", [0.005, 3e-4])
@pytest.mark.parametrize(("n", "m"), [(64, 128), (64, 32), (32, 4)])
def test_steps_of_many_features(n, m, rtol, dtype):
    """Damping, and steps that are done again."""
    worst, deaths, rebirths = steps_differ(both("standard", 0.01, rtol, dtype), initial(n, m), 100.0)
    assert min(deaths, rebirths) > 30
    assert (worst < bound(dtype)).all(), worst


@pytest.mark.parametrize("rtol", [0.005, 3e-4])
@pytest.mark.parametrize(("n", "m", "l1", "until"), [(16, 64, 0.01, 300.0), (64, 256, 1e-3, 3000.0)])
def test_whole_runs(n, m, l1, until, rtol, dtype):
    """Steps are not cut, so that what is owed goes from one to the next; rounding grows along the race."""
    pair = both("standard", l1, rtol, dtype)
    ours, kept, *counts = pair.kernel(initial(n, m), 0.0, until, None)
    theirs, expected, *expected_counts = pair.reference(initial(n, m), 0.0, until, None)
    assert np.count_nonzero(theirs) < 1.2 * n  # the race is nearly over
    assert counts == expected_counts
    np.testing.assert_array_equal(ours != 0, theirs != 0)
    # twice what races take rounding apart, at most 1140 eps as measured; 0.8 of the smallest rtol if single
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=2000 * np.finfo(dtype).eps)
    assert kept.step == pytest.approx(expected.step, rel=float(2000 * np.finfo(dtype).eps))


@pytest.mark.parametrize("name", ["co-occurrence", "L2", "smooth", "proximal"])
def test_whole_runs_with_other_forces(name, monkeypatch):
    monkeypatch.setattr(splitting, "SINGLE", np.inf)
    pair = both(name, 0.02, 1e-3)
    ours, _, *counts = pair.kernel(initial(8, 24), 0.0, 100.0, None)
    theirs, _, *expected_counts = pair.reference(initial(8, 24), 0.0, 100.0, None)
    assert counts == expected_counts
    assert counts[0] > 100
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-11)


def test_problems_in_two_parts(dtype):
    """On all cores, with the symmetric product of BLAS."""
    n, m = 128, 2 * PART // 128
    pair = both("standard", 3e-3, 0.005, dtype)
    ours, _, *counts = pair.kernel(initial(n, m), 0.0, 2.0, None)
    theirs, _, *expected_counts = pair.reference(initial(n, m), 0.0, 2.0, None)
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=bound(dtype))
    np.testing.assert_allclose(counts, expected_counts, rtol=0 if dtype is np.float64 else 1e-3)


@pytest.mark.parametrize(("n", "damping"), [(2, 1.0), (5, 1.0), (5, 2.0), (5, 4.0), (8, 8.0)])
def test_jacobi_goes_round_in_circles_unless_damped(n, damping):
    """Features on one neuron: an error that all entries share is multiplied by 1 − n/damping if stiff."""
    weights, c, error = np.full((n, 1), 0.5), 1e6, 1e-12
    problem = reference.Problem(lambda gram: (weights @ weights.T - gram, np.ones_like(gram)), 0.0)
    stage = reference.Stage(weights, 0.0, weights, c, c, problem)
    mismatch = np.full((n, n), error)
    end = stage.move(mismatch)[1]
    d = reference.correction(stage, mismatch, end @ end.T, 1.0, damping)
    np.testing.assert_allclose((mismatch + d) / error, 1 - n / damping, atol=1e-4)


def factors(monkeypatch, least, most):
    """Return by how much corrections shrink an iteration, as geometric mean over each stage of a run."""
    changed = {"ATTEMPTS": 30, "SOLVED": 1e-7, "STRONGER": 1.0, "LEAST": least, "MOST": most}
    for name, value in changed.items():
        monkeypatch.setattr(reference, name, value)
    solve, correction, stages = reference.solve, reference.correction, []

    def watched_solve(*given):
        stages.append([])
        return solve(*given)

    def watched_correction(stage, mismatch, gram, *given):
        d = correction(stage, mismatch, gram, *given)
        stages[-1].append(np.sqrt((d**2 @ np.diag(gram)).sum()))
        return d

    monkeypatch.setattr(reference, "solve", watched_solve)
    monkeypatch.setattr(reference, "correction", watched_correction)
    reference.advance(initial(16, 64), 0.0, 300.0, None, reference.Problem(standard, 0.01), 0.005)
    return np.array([(found[-1] / found[0]) ** (1 / (len(found) - 1)) for found in stages])


def test_corrections_shrink_through_a_whole_run(monkeypatch):
    """By the factors that `docs/integrators.md` gives: in every stage, and faster with the secant."""
    with monkeypatch.context() as patch:
        plain = factors(patch, 0.0, 0.0)
    secant = factors(monkeypatch, reference.LEAST, reference.MOST)
    assert len(plain) == len(secant) == 100
    np.testing.assert_allclose(np.quantile(plain, [0.5, 0.9, 1.0]), [0.12, 0.52, 0.68], atol=0.01)
    np.testing.assert_allclose(np.quantile(secant, [0.5, 0.9, 1.0]), [0.07, 0.29, 0.39], atol=0.01)
