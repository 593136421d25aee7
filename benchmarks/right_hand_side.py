"""How close is a dense right-hand side to the two matrix products that it needs?"""

import numpy as np

from benchmarks.measuring import RUNS, Row, check, duration, matmul_peak, medians
from sim.forces import smooth_force

CALLS = 20  # in each run


def measure(n: int = 256, m: int = 4096, runs: int = RUNS, peak_size: int = 2048) -> list[Row]:
    """Compare in double precision, in which `simulate` works."""
    weights = np.random.default_rng(0).normal(0, m**-0.5, (n, m))
    gram, force = np.empty((n, n)), np.empty_like(weights)
    mismatch, product, square = np.empty((n, n)), np.empty_like(weights), np.empty((n, n))

    def ours() -> None:
        smooth_force(weights, True, True, gram, force)

    def products() -> None:
        np.matmul(weights, weights.T, square)
        np.matmul(mismatch, weights, product)

    ours()
    mismatch[:] = np.eye(n) - np.maximum(weights @ weights.T, 0)
    products()
    check(np.allclose(force, product, rtol=1e-10, atol=1e-12), "the forces differ")
    seconds, floor = medians(runs, ours, products, calls=CALLS)
    peak = matmul_peak(np.float64, peak_size)
    operations = n * (n + 1) * m + 2 * n * n * m  # symmetric product, product
    return [
        Row(
            f"n = {n}, m = {m}, float64; measured peak {peak / 1e9:.0f} GF/s, {runs} runs of {CALLS}",
            f"{duration(seconds)}, {operations / seconds / 1e9:.0f} GF/s",
            f"two np.matmul {duration(floor)}, {operations / floor / 1e9:.0f} GF/s",
            f"{seconds / floor:.2f} times",
            "≤ 1.3",
            seconds / floor <= 1.3,
        )
    ]
