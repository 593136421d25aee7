"""L1: ``−λ sign(w)`` holds zeros at zero (seed 001; `theory.flow`).

Integrators apply it themselves, with the model's λ: by its exact flow beside a constant force
(`constant_push`) or alone (`shrink`).
"""

import numpy as np
from numba import njit

from sim.forces.kinds import Force

FORCE = Force("l1")


@njit(cache=True, nogil=True)
def shrink(weights, amount):
    """Move every weight towards 0 by `amount`, and no further: the exact flow of L1 alone."""
    flat = weights.reshape(-1)
    for i in range(flat.size):
        w = flat[i]
        flat[i] = 0.0 if abs(w) <= amount else w - np.copysign(amount, w)  # NaN stays what it is


@njit(cache=True, nogil=True, inline="always", error_model="numpy")
def constant_push(weight, push, amount):
    """Return where L1 and a constant force take a weight: the exact flow, through zero if need be.

    Parameters
    ----------
    weight : float
        Where it starts.
    push : float
        Force times time.
    amount : float
        λ times time, at least 0.
    """
    zero = weight - weight  # of the type of the weights, so that single precision stays so
    flip = weight < zero
    size, along = (-weight, -push) if flip else (weight, push)
    end = size + along - amount  # where it would be if L1 did not turn at zero
    beyond = (along + amount) * end / (end - size)  # it turns there and goes on for the rest of the time
    final = end if end >= zero else min(beyond, zero)
    return -final if flip else final


@njit(cache=True, nogil=True, inline="always")
def time_of_death(weight, push, amount):
    """Return the share of the time after which `constant_push` has taken a weight to zero."""
    return abs(weight) / (amount - np.sign(weight) * push)
