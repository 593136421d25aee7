"""Splitting: the smooth forces by an implicit method of order two, L1 by its exact flow beside them.

A step of length h moves every weight as L1 and a constant force would, the mean of the smooth forces
over the step (`sim.forces.l1.constant_push`: weights die, stay dead and pass through zero as they should).
The mean is that of the L-stable method of Alexander (SIAM J. Numer. Anal. 14, 1977, order two in two
stages), with ``γ = 1 − 1/√2``,

    W(t + γh) ← γ h F₁,    W(t + h) ← (1 − γ) h F₁ + γ h F₂,    F = M X,

where M is the mismatch at the end of the stage, found by Newton's method (`sim.newton`), and X an
extrapolation of the weights to the end of the stage. Only M is stiff: when λ falls, feature benefit
and interference relax ever faster compared with the race, the mismatch becomes what keeps norms and inner
products in place, and steps do not notice. An X that is wrong in second order is good enough, so that the
implicit equations stay those of a matrix of features by features.

Steps follow from how much the velocity of active weights changes from one to the next, which is of the order
of h² once multiplied by h: `rtol` bounds half of it, as root mean square over encodings, relative to their
norm, which is about one. Forces that are just smooth are taken at X. At tolerances that leave room for it,
large problems are solved in single precision.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim import neurons
from sim.forces.l1 import time_of_death
from sim.integrators.sparsity import is_sparse
from sim.newton import correction, follow

GAMMA = 1 - np.sqrt(0.5)
FIRST = 0.5  # of the first step, in units of the square root of rtol
SAFETY, SHRINK, GROW = 0.85, 0.3, 3.0  # of the next step relative to the last
TOO_FAR = 2.0  # error in units of rtol at which a step is done again
SMALLEST = 1e-12  # step, relative to 1 + t, that is not done again
SOLVED, UNSOLVED = 0.2, 1.0  # residual of the mismatch in units of rtol: enough, and too much
ATTEMPTS = 4  # iterations for the mismatch; what they leave, the next stage makes up for
MANY = 4  # active weights an encoding beyond which more deaths will follow: their times do not matter
LISTED = 0.15  # share of active weights below which lists beat BLAS
SINGLE, WORTH_IT = 1e-4, 2**13  # rtol and number of weights from which on single precision is used


class Memory(NamedTuple):
    """What one call leaves to the next: step, mismatch, and velocities as (neuron, feature)."""

    step: float
    mismatch: np.ndarray
    velocity: np.ndarray


def advance(weights, start, stop, memory, l1, action, until_sparse, rtol):
    """Move `weights` from `start` to `stop`; see `sim.integrators`."""
    if memory is None:
        n, m = weights.shape
        exact = rtol < SINGLE or n * m < WORTH_IT or action.is_smooth or action.is_proximal
        precision = np.float64 if exact else np.float32
        memory = Memory(0.0, np.zeros((n, n), precision), np.zeros((m, n), precision))
    reached, step, *happened = _advance(
        weights, start, stop, *memory, l1, action.mismatch, action.smooth, action.proximal,
        action.is_smooth, action.is_proximal, until_sparse, rtol,
    )  # fmt: skip
    return reached, memory._replace(step=step), *happened


@njit(cache=True, nogil=True)
def _advance(
    weights, start, stop, step, all_mismatch, all_velocity, l1, mismatch_of, smooth, proximal, is_smooth,
    is_proximal, until_sparse, rtol,
):  # fmt: skip
    n, m = weights.shape
    w, velocity, mismatch = np.empty_like(all_velocity), all_velocity.copy(), all_mismatch.copy()  # aligned
    w[:] = weights.T
    new, by, before = np.empty_like(w), np.empty_like(w), np.empty_like(w)
    first, second = np.empty_like(w), np.empty_like(w)
    saved, gram = np.empty_like(mismatch), np.empty_like(mismatch)
    along, image = np.empty_like(mismatch), np.empty_like(mismatch)
    work = (gram, along, image, np.empty((n, n)), np.empty((n, n)), np.empty((n, n)))
    own = (smooth, proximal, is_smooth, is_proximal)
    place, live, active = np.arange(m), m, np.count_nonzero(w)
    t, planned = start, step
    deaths, rebirths, evaluations, last_change = 0, 0, 0, 0.0
    if step == 0.0:
        planned = FIRST * np.sqrt(rtol)
        neurons.multiply(w, False, gram)
        look_up(mismatch_of, work)
        mismatch[:] = work[4]
        evaluations = 1
    while t < stop and not (until_sparse and active <= n and is_sparse(w.T, mismatch)):
        listed = active < LISTED * w.size and not (is_smooth or is_proximal)
        if listed:
            live = neurons.drop_dead(w, velocity, place[:live])
            w, velocity, before, new = w[:live], velocity[:live], before[:live], new[:live]
            by, first, second = by[:live], first[:live], second[:live]
        h = min(planned, stop - t)
        c = GAMMA * h
        saved[:] = mismatch
        extrapolate(w, velocity, c, l1 > 0.0, by)
        before[:] = 0
        one, used_one = stage(
            w, before, by, c, c, l1, mismatch_of, mismatch, listed, own, rtol, first, new, work
        )
        carry_on(w, new, first, h, l1 > 0.0, by, before)
        two, used_two = stage(
            w, before, by, c, h, l1, mismatch_of, mismatch, listed, own, rtol, second, new, work
        )
        evaluations += used_one + used_two
        error = 0.5 * h * bend(w, new, velocity, h) / np.sqrt(n)
        factor = min(GROW, max(SHRINK, SAFETY * np.sqrt(rtol / max(error, 1e-300))))
        failed = error > TOO_FAR * rtol or max(one, two) > UNSOLVED * rtol
        if failed and h > SMALLEST * (1.0 + t):
            mismatch[:] = saved
            planned = h * min(factor, 0.5)
            continue
        died, reborn, active, last = take(w, new, before, second, c, h, l1, velocity)
        if died + reborn > 0:
            last_change = t + last
        deaths, rebirths = deaths + died, rebirths + reborn
        w, new = new, w
        planned = max(planned, factor * h) if h < planned else factor * h
        t = stop if h >= stop - t else t + h
    weights[:] = 0.0
    all_mismatch[:], all_velocity[:] = mismatch, 0
    for k in range(live):
        weights[:, place[k]] = w[k]
        all_velocity[place[k]] = velocity[k]
    return t, planned, deaths, rebirths, last_change, evaluations


@njit(cache=True, nogil=True)
def look_up(mismatch_of, work):
    """Write the mismatch that belongs to the Gram matrix, and its slope, beside it in the work space."""
    gram, _, _, wide, target, slope = work
    wide[:] = gram
    target[:] = 0.0
    slope[:] = 0.0
    mismatch_of(wide, target, slope)


@njit(cache=True, nogil=True)
def stage(start, before, by, c, time, l1, mismatch_of, mismatch, listed, own, rtol, product, end, work):
    """Solve one stage: `mismatch`, `product` (the force at `by`) and the weights in the `end`.

    Returns
    -------
    left : float
        How far the last correction of the mismatch moved encodings, as root mean square.
    used : int
        Evaluations of the force.
    """
    smooth, proximal, is_smooth, is_proximal = own
    gram, along, image, _, target, slope = work
    force = own_force(smooth, by) if is_smooth else by[:0]
    if is_smooth:
        before += start.dtype.type(c) * force
    lists = neurons.listing(by) if listed else neurons.listing(by[:0])
    left, used = np.inf, 0
    last_mismatch, last_correction = np.empty_like(mismatch), np.empty_like(mismatch)
    while left > SOLVED * rtol and used < ATTEMPTS:
        neurons.move(start, before, by, lists, mismatch, c, l1 * time, product, end)
        if is_proximal:
            own_penalty(proximal, time, end)
        neurons.multiply(end, listed, gram)
        look_up(mismatch_of, work)
        left = correction(mismatch, target, slope, gram, c, along, image)
        follow(mismatch, along, last_mismatch, last_correction, used > 0)
        used += 1
    neurons.move(start, before, by, lists, mismatch, c, l1 * time, product, end)
    if is_proximal:
        own_penalty(proximal, time, end)
    if is_smooth:
        product += force
    return left, used + 1


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


@njit(cache=True, nogil=True)
def extrapolate(start, velocity, time, sticky, out):
    """Write where weights will be after `time`; if zero is `sticky`, those that would pass it are there."""
    a, v, b = start.reshape(-1), velocity.reshape(-1), out.reshape(-1)
    time = start.dtype.type(time)
    for i in range(a.size):
        moved = a[i] + time * v[i]
        b[i] = a[i] - a[i] if sticky and moved * a[i] <= 0 else moved


@njit(cache=True, nogil=True)
def carry_on(start, middle, first, h, sticky, by, before):
    """Prepare the second stage: its weights `by` extrapolation, what the first stage adds to `before`."""
    a, b, f = start.reshape(-1), middle.reshape(-1), first.reshape(-1)
    x, p = by.reshape(-1), before.reshape(-1)
    share, time = start.dtype.type(1.0 / GAMMA), start.dtype.type((1.0 - GAMMA) * h)
    for i in range(a.size):
        moved = a[i] + share * (b[i] - a[i])
        dies = sticky & (moved * a[i] < 0) & (b[i] * a[i] >= 0)
        x[i] = a[i] - a[i] if dies else moved
        p[i] = time * f[i]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def bend(old, new, velocity, h):
    """Return by how much the velocities of a step differ from those of the last, where weights live on."""
    a, b, v = old.reshape(-1), new.reshape(-1), velocity.reshape(-1)
    rate = old.dtype.type(1.0 / h)
    total = np.float64(0.0)
    for i in range(a.size):
        change = rate * (b[i] - a[i]) - v[i] if (v[i] != 0) & (b[i] != 0) else v[i] - v[i]
        total += change * change
    return np.sqrt(total)


@njit(cache=True, nogil=True)
def take(old, new, before, product, c, h, l1, velocity):
    """Accept a step: set the velocity of the weights that live through it, and count.

    Returns
    -------
    died, reborn, active : int
        A weight that passes through zero dies and is reborn.
    last : float
        Time of the last death or rebirth since the step began.
    """
    a, b, v = old.reshape(-1), new.reshape(-1), velocity.reshape(-1)
    p, f = before.reshape(-1), product.reshape(-1)
    died, reborn, active, last = 0, 0, 0, 0.0
    rate = old.dtype.type(1.0 / h)
    for i in range(a.size):
        kept = (a[i] * b[i] > 0) | (l1 == 0.0)
        v[i] = rate * (b[i] - a[i]) if kept else a[i] - a[i]
        died += (a[i] != 0) & (not kept)
        reborn += (b[i] != 0) & (not kept)
        active += b[i] != 0
    if active > MANY * old.shape[1]:
        last = h
    elif died + reborn > 0:
        for i in range(a.size):
            if a[i] * b[i] <= 0 and a[i] != b[i]:
                last = max(last, h * time_of_death(a[i], p[i] + c * f[i], l1 * h) if a[i] != 0 else h)
    return died, reborn, active, last
