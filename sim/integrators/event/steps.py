"""Event-driven Taylor series: the reference, accurate to rounding.

As long as the support and the signs of the weights and the set of positive inner products do not change, the
flow is a polynomial vector field,

    W' = M W − λ S  on the support,    M = M₀ − A∘G,    G = W Wᵀ,

with the sign matrix S, the slope A and M₀ fixed: M may be any mismatch that is piecewise linear in G. The
Taylor series follows from two recurrences of matrix products, and gives not only the step but every *event*
as a root of a polynomial: a weight reaches 0 (death), the force on a dead weight exceeds λ (rebirth), an
inner product changes its sign (a kink of the ReLU). The step goes to the first of them, all that happen there
are handled, and the next begins: this is the Filippov solution.

Order and step follow the tolerance as in Jorba and Zou (Experimental Mathematics 14, 2005).
"""

import numpy as np
from numba import njit

from sim.integrators.event.polynomials import first_negative
from sim.integrators.sparsity import is_sparse

LOWEST, HIGHEST = 4, 24  # order
EDGE = 1e-14  # how far beyond zero a weight, an inner product or an excess of force counts as an event
TINY = 1e-300  # an inner product that is positive and moves nothing
SAFETY = 0.8  # of the step that the last terms of the series allow


def advance(weights, start, stop, memory, l1, action, until_sparse, rtol):
    """Move `weights` with local errors of about `rtol`; see `sim.integrators`."""
    reached, *happened = _advance(weights, start, stop, l1, action.mismatch, until_sparse, rtol)
    return reached, memory, *happened


@njit(cache=True, nogil=True)
def _advance(weights, start, stop, l1, mismatch_of, until_sparse, rtol):
    n, m = weights.shape
    order = min(HIGHEST, max(LOWEST, int(np.ceil(-0.5 * np.log(rtol))) + 2))
    series = np.empty((order + 1, n, m))  # coefficients of W
    force = np.empty((order, n, m))  # of the smooth forces, on dead weights too
    gram, mismatch = np.empty((order, n, n)), np.empty((order, n, n))
    sign = np.sign(weights)
    positive = np.zeros((n, n), np.bool_)
    deaths, rebirths, evaluations, last_change = 0, 0, 0, 0.0
    t = start
    while t < stop:
        series[0] = weights
        used, reborn = expand(series, force, gram, mismatch, sign, positive, l1, mismatch_of, rtol, stop - t)
        if until_sparse and reborn == 0 and is_sparse(weights, mismatch[0]):
            break
        h = min(stop - t, longest_step(series[: used + 1], rtol))
        h = first_event(series[: used + 1], force[:used], gram[:used], sign, positive, l1, h)
        h = max(h, EDGE * (1.0 + t))
        died = follow(series[: used + 1], h, l1, weights, sign)
        t = stop if h >= stop - t else t + h
        evaluations += used
        deaths, rebirths = deaths + died, rebirths + reborn
        if died + reborn > 0:
            last_change = t
    return t, deaths, rebirths, last_change, evaluations


