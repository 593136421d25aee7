"""The kernels of "splitting" do what `reference` says, step by step and over whole runs."""

from typing import NamedTuple

import numba
import numpy as np
import pytest

from sim.forces import FORCES, action, co_occurrence, l2_decay, own_force
from sim.integrators import splitting
from tests.sim.integrators import reference
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

    def kernel(self, weights, start, stop, memory):
        """Return weights, memory, deaths and rebirths, in double precision for the test."""
        moved, l1 = weights.copy(), self.problem.l1
        if memory is not None:
            memory = splitting.Memory(*memory[:3], np.ascontiguousarray(memory[3].T))
        _, memory, deaths, rebirths, *_ = splitting.advance(
            moved, start, stop, memory, l1, action(self.forces), False, self.rtol
        )
        return moved, reference.Memory(*memory[:3], memory.velocity.T.astype(float)), deaths, rebirths

    def reference(self, weights, start, stop, memory):
        return reference.advance(weights, start, stop, memory, self.problem, self.rtol)


def both(name, l1, rtol=0.005):
    forces, (mismatch, *others) = PROBLEMS[name]
    return Both(forces, reference.Problem(mismatch, l1, *others), rtol)


def initial(n, m, seed=0):
    return Autoencoder(n, m, 0.01).initial(np.random.default_rng(seed))


def near_kinks(n, m):
    """Return encodings half of which die at once, and whose inner products are zero up to rounding."""
    rng = np.random.default_rng(4)
    weights = np.zeros((n, m))
    weights[np.arange(n), np.arange(n)] = 0.9
    weights += 1e-9 * rng.normal(size=weights.shape)
    return weights * (rng.random(weights.shape) < 0.5)


@pytest.fixture
def double(monkeypatch):
    monkeypatch.setattr(splitting, "SINGLE", np.inf)


def steps_differ(pair, weights, number):
    """Return by how much single steps from the same state differ: weights, mismatch, velocities, steps."""
    memory, time, deaths, rebirths, worst = None, 0.0, 0, 0, np.zeros(4)
    for _ in range(number):
        stop = time + (memory.step if memory else splitting.FIRST * np.sqrt(pair.rtol))
        ours, kept, *counts = pair.kernel(weights, time, stop, memory)
        theirs, expected, *expected_counts = pair.reference(weights, time, stop, memory)
        assert tuple(counts) == tuple(expected_counts)
        assert kept.damping == pytest.approx(expected.damping, rel=1e-6)
        h = stop - time
        worst = np.maximum(worst, [
            abs(ours - theirs).max(), h * abs(kept.mismatch - expected.mismatch).max(),
            h * abs(kept.velocity - expected.velocity).max(), abs(kept.step / expected.step - 1),
        ])  # fmt: skip
        weights, memory, time = theirs, expected, stop
        deaths, rebirths = deaths + counts[0], rebirths + counts[1]
    return worst, deaths, rebirths


SIZES = [(1, 1, 0.02), (4, 12, 0.02), (16, 64, 0.01), (32, 128, 1e-3)]
