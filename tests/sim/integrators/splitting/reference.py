"""The method "splitting" in plain NumPy: dense, in double precision, without lists, parts or workspaces.

The kernels of `sim` are held to this, and `docs/integrators.md` shows it as their pseudo-code.
"""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.integrators.splitting.jacobi import LEAST, MOST
from sim.integrators.splitting.neurons import WORTH_DROPPING
from sim.integrators.splitting.stage import ATTEMPTS, SOLVED, STRONGER, UNSOLVED, WEAKER
from sim.integrators.splitting.steps import (
    FIRST,
    GAMMA,
    GROW,
    LATE,
    LATER,
    LENGTH,
    LISTED,
    SAFETY,
    SHRINK,
    SMALLEST,
    TOO_FAR,
)


class Problem(NamedTuple):
    """Forces: μ(K) with its slope −dμ/dK, a smooth force of W, a proximal map of (W, time), λ."""

    mismatch: Callable
    l1: float
    smooth: Callable | None = None
    proximal: Callable | None = None


class Memory(NamedTuple):
    """What is known of the last step; `mismatch` and `velocity` like the Gram matrix and the weights."""

    step: float
    damping: float
    mismatch: np.ndarray
    velocity: np.ndarray


# [pseudo-code]
def advance(w, t, stop, memory, problem, rtol):
    """Move weights of shape (feature, neuron) from `t` to `stop`; return also deaths and rebirths."""
    (n, counted), l1, deaths, rebirths = w.shape, problem.l1, 0, 0
    step, damping, mismatch, velocity = memory or start(w, problem, rtol)
    owed, last = np.zeros((n, n)), step
    while t < stop:
        counted, active = neurons_that_count(w, counted, problem), np.count_nonzero(w)
        tolerance = rtol * np.clip(LATE * w.size / max(1, active), 1, LATER)
        newton = active / max(1, n * counted), tolerance
        h, settle = min(step, stop - t), step >= stop - t
        c, owed = GAMMA * h, owed * min(1, last / h)
        one = Stage(w, 0.0, extrapolate(w, velocity, c, l1), c, c, problem)
        m1, owed1, f1, _, left1, damping1 = solve(one, mismatch, owed, damping, *newton)
        owed1 = owed + (1 - GAMMA) / GAMMA * (owed1 - owed)
        two = Stage(w, (h - c) * f1, extrapolate(w, velocity, h, l1), c, h, problem)
        m2, owed2, _, end, left2, damping = solve(two, m1, owed1, damping1, *newton, settle)
        speed = (end - w) / h
        bend = np.where((velocity != 0) & (end != 0), speed - velocity, 0)
        error = h / 2 * np.sqrt((bend**2).sum() / n)
        factor = np.clip(SAFETY * np.sqrt(tolerance / max(error, 1e-300)), SHRINK, GROW)
        too_far = error > TOO_FAR * tolerance or max(left1, left2) > UNSOLVED * tolerance
        if too_far and h > SMALLEST * (1 + t):
            step, last = h * min(factor, 0.5), h
            continue
        kept = (w * end > 0) | (l1 == 0)
        deaths, rebirths = deaths + (~kept & (w != 0)).sum(), rebirths + (~kept & (end != 0)).sum()
        step, last = max(step, factor * h) if settle else factor * h, h
        w, t, mismatch, owed, velocity = end, stop if settle else t + h, m2, owed2, np.where(kept, speed, 0)
    return w, Memory(step, damping, mismatch, velocity), deaths, rebirths


class Stage(NamedTuple):
    """Weights move from `w` by `earlier` and for a time `c` by the force at `x`; by L1 for a `time`."""

    w: np.ndarray
    earlier: np.ndarray | float
    x: np.ndarray
    c: float
    time: float
    problem: Problem

    def move(self, mismatch):
        """Return the force, and where it and penalties take the weights."""
        force = mismatch @ self.x + (self.problem.smooth(self.x) if self.problem.smooth else 0)
        end = constant_push(self.w, self.earlier + self.c * force, self.problem.l1 * self.time)
        return force, self.problem.proximal(end, self.time) if self.problem.proximal else end


def solve(stage, mismatch, owed, damping, alive, tolerance, settle=False):
    """Solve M = μ(K(M)); return M, what of it the weights have not felt, the force, the weights, …"""
    share, last_d, last_target = 0.0, 0.0, 0.0
    for iteration in range(ATTEMPTS):
        force, end = stage.move(mismatch + owed)
        gram = end @ end.T
        d = correction(stage, mismatch, gram, alive, damping)
        if iteration > 0:  # a secant: Anderson's acceleration of depth one
            change = d - last_d
            share = np.clip((change * d).sum() / max((change**2).sum(), 1e-300), LEAST, MOST)
        target, felt = mismatch + d, mismatch
        mismatch = target - share * (target - last_target)
        last_d, last_target = d, target
        left = stage.c * np.sqrt((d**2 @ np.diag(gram)).sum() / len(gram))
        if left <= SOLVED * tolerance:
            break
    damping = STRONGER * damping if left > SOLVED * tolerance else max(1.0, WEAKER * damping)
    if settle:
        (force, end), felt = stage.move(mismatch + owed), mismatch
    return mismatch, mismatch - felt, force, end, left, damping


def correction(stage, mismatch, gram, alive, damping):
    """Solve M + D = μ(K + r D), each entry for itself (Jacobi), by two steps of Newton's method."""
    size, d = np.diag(gram), np.zeros_like(gram)
    r = (1 + alive) / 2 * (size[:, None] + size) + (1 - alive) * abs(gram)
    r = np.where(gram != 0, damping * stage.c * r, 0)
    for _ in range(2):
        target, slope = stage.problem.mismatch(gram + r * d)
        d = d + (target - mismatch - d) / (1 + r * np.maximum(slope, 0))
    return d


def constant_push(w, push, amount):
    """Return where L1 and a constant force take weights: at zero they rest, or go on against L1."""
    sign = np.where(w < 0, -1.0, 1.0)
    size, along = sign * w, sign * push
    with np.errstate(divide="ignore", invalid="ignore"):
        beyond = np.minimum(along + amount, 0) * (1 - size / (amount - along))
    return sign * np.where(size + along < amount, beyond, size + along - amount)


def extrapolate(w, velocity, time, l1):
    """Return the weights after a time at this velocity; where there is L1 they stop at zero."""
    moved = w + time * velocity
    return np.where((moved * w > 0) | (l1 == 0), moved, 0)


def start(w, problem, rtol):
    """Return the memory of a run that begins: the velocity is that of an explicit step."""
    h, mismatch = FIRST * np.sqrt(rtol), problem.mismatch(w @ w.T)[0]
    end = Stage(w, 0.0, w, h, h, problem).move(mismatch)[1]
    kept = (w * end > 0) | (problem.l1 == 0)
    return Memory(h, 1.0, mismatch, np.where(kept, (end - w) / h, 0))


# [end]
def neurons_that_count(w, counted, problem):
    """Return of how many neurons weights are a share: those that can still come back, if few can."""
    few = np.count_nonzero(w) < min(LISTED, len(w) / LENGTH) * len(w) * counted
    alive = w.any(axis=0).sum()
    own = problem.smooth or problem.proximal
    return alive if few and not own and alive <= WORTH_DROPPING * counted else counted
