"""When the race is over: no weight can die or be reborn any more."""

import numpy as np
from numba import njit

NOTHING = 1e-14  # mismatch that pushes nothing: rounding of inner products that are 0


@njit(cache=True, nogil=True)
def is_sparse(weights, mismatch):
    """Say whether every encoding has at most one active weight and none pushes another.

    Parameters
    ----------
    weights : ndarray, shape (feature, neuron)
    mismatch : ndarray, shape (feature, feature)
        What the forces make of their Gram matrix.
    """
    n, most = mismatch.shape[0], 0
    active = np.zeros(n, np.int64)
    for k in range(weights.shape[1]):
        for i in range(n):
            active[i] += weights[i, k] != 0
            most = max(most, active[i])
        if most > 1:
            return False
    for i in range(n):
        for j in range(i):
            if abs(mismatch[i, j]) > NOTHING:
                return False
    return True
