"""Proximal Euler: an explicit step of the smooth forces, then the exact shrink of L1 and other penalties.

The implicit treatment of L1 makes zeros exact, keeps a dead weight at 0 while the force on it is at most λ,
and revives it when the force is larger (the Filippov solution in the limit of small steps). Order 1.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.forces import Action
from sim.forces.kinds import evaluate
from sim.forces.l1 import shrink
from sim.integrators.leg import Leg, Passed
from sim.integrators.sparsity import is_sparse
from sim.machine.cores import split


class State(NamedTuple):
    """The last step, and whether steps of the same leg go on.

    Attributes
    ----------
    before, force : ndarray, shape (feature, neuron)
        Weights before the last step, and the smooth forces on them.
    origin, size : float
        When the leg began, and the length of a step.
    taken : int
        Number of steps of the leg that are done.
    under_way : bool
        Whether the leg goes on.
    """

    before: np.ndarray
    force: np.ndarray
    origin: float
    size: float
    taken: int
    under_way: bool


def advance(
    weights: np.ndarray, leg: Leg, state: State | None, l1: float, action: Action
) -> tuple[Passed, State]:
    """Move `weights` in equal steps of at most ``leg.rtol``; see `sim.integrators`."""
    if state is None or not state.under_way:
        size = (leg.stop - leg.start) / max(1, np.ceil((leg.stop - leg.start) / leg.rtol))
        state = State(weights.copy(), np.empty_like(weights), leg.start, size, 0, under_way=False)
    with split(*weights.T.shape) as parts:
        return integrate(parts, weights, leg, state, l1, action.mismatch, action.smooth, action.proximal)


def interpolate(state: State, time: float, l1: float, action: Action, weights: np.ndarray) -> None:
    """Write the weights at a `time` in the last step to `weights`: a shorter step."""
    passed = time - (state.origin + (state.taken - 1) * state.size)
    weights[:] = state.before + passed * state.force
    shrink(weights, passed * l1)
    action.proximal(weights, passed)


@njit(cache=True, nogil=True)
def integrate(split, weights, leg, state, l1, mismatch_of, smooth, proximal):
    """Take steps to the end of a leg; return what happened and the state."""
    before, force, origin, h, first, under_way = state
    n = weights.shape[0]
    gram, mismatch, slope = np.empty((n, n)), np.empty((n, n)), np.empty((n, n))
    deaths, rebirths, last_change = 0, 0, 0.0
    t, taken, under_way = leg.start, first, False
    while t < leg.stop and not under_way:
        evaluate(split, weights, mismatch_of, smooth, gram, mismatch, slope, force)
        if leg.until_sparse and is_sparse(weights, mismatch):
            break
        before[:] = weights
        weights += h * force
        shrink(weights, h * l1)
        proximal(weights, h)
        taken += 1
        t = origin + taken * h
        t = leg.stop if leg.stop - t < 0.5 * h else t
        died, reborn = changes(before, weights)
        deaths, rebirths = deaths + died, rebirths + reborn
        if died + reborn > 0:
            last_change = t
        under_way = t < leg.stop and (leg.look <= t or taken - first >= leg.most)
    state = State(before, force, origin, h, taken, under_way)
    return Passed(t, deaths, rebirths, last_change, taken - first), state


@njit(cache=True, nogil=True)
def changes(before, after):
    """Count the weights that reached zero and those that left it; a change of sign is neither."""
    died, reborn = 0, 0
    a, b = before.reshape(-1), after.reshape(-1)
    for i in range(a.size):
        if a[i] != 0.0 and b[i] == 0.0:
            died += 1
        elif a[i] == 0.0 and b[i] != 0.0:
            reborn += 1
    return died, reborn
