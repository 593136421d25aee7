"""How close is a dense right-hand side to the two matrix products that it needs?"""

import numpy as np
from numba import njit

from benchmarks.measuring import RUNS, Row, check, duration, matmul_peak, medians
from sim.forces import FORCES, action
from sim.integrators.splitting import neurons
from sim.machine import cores

CALLS = 100  # in each run: for the first few, the threads of the other library are still waiting for work
L1, STEP = 1e-3, 0.5


@njit
def right_hand_side(split, weights, mismatch_of, mismatch, product, moved, work):
    """Do what "splitting" does for each evaluation of the force: products, mismatch, L1."""
    gram, shares, wide, target, slope = work
    neurons.multiply(split, weights, False, shares, gram)
    wide[:] = gram
    target[:] = 0.0
    slope[:] = 0.0
    mismatch_of(wide, target, slope)
    mismatch[:] = target
    push = neurons.Push(weights, product, weights, 0.0, STEP, STEP, product, moved)
    neurons.move(split, push, mismatch, weights[:0], L1, False)


def measure(n: int = 256, m: int = 4096, runs: int = RUNS, peak_size: int = 2048) -> list[Row]:
    """Compare in both precisions that "splitting" works in."""
    return [_measure(n, m, runs, peak_size, precision) for precision in (np.float32, np.float64)]


def _measure(n: int, m: int, runs: int, peak_size: int, precision: type) -> Row:
    weights = np.random.default_rng(0).normal(0, m**-0.5, (m, n)).astype(precision)
    moved, product, theirs = np.empty_like(weights), np.empty_like(weights), np.empty_like(weights)
    mismatch, gram = np.empty((n, n), precision), np.empty((n, n), precision)
    forces = action(FORCES).mismatch

    def ours(calls: int = CALLS) -> None:
        with cores.split(m, n) as split:
            shares = np.empty((split.parts if split else 0, n, n), precision)
            work = (gram.copy(), shares, np.empty((n, n)), np.empty((n, n)), np.empty((n, n)))
            for _ in range(calls):
                right_hand_side(split, weights, forces, mismatch, product, moved, work)

    def products(calls: int = CALLS) -> None:
        for _ in range(calls):
            np.matmul(weights.T, weights, gram)
            np.matmul(weights, mismatch, theirs)

    ours(1)
    products(1)
    check(np.allclose(mismatch, np.eye(n) - np.maximum(gram, 0), atol=1e-5), "the mismatch is wrong")
    check(np.allclose(product, theirs, rtol=1e-4, atol=1e-6), "the forces differ")
    pushed = weights + STEP * theirs
    step = np.sign(pushed) * np.maximum(np.abs(pushed) - STEP * L1, 0)
    stays = np.sign(step) == np.sign(weights)  # the others may have been pushed through zero
    check(np.allclose(moved[stays], step[stays], atol=1e-6), "the weights are not where L1 moves them")
    seconds, floor = (taken / CALLS for taken in medians(runs, ours, products))
    peak = matmul_peak(precision, peak_size)
    operations = n * (n + 1) * m + 2 * n * n * m  # symmetric product, product
    return Row(
        f"n = {n}, m = {m}, {precision.__name__}; measured peak {peak / 1e9:.0f} GF/s, "
        f"{runs} runs of {CALLS}",
        f"{duration(seconds)}, {operations / seconds / 1e9:.0f} GF/s",
        f"two np.matmul {duration(floor)}, {operations / floor / 1e9:.0f} GF/s",
        f"{seconds / floor:.2f} times",
        "≤ 1.3",
        seconds / floor <= 1.3,
    )
