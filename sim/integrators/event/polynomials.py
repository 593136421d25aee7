"""Polynomials on a short interval: where one first falls below zero."""

import numpy as np
from numba import njit

DEEPEST = 50  # halvings of the interval: down to rounding


@njit(cache=True, nogil=True, inline="always")
def horner(coefficients, x):
    """Evaluate ``Σ_k c_k xᵏ``."""
    value = 0.0
    for k in range(coefficients.size - 1, -1, -1):
        value = value * x + coefficients[k]
    return value


@njit(cache=True, nogil=True)
def first_negative(coefficients, end, scratch):
    """Return the first x in (0, end] where a polynomial that is positive at 0 is negative, or infinity.

    An interval is dropped when the Taylor expansion about its middle cannot reach zero, and halved
    otherwise, the left half first; so that grazing roots and pairs of roots are found too.

    Parameters
    ----------
    coefficients : ndarray, shape (order + 1,)
    end : float
    scratch : ndarray, shape (order + 1,)
        Work space.
    """
    reach = 0.0
    for k in range(coefficients.size - 1, 0, -1):
        reach = (reach + abs(coefficients[k])) * end
    if coefficients[0] > reach:
        return np.inf
    left, width, depth = 0.0, end, 0
    path = 0  # bit d says whether the interval at depth d is a right half
    while True:
        middle = left + 0.5 * width
        expand(coefficients, middle, scratch)
        reach = 0.0
        for k in range(scratch.size - 1, 0, -1):
            reach = (reach + abs(scratch[k])) * 0.5 * width
        done = scratch[0] > reach  # positive all over this interval
        if not done and (scratch[0] < -reach or depth == DEEPEST):
            return left + (width if depth == DEEPEST else 0.0)
        if not done:
            slope_reach = 0.0
            for k in range(scratch.size - 1, 1, -1):
                slope_reach = (slope_reach + k * abs(scratch[k])) * 0.5 * width
            if abs(scratch[1]) > slope_reach:  # monotone
                if scratch[1] < 0.0 and horner(coefficients, left + width) < 0.0:
                    return descend(coefficients, left, left + width)
                done = True
        if not done:
            width, depth, path = 0.5 * width, depth + 1, path << 1
            continue
        while path & 1:
            path, depth, left, width = path >> 1, depth - 1, left - width, 2.0 * width
        if depth == 0:
            return np.inf
        left += width
        path |= 1


@njit(cache=True, nogil=True)
def expand(coefficients, centre, out):
    """Write the coefficients about `centre` to `out` (repeated synthetic division)."""
    n = coefficients.size
    for k in range(n):
        out[k] = coefficients[k]
    for first in range(n - 1):
        for k in range(n - 2, first - 1, -1):
            out[k] += centre * out[k + 1]


@njit(cache=True, nogil=True)
def descend(coefficients, low, high):
    """Return the root of a polynomial that falls from positive at `low` to negative at `high`."""
    x = 0.5 * (low + high)
    for _ in range(60):
        value, slope = 0.0, 0.0
        for k in range(coefficients.size - 1, -1, -1):
            slope = slope * x + value
            value = value * x + coefficients[k]
        if value >= 0.0:
            low = x
        else:
            high = x
        newton = x - value / slope if slope != 0.0 else low
        new = newton if low < newton < high else 0.5 * (low + high)
        if abs(new - x) <= 1e-16 * high:
            return new
        x = new
    return x
