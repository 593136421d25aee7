"""A stage of "splitting": weights by forces and L1, with the mismatch that belongs to where they end."""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from sim.integrators.splitting import neurons
from sim.integrators.splitting.jacobi import Space, correction, follow
from sim.machine.blas import add, copy

# Tuned; `python -m benchmarks constants SOLVED UNSOLVED ATTEMPTS STRONGER WEAKER` shows cost and winners with
# other values.
SOLVED, UNSOLVED = 0.5, 1.0  # residual of the mismatch in units of rtol: enough, and too much
ATTEMPTS = 4  # iterations for the mismatch; what they leave, the next stage makes up for
STRONGER, WEAKER = 1.2, 0.9  # damping of these iterations after a stage in which they were too few, or not


class Forces(NamedTuple):
    """λ and the functions of an `Action`, in an order that Numba takes without a warning."""

    l1: float
    mismatch: Any
    smooth: Any
    proximal: Any
    is_smooth: bool
    is_proximal: bool


class Matrices(NamedTuple):
    """Arrays by (feature, feature): the mismatch, what is owed of it, and room for finding it.

    Attributes
    ----------
    mismatch, owed : ndarray
        M, and the last correction of it, which weights have not felt.
    safe_mismatch, safe_owed : ndarray
        Both as they were before a step, in case it fails.
    felt, last, past, gram : ndarray
        M as weights feel it, M and its correction one iteration ago, K.
    shares : ndarray, shape (part, feature, feature)
        Gram matrices of several parts.
    space : Space
    """

    mismatch: np.ndarray
    owed: np.ndarray
    safe_mismatch: np.ndarray
    safe_owed: np.ndarray
    felt: np.ndarray
    last: np.ndarray
    past: np.ndarray
    gram: np.ndarray
    shares: np.ndarray
    space: Space


class Effort(NamedTuple):
    """How to work: by lists or not, at which share of weights alive, how precisely, how much damped."""

    listed: bool
    alive: float
    rtol: float
    damping: float


@njit(cache=True, nogil=True)
def solve(split, forces, push, matrices, effort, settle):
    """Solve one stage: ``matrices.mismatch``, ``push.product`` (the force at ``push.by``) and ``push.end``.

    Weights feel what was `owed` to them, but not yet the last correction of the mismatch, unless told to
    `settle`: it is what is owed then.

    Returns
    -------
    left : float
        How far the last correction of the mismatch moves encodings, as root mean square.
    used : int
        Evaluations of the force.
    damping : float
        For the next stage.
    """
    mismatch, last = matrices.mismatch, matrices.last
    enough, damping = SOLVED * effort.rtol, effort.damping
    beside = beside_of(forces, push.by)
    left, used = np.inf, 0
    while True:  # with one call of each kernel, since every one is compiled
        solved = not (left > enough and used < ATTEMPTS)
        if solved and not settle:
            break
        move(split, forces, push, matrices, beside, effort.listed)
        used += 1
        if solved:
            copy(mismatch, last)
            break
        neurons.multiply(split, push.end, effort.listed, matrices.shares, matrices.gram)
        left = correction(
            forces.mismatch, mismatch, matrices.gram, push.c, effort.alive, damping, matrices.space
        )
        follow(mismatch, matrices.space.along, last, matrices.past, used > 1)
    new_debt(matrices)
    return left, used, STRONGER * damping if left > enough else max(1.0, WEAKER * damping)


@njit(cache=True, nogil=True, inline="always")
def beside_of(forces, weights):
    """Return the smooth force on `weights`, if there is any, and nothing of it otherwise."""
    beside = np.empty((weights.shape[0] if forces.is_smooth else 0, weights.shape[1]), weights.dtype)
    if forces.is_smooth:
        own_force(forces.smooth, weights, beside)
    return beside


@njit(cache=True, nogil=True, inline="always")
def move(split, forces, push, matrices, beside, listed):
    """Move weights by all forces, with the mismatch and what is owed of it."""
    copy(matrices.mismatch, matrices.felt)
    add(matrices.owed, matrices.felt)
    neurons.move(split, push, matrices.felt, beside, forces.l1, listed)
    if forces.is_proximal:
        own_penalty(forces.proximal, push.time, push.end)


@njit(cache=True, nogil=True, inline="always")
def new_debt(matrices):
    """Owe the last correction of the mismatch."""
    owed, last = matrices.owed.reshape(-1), matrices.last.reshape(-1)
    mismatch = matrices.mismatch.reshape(-1)
    for a in range(owed.size):
        owed[a] = mismatch[a] - last[a]


@njit(cache=True, nogil=True)
def own_force(smooth, weights, force):
    """Write a smooth force, neuron by neuron, as `weights` are."""
    encodings, forces = np.empty(weights.shape[::-1]), np.zeros(weights.shape[::-1])
    turn(weights, encodings)
    smooth(encodings, forces)
    turn(forces, force)


@njit(cache=True, nogil=True)
def own_penalty(proximal, time, weights):
    """Apply a penalty to `weights`, which are neuron by neuron."""
    encodings = np.empty(weights.shape[::-1])
    turn(weights, encodings)
    proximal(encodings, time)
    turn(encodings, weights)


@njit(cache=True, nogil=True)
def turn(array, out):
    """Write the transposed array to `out`."""
    for i in range(array.shape[0]):
        for j in range(array.shape[1]):
            out[j, i] = array[i, j]
