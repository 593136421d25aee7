"""Splitting: the smooth forces by an implicit method of order two, L1 by its exact flow beside them.

A step of length h moves every weight as L1 and a constant force would, the mean of the smooth forces
over the step (`sim.forces.l1.constant_push`: weights die, stay dead and pass through zero as they should).
The mean is that of the L-stable method of Alexander (SIAM J. Numer. Anal. 14, 1977, order two in two
stages), with ``γ = 1 − 1/√2``,

    W(t + γh) ← γ h F₁,    W(t + h) ← (1 − γ) h F₁ + γ h F₂,    F = M X,

where M is the mismatch at the end of the stage, found entry by entry (`sim.integrators.splitting.jacobi`),
and X an extrapolation of the weights to the end of the stage, with the velocity of the last step. Only M is
stiff: when λ falls, feature benefit and interference relax ever faster compared with the race, the mismatch
becomes what keeps norms and inner products in place, and steps do not notice. An X that is wrong in second
order is good enough, so that the implicit equations stay those of a matrix of features by features.

The last correction of M in a stage costs no product of its own: the weights feel it together with the next
stage. What is owed to them after a step is of the order of the residual, and paid at the end of the run.

Steps follow from how much the velocity of active weights changes from one to the next, which is of the order
of h² once multiplied by h: `rtol` bounds half of it, as root mean square over encodings, relative to their
norm, which is about one. The first step is compared with an explicit one. When few weights are left, most
races are decided, and steps may err more.
Forces that are just smooth are taken at X. At tolerances that leave room for it, large problems are solved
in single precision.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.forces.l1 import time_of_death
from sim.integrators.sparsity import is_sparse
from sim.integrators.splitting import neurons
from sim.integrators.splitting.jacobi import correction, follow
from sim.machine.cores import bounds, on_all_cores, split

# Tuned; `python -m benchmarks constants FIRST SAFETY …` shows cost and winners with other values.
GAMMA = 1 - np.sqrt(0.5)  # L-stable and of order two, not tuned
FIRST = 0.5  # of the first step, in units of the square root of rtol
SAFETY, SHRINK, GROW = 0.85, 0.3, 3.0  # of the next step relative to the last
TOO_FAR = 2.0  # error in units of rtol at which a step is done again
SMALLEST = 1e-12  # step, relative to 1 + t, that is not done again
SOLVED, UNSOLVED = 0.5, 1.0  # residual of the mismatch in units of rtol: enough, and too much
ATTEMPTS = 4  # iterations for the mismatch; what they leave, the next stage makes up for
STRONGER, WEAKER = 1.2, 0.9  # damping of these iterations after a stage in which they were too few, or not
MANY = 4  # active weights an encoding beyond which more deaths will follow: their times do not matter
LATE, LATER = 0.2, 5.0  # share of active weights below which steps may err more, and how much in the end
LISTED, LENGTH = 0.4, 425  # share of active weights below which lists beat BLAS; less for few features
SINGLE, WORTH_IT = 1e-4, 2**13  # rtol and number of weights from which on single precision is used


class Memory(NamedTuple):
    """What one call leaves to the next: step, damping, mismatch, and velocities as (neuron, feature)."""

    step: float
    damping: float
    mismatch: np.ndarray
    velocity: np.ndarray


def advance(weights, start, stop, memory, l1, action, until_sparse, rtol):
    """Move `weights` from `start` to `stop`; see `sim.integrators`."""
    n, m = weights.shape
    if memory is None:
        exact = rtol < SINGLE or n * m < WORTH_IT or action.is_smooth or action.is_proximal
        precision = np.float64 if exact else np.float32
        memory = Memory(0.0, 1.0, np.zeros((n, n), precision), np.zeros((m, n), precision))
    with split(m, n) as parts:
        reached, step, damping, *happened = _advance(
            parts, weights, start, stop, *memory, l1, action.mismatch, action.smooth, action.proximal,
            action.is_smooth, action.is_proximal, until_sparse, rtol,
        )  # fmt: skip
    return reached, memory._replace(step=step, damping=damping), *happened


@njit(cache=True, nogil=True)
def _advance(
    split, weights, start, stop, step, damping, all_mismatch, all_velocity, l1, mismatch_of, smooth, proximal,
    is_smooth, is_proximal, until_sparse, rtol,
):  # fmt: skip
    n, m = weights.shape
    w, velocity, mismatch = np.empty_like(all_velocity), all_velocity.copy(), all_mismatch.copy()  # aligned
    w[:] = weights.T
    new, by, first, second = np.empty_like(w), np.empty_like(w), np.empty_like(w), np.empty_like(w)
    owed, last_mismatch, last_owed = np.zeros_like(mismatch), np.empty_like(mismatch), np.empty_like(mismatch)
    gram, along, felt = np.empty_like(mismatch), np.empty_like(mismatch), np.empty_like(mismatch)
    shares = np.empty((split.parts, n, n), w.dtype)
    solver = (np.empty((n, n)), np.zeros((n, n)), np.zeros((n, n)), np.empty_like(mismatch))
    work = (gram, shares, along, felt, solver)
    forces = (mismatch_of, smooth, proximal, is_smooth, is_proximal)
    counts, ratio = np.empty((split.parts, 4)), w.dtype.type((1.0 - GAMMA) / GAMMA)
    place, live, active = np.arange(m), m, np.count_nonzero(w)
    t, planned, done = start, step, step
    deaths, rebirths, evaluations, last_change = 0, 0, 0, 0.0
    if planned == 0.0:
        planned = FIRST * np.sqrt(rtol)
        neurons.multiply(split, w, False, shares, gram)
        solver[0][:] = gram
        mismatch_of(*solver[:3])
        mismatch[:] = solver[1]
        force = own_force(smooth, w) if is_smooth else w[:0]
        move(split, w, first, 0.0, w, False, mismatch, force, planned, planned, l1, forces, first, new)
        compare(split, w, new, velocity, planned, l1 > 0.0, by, counts)  # of an explicit step
        velocity, by = by, velocity
        evaluations = 1
    while t < stop and not (until_sparse and active <= n and is_sparse(w.T, mismatch)):
        listed = active < min(LISTED, n / LENGTH) * w.size and not (is_smooth or is_proximal)
        if listed:
            live = neurons.drop_dead(w, velocity, place[:live])
            w, velocity, new, by = w[:live], velocity[:live], new[:live], by[:live]
            first, second = first[:live], second[:live]
        alive = active / max(1, w.size)
        tolerance = rtol * max(1.0, min(LATER, LATE * weights.size / max(1.0, active)))
        h = min(planned, stop - t)
        c = GAMMA * h
        owed *= w.dtype.type(min(1.0, done / h))
        last_mismatch[:], last_owed[:] = mismatch, owed
        extrapolate(split, w, velocity, c, l1 > 0.0, by)
        one, used_one, damping = stage(
            split, w, first, 0.0, by, c, c, l1, forces, mismatch, owed, False, listed, alive, damping,
            tolerance, first, new, work,
        )  # fmt: skip
        extrapolate(split, w, velocity, h, l1 > 0.0, by)
        owed[:] = last_owed + ratio * (owed - last_owed)  # of the last step, and of the first stage
        two, used_two, damping = stage(
            split, w, first, h - c, by, c, h, l1, forces, mismatch, owed, h >= stop - t, listed, alive,
            damping, tolerance, second, new, work,
        )  # fmt: skip
        evaluations += used_one + used_two
        compare(split, w, new, velocity, h, l1 > 0.0, by, counts)
        error = 0.5 * h * np.sqrt(counts[:, 0].sum() / n)
        factor = min(GROW, max(SHRINK, SAFETY * np.sqrt(tolerance / max(error, 1e-300))))
        failed = error > TOO_FAR * tolerance or max(one, two) > UNSOLVED * tolerance
        if failed and h > SMALLEST * (1.0 + t):
            mismatch[:], owed[:], done = last_mismatch, last_owed, h
            planned = h * min(factor, 0.5)
            continue
        died, reborn, active = counts[:, 1].sum(), counts[:, 2].sum(), counts[:, 3].sum()
        if died + reborn > 0:
            last_change = t + (last_event(w, new, first, second, c, h, l1) if active <= MANY * n else h)
        deaths, rebirths, done = deaths + died, rebirths + reborn, h
        w, new, velocity, by = new, w, by, velocity
        planned = max(planned, factor * h) if h == stop - t else factor * h
        t = stop if h >= stop - t else t + h
    weights[:] = 0.0
    all_mismatch[:], all_velocity[:] = mismatch, 0
    for k in range(live):
        weights[:, place[k]] = w[k]
        all_velocity[place[k]] = velocity[k]
    return t, planned, damping, int(deaths), int(rebirths), last_change, evaluations


@njit(cache=True, nogil=True)
def stage(
    split, start, first, share, by, c, time, l1, forces, mismatch, owed, settle, listed, alive, damping, rtol,
    product, end, work,
):  # fmt: skip
    """Solve one stage: `mismatch`, `product` (the force at `by`) and the weights in the `end`.

    Weights move by ``share first + c product``, and by L1 for a `time`. They feel what was `owed` to them,
    but not yet the last correction of the mismatch, unless told to `settle`: it is what is owed then. Of
    the weights, a share is `alive`.

    Returns
    -------
    left : float
        How far the last correction of the mismatch moves encodings, as root mean square.
    used : int
        Evaluations of the force.
    damping : float
        For the next stage.
    """
    mismatch_of, smooth, _, is_smooth, _ = forces
    gram, shares, along, felt, solver = work
    force = own_force(smooth, by) if is_smooth else by[:0]
    left, used = np.inf, 0
    last_mismatch, last_correction = np.empty_like(mismatch), np.empty_like(mismatch)
    while left > SOLVED * rtol and used < ATTEMPTS:
        felt[:] = mismatch + owed
        move(split, start, first, share, by, listed, felt, force, c, time, l1, forces, product, end)
        neurons.multiply(split, end, listed, shares, gram)
        left = correction(mismatch_of, mismatch, gram, c, alive, damping, solver, along)
        follow(mismatch, along, last_mismatch, last_correction, used > 0)
        used += 1
    damping = STRONGER * damping if left > SOLVED * rtol else max(1.0, WEAKER * damping)
    if settle:
        felt[:] = mismatch + owed
        move(split, start, first, share, by, listed, felt, force, c, time, l1, forces, product, end)
        last_mismatch[:] = mismatch
        used += 1
    owed[:] = mismatch - last_mismatch
    return left, used, damping


@njit(cache=True, nogil=True)
def move(split, start, first, share, by, listed, felt, force, c, time, l1, forces, product, end):
    """Move weights by all forces."""
    neurons.move(split, start, first, share, by, listed, felt, force, c, l1 * time, product, end)
    _, _, proximal, _, is_proximal = forces
    if is_proximal:
        own_penalty(proximal, time, end)


@njit(cache=True, nogil=True)
def own_force(smooth, weights):
    """Return a smooth force, neuron by neuron, as `weights` are."""
    encodings = np.empty((weights.shape[1], weights.shape[0]))
    encodings[:] = weights.T
    force = np.zeros_like(encodings)
    smooth(encodings, force)
    result = np.empty_like(weights)
    result[:] = force.T
    return result


@njit(cache=True, nogil=True)
def own_penalty(proximal, time, weights):
    """Apply a penalty to `weights`, which are neuron by neuron."""
    encodings = np.empty((weights.shape[1], weights.shape[0]))
    encodings[:] = weights.T
    proximal(encodings, time)
    weights[:] = encodings.T


@on_all_cores
@njit(cache=True, nogil=True)
def extrapolate(part, parts, start, velocity, time, sticky, end):
    """Write to `end` where weights are after a `time`; if zero is `sticky`, they stop there."""
    i, j = bounds(start.shape[0], part, parts)
    a, v, b = start[i:j].reshape(-1), velocity[i:j].reshape(-1), end[i:j].reshape(-1)
    time = start.dtype.type(time)
    for k in range(a.size):
        moved = a[k] + time * v[k]
        b[k] = a[k] - a[k] if sticky & (moved * a[k] <= 0) else moved


@on_all_cores
@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def compare(part, parts, old, new, velocity, h, sticky, new_velocity, counts):
    """Compare both ends of a step: velocities of the weights that live through it, and counts of the part.

    They are by how much velocities differ from those of the last step where weights live on, squared; how
    many weights died, were reborn, are active. A weight that passes through zero dies and is reborn.
    """
    i, j = bounds(old.shape[0], part, parts)
    a, b, v = old[i:j].reshape(-1), new[i:j].reshape(-1), velocity[i:j].reshape(-1)
    w = new_velocity[i:j].reshape(-1)
    rate = old.dtype.type(1.0 / h)
    bend, died, reborn, active = 0.0, 0, 0, 0
    for k in range(a.size):
        speed = rate * (b[k] - a[k])
        change = speed - v[k] if (v[k] != 0) & (b[k] != 0) else v[k] - v[k]
        bend += change * change
        kept = (a[k] * b[k] > 0) | (not sticky)
        w[k] = speed if kept else a[k] - a[k]
        died += (a[k] != 0) & (not kept)
        reborn += (b[k] != 0) & (not kept)
        active += b[k] != 0
    counts[part, 0], counts[part, 1], counts[part, 2], counts[part, 3] = bend, died, reborn, active


@njit(cache=True, nogil=True)
def last_event(old, new, first, second, c, h, l1):
    """Return when in a step the last weight died or was reborn."""
    a, b, f, s = old.reshape(-1), new.reshape(-1), first.reshape(-1), second.reshape(-1)
    last = 0.0
    for i in range(a.size):
        if a[i] * b[i] <= 0 and a[i] != b[i]:
            amount = (h - c) * f[i] + c * s[i]
            last = max(last, h * time_of_death(a[i], amount, l1 * h) if a[i] != 0 else h)
    return last
