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

from sim.forces import Action
from sim.forces.l1 import time_of_death
from sim.integrators.leg import Leg, Passed
from sim.integrators.sparsity import is_sparse
from sim.integrators.splitting.jacobi import Space
from sim.integrators.splitting.neurons import Push, drop_dead, multiply, shift
from sim.integrators.splitting.stage import UNSOLVED, Effort, Forces, Matrices, beside_of, move, solve
from sim.machine.blas import copy
from sim.machine.cores import Split, bounds, on_all_cores, split

GAMMA = 1 - np.sqrt(0.5)  # L-stable and of order two, not tuned
# Tuned; `python -m benchmarks constants FIRST SAFETY SHRINK GROW TOO_FAR SMALLEST MANY LATE LATER LISTED
# LENGTH SINGLE WORTH_IT` shows cost and winners with other values.
FIRST = 0.5  # of the first step, in units of the square root of rtol
SAFETY, SHRINK, GROW = 0.85, 0.3, 3.0  # of the next step relative to the last
TOO_FAR = 2.0  # error in units of rtol at which a step is done again
SMALLEST = 1e-12  # step, relative to 1 + t, that is not done again
MANY = 4  # active weights an encoding beyond which more deaths will follow: their times do not matter
LATE, LATER = 0.2, 5.0  # share of active weights below which steps may err more, and how much in the end
LISTED, LENGTH = 0.4, 425  # share of active weights below which lists beat BLAS; less for few features
SINGLE, WORTH_IT = 1e-4, 2**13  # rtol and number of weights from which on single precision is used


class Neurons(NamedTuple):
    """Arrays by (neuron, feature), of the neurons that are left.

    Attributes
    ----------
    weights, velocity : ndarray
        As they are, and how fast they moved in the last step.
    new : ndarray
        Weights after a step; after it, those before it.
    spare : ndarray
        Weights on which M acts, later velocities: room that takes turns with `velocity`.
    first, second : ndarray
        Forces of both stages.
    """

    weights: np.ndarray
    velocity: np.ndarray
    new: np.ndarray
    spare: np.ndarray
    first: np.ndarray
    second: np.ndarray


class State(NamedTuple):
    """All that is kept between steps, and what the next leg needs of the last.

    Attributes
    ----------
    neurons : Neurons
    place : ndarray of int, shape (neuron,)
        Their numbers.
    size : int
        The number of weights on all neurons.
    matrices : Matrices
    planned, done, begun : float
        Length of the next step, length of the last and when it began.
    damping : float
        Of iterations for the mismatch.
    under_way : bool
        Whether steps go on from here; otherwise from whatever the weights are then.
    """

    neurons: Neurons
    place: np.ndarray
    size: int
    matrices: Matrices
    planned: float
    done: float
    begun: float
    damping: float
    under_way: bool


def advance(
    weights: np.ndarray, leg: Leg, state: State | None, l1: float, action: Action
) -> tuple[Passed, State]:
    """Move `weights` along a leg; see `sim.integrators`."""
    n, m = weights.shape
    with split(m, n) as parts:
        if state is None:
            exact = leg.rtol < SINGLE or n * m < WORTH_IT or action.is_smooth or action.is_proximal
            precision = np.float64 if exact else np.float32
            state = begin(weights, 0.0, 1.0, np.zeros((n, n), precision), np.zeros((m, n), precision), parts)
        elif not state.under_way:
            velocity = np.zeros((m, n), state.neurons.velocity.dtype)
            velocity[state.place] = state.neurons.velocity
            mismatch = state.matrices.mismatch
            state = begin(weights, state.planned, state.damping, mismatch, velocity, parts)
        passed, state = integrate(parts, state, leg, Forces(l1, *action.functions))
    weights[:] = 0
    weights[:, state.place] = state.neurons.weights.T
    return passed, state


def begin(
    weights: np.ndarray,
    planned: float,
    damping: float,
    mismatch: np.ndarray,
    velocity: np.ndarray,
    parts: Split | None,
) -> State:
    """Return the state at `weights`, of which nothing is known but what is given."""
    n, m = weights.shape
    real, shares = velocity.dtype, 0 if parts is None else parts.parts
    start = np.array(weights.T, real, order="C")  # a copy even where none is needed
    neurons = Neurons(start, velocity, *(np.empty((m, n), real) for _ in range(4)))
    safe_mismatch, safe_owed, felt, last, past, gram, *rest = (np.empty((n, n), real) for _ in range(8))
    matrices = Matrices(
        mismatch, np.zeros((n, n), real), safe_mismatch, safe_owed, felt, last, past, gram,
        np.empty((shares, n, n), real), Space(*rest, *(np.zeros((n, n)) for _ in range(3))),
    )  # fmt: skip
    return State(neurons, np.arange(m), n * m, matrices, planned, planned, 0.0, damping, under_way=False)


