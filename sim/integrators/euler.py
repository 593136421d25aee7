"""Proximal Euler: an explicit step of the smooth forces, then the exact shrink of L1.

The implicit treatment of L1 makes zeros exact, keeps a dead weight at 0 while the force on it is at most λ,
and revives it when the force is larger (the Filippov solution in the limit of small steps). Order 1.
"""

import numpy as np
from numba import njit

from sim.forces import shrink, smooth_force


@njit(cache=True, nogil=True)
def advance(weights, start, stop, l1, feature_benefit, interference, rtol):
    """Move `weights` from `start` to `stop` in equal steps of at most `rtol`."""
    n = weights.shape[0]
    gram, force = np.empty((n, n)), np.empty_like(weights)
    steps = max(1, int(np.ceil((stop - start) / rtol)))
    h = (stop - start) / steps
    deaths, rebirths, last_change = 0, 0, 0.0
    for number in range(steps):
        smooth_force(weights, feature_benefit, interference, gram, force)
        before = weights.copy()
        weights += h * force
        shrink(weights, h * l1)
        died, reborn = changes(before, weights)
        deaths, rebirths = deaths + died, rebirths + reborn
        if died + reborn > 0:
            last_change = start + (number + 1) * h
    return deaths, rebirths, last_change, steps


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
