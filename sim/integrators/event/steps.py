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

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.forces import Action
from sim.integrators.event.polynomials import first_negative
from sim.integrators.leg import Leg, Passed
from sim.integrators.sparsity import is_sparse
from sim.machine.blas import add
from sim.machine.cores import product, split

LOWEST, HIGHEST = 4, 24  # order
EDGE = 1e-14  # how far beyond zero a weight, an inner product or an excess of force counts as an event
TINY = 1e-300  # an inner product that is positive and moves nothing
SAFETY = 0.8  # of the step that the last terms of the series allow


class Series(NamedTuple):
    """Taylor coefficients of a step, as many as the highest order needs.

    Attributes
    ----------
    weights, force : ndarray, shape (order, feature, neuron)
        Weights, and smooth forces, on dead weights too; weights have one coefficient more.
    gram, mismatch : ndarray, shape (order, feature, feature)
    """

    weights: np.ndarray
    force: np.ndarray
    gram: np.ndarray
    mismatch: np.ndarray


class Sides(NamedTuple):
    """Which weights and inner products are on which side of zero.

    Attributes
    ----------
    sign : ndarray, shape (feature, neuron)
    positive : ndarray of bool, shape (feature, feature)
    """

    sign: np.ndarray
    positive: np.ndarray


class State(NamedTuple):
    """The last step, with its order and when it began, and whether steps go on from where it ended."""

    series: Series
    sides: Sides
    order: int
    begun: float
    under_way: bool


def advance(
    weights: np.ndarray, leg: Leg, state: State | None, l1: float, action: Action
) -> tuple[Passed, State]:
    """Move `weights` with local errors of about ``leg.rtol``; see `sim.integrators`."""
    if state is None or not state.under_way:
        n, m = weights.shape
        order = min(HIGHEST, max(LOWEST, int(np.ceil(-0.5 * np.log(leg.rtol))) + 2))
        by_neuron, by_feature = (order, n, m), (order, n, n)
        series = Series(
            np.empty((order + 1, n, m)), np.empty(by_neuron), np.empty(by_feature), np.empty(by_feature)
        )
        sides = Sides(np.sign(weights), np.zeros((n, n), np.bool_))
        state = State(series, sides, order, leg.start, under_way=False)
    with split(*weights.T.shape) as parts:
        return integrate(parts, weights, leg, state, l1, action.mismatch)


def interpolate(state: State, time: float, l1: float, action: Action, weights: np.ndarray) -> None:
    """Write the weights at a `time` in the last step to `weights`: their series."""
    series = state.series.weights[: state.order + 1]
    weights[:] = np.polynomial.polynomial.polyval(time - state.begun, series)
    if l1 > 0:
        side = np.where(series[0] == 0, series[1], series[0])
        weights[side * weights < 0] = 0.0  # about to die, and below zero by rounding


@njit(cache=True, nogil=True)
def integrate(split, weights, leg, state, l1, mismatch_of):
    """Take steps to the end of a leg; return what happened and the state."""
    series, sides, order, begun, under_way = state
    deaths, rebirths, evaluations, last_change = 0, 0, 0, 0.0
    t, under_way = leg.start, False
    while t < leg.stop and not under_way:
        series.weights[0] = weights
        used, reborn = expand(split, series, sides, l1, mismatch_of, leg.rtol, leg.stop - t)
        if leg.until_sparse and reborn == 0 and is_sparse(weights, series.mismatch[0]):
            break
        h = min(leg.stop - t, longest_step(series.weights[: used + 1], leg.rtol))
        h = first_event(series, used, sides, l1, h)
        h = max(h, EDGE * (1.0 + t))
        died = follow(series.weights[: used + 1], h, l1, weights, sides.sign)
        begun, t = t, leg.stop if h >= leg.stop - t else t + h
        order, evaluations = used, evaluations + used
        deaths, rebirths = deaths + died, rebirths + reborn
        if died + reborn > 0:
            last_change = t
        under_way = t < leg.stop and (leg.look <= t or evaluations >= leg.most)
    state = State(series, sides, order, begun, under_way)
    return Passed(t, deaths, rebirths, last_change, evaluations), state


@njit(cache=True, nogil=True)
def expand(split, series, sides, l1, mismatch_of, rtol, time):
    """Fill in the Taylor series from ``series.weights[0]``; return the order used and the number of rebirths.

    The order is the first at which the series is accurate up to the next death, as far as the velocities
    tell, or else the highest.
    """
    weights, force, gram, mismatch = series
    order, (n, m) = force.shape[0], sides.sign.shape
    term, square, slope = np.empty((n, m)), np.empty((n, n)), np.empty((n, n))
    reborn = 0
    for k in range(order):
        square_of(split, weights, k, square, gram[k])
        if k == 0:
            switch(gram[0], sides.positive)
            on_their_side(gram[0], sides.positive, square)
            mismatch[0] = 0.0
            slope[:] = 0.0
            mismatch_of(square, mismatch[0], slope)
        else:
            mismatch[k] = -slope * gram[k]
        product(split, mismatch[0], weights[k], force[k])
        for a in range(1, k + 1):
            product(split, mismatch[a], weights[k - a], term)
            add(term, force[k])
        if k == 0:
            reborn = revive(force[0], sides.sign, l1)
        largest = next_coefficient(weights, force, k, sides.sign, l1)
        if k == 0:
            likely = min(time, next_death(weights[0], weights[1]))
        elif k + 1 >= LOWEST and largest / (k + 1) * likely ** (k + 1) < 0.1 * rtol:
            return k + 1, reborn
    return order, reborn


@njit(cache=True, nogil=True)
def square_of(split, weights, k, square, gram):
    """Write a coefficient of the Gram matrix to `gram`."""
    gram[:] = 0.0
    for a in range((k + 1) // 2):
        product(split, weights[a], weights[k - a].T, square)
        for i in range(gram.shape[0]):
            for j in range(gram.shape[0]):
                gram[i, j] += square[i, j] + square[j, i]
    if k % 2 == 0:
        product(split, weights[k // 2], weights[k // 2].T, square)
        add(square, gram)


@njit(cache=True, nogil=True)
def next_coefficient(weights, force, k, sign, l1):
    """Write the next coefficient of the weights, and return the size of the largest change."""
    largest = 0.0
    for i in range(sign.shape[0]):
        for j in range(sign.shape[1]):
            if sign[i, j] != 0.0 or l1 == 0.0:
                change = force[k, i, j] - (l1 * sign[i, j] if k == 0 else 0.0)
                weights[k + 1, i, j] = change / (k + 1)
                largest = max(largest, abs(change))
            else:
                weights[k + 1, i, j] = 0.0
    return largest


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
def first_event(coefficients, order, sides, l1, h):
    """Return the time of the first death, rebirth or kink within `h`, or `h`."""
    sign, positive = sides
    n, m = sign.shape
    one, two = np.empty(order + 1), np.empty(order + 1)
    series, force = coefficients.weights[: order + 1], coefficients.force[:order]
    gram = coefficients.gram[:order]
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