def interpolate(state: State, time: float, l1: float, action: Action, weights: np.ndarray) -> None:
    """Write the weights at a `time` in the last step to `weights`.

    They are where L1 and the forces up to then move those before the step. With a share θ of it over,
    ``γ θ (θ − γ)/(1 − γ)`` was under the second force and the rest of θ under the first: so the ends of both
    stages are met, which are where M holds norms and inner products in place however stiff that is. What
    this is wrong by in smooth motion, ``γ (1 − γ) θ (1 − θ) h ‖Δv‖``, is of the order of h², like the error
    of the run, and at most 0.104 times the ``½ h ‖Δv‖`` that steps control: about a tenth of the tolerance,
    and a fifth in the longest steps that are not done again. The tolerance is `rtol`, and late in the race
    up to five times that (`LATER`).
    """
    neurons, h = state.neurons, state.done
    real, passed = neurons.weights.dtype.type, time - state.begun
    second = GAMMA * passed * (passed / h - GAMMA) / (1 - GAMMA)
    end = np.empty_like(neurons.weights)
    shift(
        neurons.new.reshape(-1), neurons.first.reshape(-1), real(passed - second),
        neurons.second.reshape(-1), real(second), real(l1 * passed), end.reshape(-1),
    )  # fmt: skip
    weights[:] = 0
    weights[:, state.place] = end.T
    if action.is_proximal:
        action.proximal(weights, passed)


@njit(cache=True, nogil=True)
def integrate(split, state, leg, forces):
    """Take steps to the end of a leg; return what happened and the state."""
    neurons, place, size, matrices, planned, done, begun, damping, under_way = state
    n, counts = matrices.mismatch.shape[0], np.empty((1 if split is None else split.parts, 4))
    t, active, under_way = leg.start, count(neurons.weights), False
    deaths, rebirths, evaluations, last_change = 0, 0, 0, 0.0
    if planned == 0.0:
        planned, evaluations = FIRST * np.sqrt(leg.rtol), 1
        first_mismatch(split, neurons, matrices, forces)
        neurons = first_velocity(split, neurons, matrices, forces, planned, counts)
    while t < leg.stop and not under_way:
        if leg.until_sparse and active <= n and is_sparse(neurons.weights.T, matrices.mismatch):
            break
        listed = active < min(LISTED, n / LENGTH) * neurons.weights.size
        listed = listed and not (forces.is_smooth or forces.is_proximal)
        if listed:
            live = drop_dead(neurons.weights, neurons.velocity, place)
            neurons, place = first_rows(neurons, live), place[:live]
        tolerance = leg.rtol * max(1.0, min(LATER, LATE * size / max(1.0, active)))
        effort = Effort(listed, active / max(1, neurons.weights.size), tolerance, damping)
        h, last = min(planned, leg.stop - t), planned >= leg.stop - t
        keep(matrices, min(1.0, done / h))
        left, used, damping = attempt(split, forces, neurons, matrices, effort, h, last)
        evaluations += used
        compare(split, neurons, h, forces.l1 > 0.0, counts)
        error = 0.5 * h * np.sqrt(total(counts, 0) / n)
        factor = min(GROW, max(SHRINK, SAFETY * np.sqrt(tolerance / max(error, 1e-300))))
        done = h
        if (error > TOO_FAR * tolerance or left > UNSOLVED * tolerance) and h > SMALLEST * (1.0 + t):
            copy(matrices.safe_mismatch, matrices.mismatch)
            copy(matrices.safe_owed, matrices.owed)
            planned = h * min(factor, 0.5)
            under_way = evaluations >= leg.most
            continue
        died, reborn, active = total(counts, 1), total(counts, 2), total(counts, 3)
        if died + reborn > 0:
            last_change = t + (last_event(neurons, h, forces.l1) if active <= MANY * n else h)
        deaths, rebirths = deaths + died, rebirths + reborn
        neurons = swapped(neurons)
        planned = max(planned, factor * h) if last else factor * h
        begun, t = t, leg.stop if last else t + h
        if not np.isfinite(error):  # nor are forces: who called sees it of the time
            t = np.nan
            break
        under_way = t < leg.stop and (leg.look <= t or evaluations >= leg.most)
    state = State(neurons, place, size, matrices, planned, done, begun, damping, under_way)
    return Passed(t, int(deaths), int(rebirths), last_change, evaluations), state


@njit(cache=True, nogil=True)
def attempt(split, forces, neurons, matrices, effort, h, last):
    """Take a step of length h, the `last` of a leg or not, through both stages.

    Returns
    -------
    left : float
        How far the last corrections of the mismatch move encodings, at most.
    used : int
        Evaluations of the force.
    damping : float
        For the next step.
    """
    start, _, end, by, first, second = neurons
    c, most_left, all_used, damping = GAMMA * h, 0.0, 0, effort.damping
    for whole in (False, True):
        share, time, product = (h - c, h, second) if whole else (0.0, c, first)
        extrapolate(split, neurons, time, forces.l1 > 0.0)
        if whole:
            owe(matrices)
        push = Push(start, first, by, share, c, time, product, end)
        effort = Effort(effort.listed, effort.alive, effort.rtol, damping)
        left, used, damping = solve(split, forces, push, matrices, effort, last and whole)
        most_left, all_used = max(most_left, left), all_used + used
    return most_left, all_used, damping


