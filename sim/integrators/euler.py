"""Proximal Euler: an explicit step of the smooth forces, then the exact shrink of L1 and other penalties.

The implicit treatment of L1 makes zeros exact, keeps a dead weight at 0 while the force on it is at most λ,
and revives it when the force is larger (the Filippov solution in the limit of small steps). Order 1.
"""

import numpy as np
from numba import njit

from sim.forces.kinds import evaluate
from sim.forces.l1 import shrink
from sim.integrators.sparsity import is_sparse


def advance(weights, start, stop, memory, l1, action, until_sparse, rtol):
    """Move `weights` in equal steps of at most `rtol`; see `sim.integrators`."""
    size = (stop - start) / max(1, np.ceil((stop - start) / rtol))
    reached, *happened = _advance(
        weights, start, stop, size, l1, action.mismatch, action.smooth, action.proximal, until_sparse
    )
    return reached, memory, *happened


@njit(cache=True, nogil=True)
def _advance(weights, start, stop, h, l1, mismatch_of, smooth, proximal, until_sparse):
    n = weights.shape[0]
    gram, mismatch, slope = np.empty((n, n)), np.empty((n, n)), np.empty((n, n))
    force = np.empty_like(weights)
    deaths, rebirths, evaluations, last_change = 0, 0, 0, 0.0
    t = start
    while t < stop:
        evaluate(weights, mismatch_of, smooth, gram, mismatch, slope, force)
        if until_sparse and is_sparse(weights, mismatch):
            break
        before = weights.copy()
        weights += h * force
        shrink(weights, h * l1)
        proximal(weights, h)
        evaluations += 1
        t = start + evaluations * h
        t = stop if stop - t < 0.5 * h else t
        died, reborn = changes(before, weights)
        deaths, rebirths = deaths + died, rebirths + reborn
        if died + reborn > 0:
            last_change = t
    return t, deaths, rebirths, last_change, evaluations


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
