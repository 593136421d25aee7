"""Splitting with leaps: proximal steps that settle the fast forces, then a leap along the slow drift.

After the first moments feature benefit and interference relax at rate about 2, while L1 moves the weights
on times of order 1/λ along the *slow manifold*, on which the forces are nearly in balance. A few proximal
steps (smooth forces explicitly, then the exact shrink of L1) settle the state on the manifold and measure
its velocity; the leap then follows the velocity for a share of the time that has passed, and sets to zero
what would change sign. The velocity at the middle of the leap is extrapolated from this and the previous
one; still the measured order of the whole is about 1 (`python -m benchmarks splitting`). Where the velocity
has not settled there is no leap, and what remains is the proximal Euler method. After a leap, dead weights
stay dead until the state has settled: what a leap overshoots pushes harder than λ for a moment. This is
projective integration (Gear and Kevrekidis, SIAM J. Sci. Comput. 24, 2003) with a proximal inner step;
leaps grow in logarithmic time.
"""

import numpy as np
from numba import njit

from sim import active_set
from sim.forces import smooth_force

LONGEST = 0.35  # inner step: the mismatch of norms decays at rate 2, by 1 - 2 * 0.35 a step
SETTLING = 3  # inner steps after a leap, at least …
RESTLESS = 20  # … and at most before rebirths and leaps are allowed
CALM = 0.5  # change of the velocity in a step, relative to λ, from which on the state counts as settled
STEADY = 0.02  # change of the velocity in a step, times the length of the leap that it allows
CLOSING = 6  # inner steps after the last leap of a call
INNER = 0.25  # inner step relative to the leap, as long as it is shorter than LONGEST


@njit(cache=True, nogil=True)
def advance(weights, start, stop, l1, feature_benefit, interference, rtol):
    """Move `weights` from `start` to `stop`; inner steps and leaps are about ``rtol (1 + t)``."""
    n, m = weights.shape
    gram, force, previous_force = np.empty((n, n)), np.empty_like(weights), np.zeros_like(weights)
    velocity, leap_velocity = np.zeros_like(weights), np.zeros_like(weights)
    lists, spare = empty_lists(n, m), empty_lists(n, m)
    sparse = False
    deaths, rebirths, evaluations, last_change = 0, 0, 0, 0.0
    t, previous_h, leap_time = start, 0.0, -1.0
    steps, unsteady = RESTLESS, 0.0  # since the last leap
    while t < stop:
        h = min(LONGEST, INNER * rtol * (1.0 + t), stop - t)
        second = 0.5 * h / previous_h if previous_h > 0.0 and h < LONGEST else 0.0
        settled = steps >= RESTLESS or (steps >= SETTLING and unsteady < CALM * l1)
        if second == 0.0 and not sparse and np.count_nonzero(weights) < active_set.WORTH * weights.size:
            active_set.pack(weights, velocity, *lists)
            sparse = True
        if sparse:
            died, reborn, unsteady = active_set.proximal_step(
                lists, spare, feature_benefit, interference, h, l1, settled
            )
            lists, spare = spare, lists
        else:
            smooth_force(weights, feature_benefit, interference, gram, force)
            died, reborn, unsteady = proximal_step(
                weights, force, previous_force, second, h, l1, velocity, settled
            )
            force, previous_force, previous_h = previous_force, force, h
        t += h
        steps += 1
        evaluations += 1
        leap = min(rtol * (1.0 + t), stop - t - CLOSING * LONGEST)
        if settled and leap > 2.0 * LONGEST and unsteady * leap < STEADY:
            curvature = 0.5 * leap / (t - leap_time) if leap_time > 0.0 else 0.0
            if sparse:
                active_set.unpack(*lists, weights, velocity)
            died += follow(weights, velocity, leap_velocity, leap, curvature)
            if sparse:
                active_set.pack(weights, velocity, *lists)
            leap_time = t
            t += leap
            steps, previous_h = 0, 0.0
        deaths, rebirths = deaths + died, rebirths + reborn
        if died + reborn > 0:
            last_change = t
    if sparse:
        active_set.unpack(*lists, weights, velocity)
    return deaths, rebirths, last_change, evaluations


@njit(cache=True, nogil=True)
def empty_lists(n, m):
    """Return room for the active weights: neurons, values, velocities and their counts."""
    return np.empty((n, m), np.int64), np.empty((n, m)), np.empty((n, m)), np.empty(n, np.int64)


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})  # so that the sums are vectorised
def proximal_step(weights, force, previous_force, second, h, l1, velocity, revive):
    """Step by `h` and update the velocity of the weights that live through it.

    With ``second = h / (2 h_previous)`` the smooth forces are extrapolated to the middle of the step
    (Adams and Bashforth's second order); with 0 the step is Euler's. Dead weights move only if `revive`.

    Returns
    -------
    died, reborn : int
    unsteady : float
        Largest change of the velocity of an encoding since the last step.
    """
    died, reborn, unsteady = 0, 0, 0.0
    rate, amount, first = 1.0 / h, h * l1, 1.0 + second
    for i in range(weights.shape[0]):
        change = 0.0
        for k in range(weights.shape[1]):
            w = weights[i, k]
            moved = w + h * (first * force[i, k] - second * previous_force[i, k])
            new = max(moved - amount, 0.0) + min(moved + amount, 0.0)
            dead = w == 0.0
            new = 0.0 if dead and not revive else new
            v = 0.0 if dead or new == 0.0 else rate * (new - w)
            change += (v - velocity[i, k]) ** 2
            velocity[i, k] = v
            weights[i, k] = new
            died += (not dead) & (new == 0.0)
            reborn += dead & (new != 0.0)
        unsteady = max(unsteady, change)
    return died, reborn, np.sqrt(unsteady)


@njit(cache=True, nogil=True)
def follow(weights, velocity, previous, leap, curvature):
    """Leap along the velocity, extrapolated to the middle of the leap; return how many weights die."""
    died = 0
    for i in range(weights.shape[0]):
        for k in range(weights.shape[1]):
            w, v = weights[i, k], velocity[i, k]
            if w == 0.0:
                previous[i, k] = 0.0
                continue
            new = w + leap * (v + curvature * (v - previous[i, k]))
            previous[i, k] = v
            if new * w <= 0.0:
                new = 0.0
                died += 1
            weights[i, k] = new
    return died