@njit(cache=True, nogil=True, inline="always")
def first_mismatch(split, neurons, matrices, forces):
    """Write the mismatch of the weights."""
    space = matrices.space
    multiply(split, neurons.weights, False, matrices.shares, matrices.gram)
    copy(matrices.gram, space.gram)
    forces.mismatch(space.gram, space.target, space.slope)
    copy(space.target, matrices.mismatch)


@njit(cache=True, nogil=True, inline="always")
def first_velocity(split, neurons, matrices, forces, h, counts):
    """Return the neurons with the velocity of an explicit step, with which the first one is compared."""
    weights, first = neurons.weights, neurons.first
    push = Push(weights, first, weights, 0.0, h, h, first, neurons.new)
    move(split, forces, push, matrices, beside_of(forces, weights), False)
    compare(split, neurons, h, forces.l1 > 0.0, counts)
    return Neurons(weights, neurons.spare, neurons.new, neurons.velocity, first, neurons.second)


@njit(cache=True, nogil=True, inline="always")
def total(counts, column):
    """Add up a column."""
    result = 0.0
    for part in range(counts.shape[0]):
        result += counts[part, column]
    return result


@njit(cache=True, nogil=True, inline="always")
def count(weights):
    """Count the active weights."""
    flat, active = weights.reshape(-1), 0
    for k in range(flat.size):
        active += flat[k] != 0
    return active


@njit(cache=True, nogil=True, inline="always")
def first_rows(neurons, count):
    """Return the first of the neurons."""
    return Neurons(
        neurons.weights[:count], neurons.velocity[:count], neurons.new[:count], neurons.spare[:count],
        neurons.first[:count], neurons.second[:count],
    )  # fmt: skip


@njit(cache=True, nogil=True, inline="always")
def swapped(neurons):
    """Return the neurons with what is new as what is."""
    return Neurons(
        neurons.new, neurons.spare, neurons.weights, neurons.velocity, neurons.first, neurons.second
    )


@njit(cache=True, nogil=True, inline="always")
def keep(matrices, share):
    """Keep the mismatch and a `share` of what is owed of it, in case the step fails."""
    owed, mismatch = matrices.owed.reshape(-1), matrices.mismatch.reshape(-1)
    safe_owed, safe_mismatch = matrices.safe_owed.reshape(-1), matrices.safe_mismatch.reshape(-1)
    share = matrices.owed.dtype.type(share)
    for a in range(owed.size):
        owed[a] *= share
        safe_owed[a], safe_mismatch[a] = owed[a], mismatch[a]


@njit(cache=True, nogil=True, inline="always")
def owe(matrices):
    """Add up what is owed: of the last step, and of the first stage, as the second stage feels it."""
    owed, before = matrices.owed.reshape(-1), matrices.safe_owed.reshape(-1)
    ratio = matrices.owed.dtype.type((1.0 - GAMMA) / GAMMA)
    for a in range(owed.size):
        owed[a] = before[a] + ratio * (owed[a] - before[a])


@on_all_cores
@njit(cache=True, nogil=True)
def extrapolate(part, parts, neurons, time, sticky):
    """Write to ``neurons.spare`` where weights are after a `time`; if zero is `sticky`, they stop there."""
    i, j = bounds(neurons.weights.shape[0], part, parts)
    a, v = neurons.weights[i:j].reshape(-1), neurons.velocity[i:j].reshape(-1)
    b, time = neurons.spare[i:j].reshape(-1), neurons.weights.dtype.type(time)
    for k in range(a.size):
        moved = a[k] + time * v[k]
        b[k] = a[k] - a[k] if sticky & (moved * a[k] <= 0) else moved


@on_all_cores
@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def compare(part, parts, neurons, h, sticky, counts):
    """Compare both ends of a step: velocities of the weights that live through it, and counts of the part.

    They are by how much velocities differ from those of the last step where weights live on, squared; how
    many weights died, were reborn, are active. A weight that passes through zero dies and is reborn.
    """
    i, j = bounds(neurons.weights.shape[0], part, parts)
    a, b = neurons.weights[i:j].reshape(-1), neurons.new[i:j].reshape(-1)
    v, w = neurons.velocity[i:j].reshape(-1), neurons.spare[i:j].reshape(-1)
    rate = neurons.weights.dtype.type(1.0 / h)
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
def last_event(neurons, h, l1):
    """Return when in a step the last weight died or was reborn."""
    a, b = neurons.weights.reshape(-1), neurons.new.reshape(-1)
    f, s = neurons.first.reshape(-1), neurons.second.reshape(-1)
    last, c = 0.0, GAMMA * h
    for i in range(a.size):
        if a[i] * b[i] <= 0 and a[i] != b[i]:
            amount = (h - c) * f[i] + c * s[i]
            last = max(last, h * time_of_death(a[i], amount, l1 * h) if a[i] != 0 else h)
    return last