@njit(cache=True, nogil=True)
def expand(series, force, gram, mismatch, sign, positive, l1, mismatch_of, rtol, time):
    """Fill in the Taylor series from ``series[0]``; return the order used and the number of rebirths.

    The order is the first at which the series is accurate up to the next death, as far as the velocities
    tell, or else the highest.
    """
    order, (n, m) = force.shape[0], sign.shape
    product, square, slope = np.empty((n, m)), np.empty((n, n)), np.empty((n, n))
    reborn = 0
    for k in range(order):
        gram[k] = 0.0
        for a in range((k + 1) // 2):
            np.dot(series[a], series[k - a].T, square)
            gram[k] += square + square.T
        if k % 2 == 0:
            np.dot(series[k // 2], series[k // 2].T, square)
            gram[k] += square
        if k == 0:
            switch(gram[0], positive)
            on_their_side(gram[0], positive, square)
            mismatch[0] = 0.0
            slope[:] = 0.0
            mismatch_of(square, mismatch[0], slope)
        else:
            mismatch[k] = -slope * gram[k]
        np.dot(mismatch[0], series[k], force[k])
        for a in range(1, k + 1):
            np.dot(mismatch[a], series[k - a], product)
            force[k] += product
        if k == 0:
            reborn = revive(force[0], sign, l1)
        largest = 0.0
        for i in range(n):
            for j in range(m):
                if sign[i, j] != 0.0 or l1 == 0.0:
                    change = force[k, i, j] - (l1 * sign[i, j] if k == 0 else 0.0)
                    series[k + 1, i, j] = change / (k + 1)
                    largest = max(largest, abs(change))
                else:
                    series[k + 1, i, j] = 0.0
        if k == 0:
            likely = min(time, next_death(series[0], series[1]))
        elif k + 1 >= LOWEST and largest / (k + 1) * likely ** (k + 1) < 0.1 * rtol:
            return k + 1, reborn
    return order, reborn


@njit(cache=True, nogil=True)
def switch(gram, positive):
    """Update which inner products are positive, with a little inertia at 0."""
    for i in range(gram.shape[0]):
        for j in range(gram.shape[0]):
            positive[i, j] = gram[i, j] > (-0.5 * EDGE if positive[i, j] else 0.5 * EDGE)


@njit(cache=True, nogil=True)
def on_their_side(gram, positive, out):
    """Copy inner products, those within the inertia at 0 as just positive or 0."""
    for i in range(gram.shape[0]):
        for j in range(gram.shape[0]):
            out[i, j] = max(gram[i, j], TINY) if positive[i, j] else min(gram[i, j], 0.0)


@njit(cache=True, nogil=True)
def revive(force, sign, l1):
    """Give dead weights on which more than λ acts the sign of the force; return how many."""
    reborn = 0
    if l1 > 0.0:
        for i in range(sign.shape[0]):
            for k in range(sign.shape[1]):
                if sign[i, k] == 0.0 and abs(force[i, k]) > l1 + 0.5 * EDGE:
                    sign[i, k] = np.sign(force[i, k])
                    reborn += 1
    return reborn


@njit(cache=True, nogil=True)
def next_death(weights, velocity):
    """Return when the first weight would die at constant velocity."""
    soonest = np.inf
    for i in range(weights.shape[0]):
        for k in range(weights.shape[1]):
            if weights[i, k] * velocity[i, k] < 0.0:
                soonest = min(soonest, -weights[i, k] / velocity[i, k])
    return soonest


@njit(cache=True, nogil=True)
def longest_step(series, rtol):
    """Return the step at which the last two terms of the series are as large as `rtol`."""
    longest = np.inf
    for k in range(series.shape[0] - 2, series.shape[0]):
        largest = np.abs(series[k]).max()
        if largest > 0.0:
            longest = min(longest, (rtol / largest) ** (1.0 / k))
    return SAFETY * longest


@njit(cache=True, nogil=True)
def first_event(series, force, gram, sign, positive, l1, h):
    """Return the time of the first death, rebirth or kink within `h`, or `h`."""
    n, m = sign.shape
    one, two = np.empty(series.shape[0]), np.empty(series.shape[0])
    if l1 > 0.0:
        weight_reach, force_reach = reach(series, h), reach(force, h)
        for i in range(n):
            for k in range(m):
                s = sign[i, k]
                if s != 0.0 and s * series[0, i, k] + EDGE <= weight_reach[i, k]:
                    h = min(h, falls_below(series, i, k, s, EDGE, h, one, two))
                elif s == 0.0 and l1 + EDGE - abs(force[0, i, k]) <= force_reach[i, k]:
                    h = min(h, falls_below(force, i, k, 1.0, l1 + EDGE, h, one, two))
                    h = min(h, falls_below(force, i, k, -1.0, l1 + EDGE, h, one, two))
    gram_reach = reach(gram, h)
    for i in range(n):
        for j in range(i):
            s = 1.0 if positive[i, j] else -1.0
            if s * gram[0, i, j] + EDGE <= gram_reach[i, j]:
                h = min(h, falls_below(gram, i, j, s, EDGE, h, one, two))
    return h


@njit(cache=True, nogil=True)
def reach(series, h):
    """Return how far each polynomial can be from its value at 0 within `h`."""
    total = np.zeros(series.shape[1:])
    for k in range(series.shape[0] - 1, 0, -1):
        total = (total + np.abs(series[k])) * h
    return total


@njit(cache=True, nogil=True)
def falls_below(series, i, k, factor, offset, h, one, two):
    """Return when ``factor · series[:, i, k] + offset`` first falls below 0 within `h`, or infinity."""
    order = series.shape[0]
    for power in range(order):
        one[power] = factor * series[power, i, k]
    one[0] += offset
    return first_negative(one[:order], h, two[:order])


@njit(cache=True, nogil=True)
def follow(series, h, l1, weights, sign):
    """Evaluate the series at `h` into `weights`, bury what has reached zero, and return how many."""
    weights[:] = series[-1]
    for k in range(series.shape[0] - 2, -1, -1):
        weights *= h
        weights += series[k]
    died = 0
    if l1 > 0.0:
        for i in range(sign.shape[0]):
            for k in range(sign.shape[1]):
                if sign[i, k] * weights[i, k] < -0.5 * EDGE:
                    weights[i, k] = sign[i, k] = 0.0
                    died += 1
    return died
