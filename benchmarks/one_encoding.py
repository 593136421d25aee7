"""How much faster and more accurate is `sparsify` than a vectorised loop that drops dead weights?

The reference is SciPy's LSODA at rtol 1e-13 on the two variables s and C as functions of time, with sums
in extended precision; the loop knows nothing of the two variables.
"""

import numpy as np
from scipy.integrate import solve_ivp

from benchmarks.measuring import RUNS, Row, check, duration, medians, timed
from sim import sparsify

STEP = 0.5
GRID_POINTS = 60
TIGHT = 1e-13
PATIENCE = 20.0  # seconds that the loop may take to be run more than three times


def measure(m: int = 100_000, l1: float = 1e-5, runs: int = RUNS) -> list[Row]:
    """Compare the L1 norm over time with that of an independent solver at its tightest tolerance."""
    weights = np.random.default_rng(0).normal(0, m**-0.5, m)
    end = sparsify(weights, l1, times=[0.0]).attrs["time_to_sparsity"]
    steps = np.unique(np.geomspace(1, end / STEP, GRID_POINTS).astype(int))
    times = steps * STEP
    exact = _reference(weights, l1, times)

    def ours() -> np.ndarray:
        return sparsify(weights, l1, times=times)["l1_norm"].values

    def euler() -> np.ndarray:
        return _euler(weights, l1, steps)

    def error(norms: np.ndarray) -> float:
        return float(np.abs(norms / exact - 1).max())

    first, _ = timed(euler)
    runs = runs if first < PATIENCE else min(runs, 3)
    own_error, peer_error = error(ours()), error(euler())
    check(own_error < 1e-6, f"ours is off by {own_error:.1e}")
    check(peer_error < 0.5, f"the loop is off by {peer_error:.1e}")
    seconds, peer = medians(runs, ours, euler)
    faster, closer = peer / seconds, peer_error / own_error
    return [
        Row(
            f"m = {m:g}, λ = {l1:g}, proximal Euler at step {STEP} ({runs} runs), "
            "largest error of the L1 norm",
            f"{duration(seconds)}, error {own_error:.1e}",
            f"{duration(peer)}, error {peer_error:.1e}",
            f"{faster:.3g} faster, {closer:.2g} closer",
            "≥ 100 faster, ≥ 1e4 closer",
            faster >= 100 and closer >= 1e4,
        )
    ]


def _euler(weights: np.ndarray, l1: float, steps: np.ndarray) -> np.ndarray:
    """Return the L1 norm after each of the numbers of `steps`."""
    sizes, norms, done = np.abs(weights), [], 0
    for stop in steps:
        for _ in range(stop - done):
            sizes = sizes * (1 + STEP * (1 - sizes @ sizes)) - STEP * l1
            alive = sizes > 0
            if not alive.all():
                sizes = sizes[alive]
        done = stop
        norms.append(sizes.sum())
    return np.array(norms)


def _reference(weights: np.ndarray, l1: float, times: np.ndarray) -> np.ndarray:
    """Return the L1 norm from the two variables s and C as functions of time, by SciPy."""
    sizes = np.sort(np.abs(weights))[::-1].astype(np.longdouble)
    ascending = sizes[::-1].astype(float)
    first, second = np.cumsum(sizes), np.cumsum(sizes**2)

    def sums(s: float) -> tuple[float, float]:
        k = sizes.size - int(np.searchsorted(ascending, s, side="right"))
        if k == 0:
            return 0.0, 0.0
        s = np.longdouble(s)
        return float(first[k - 1] - k * s), float(second[k - 1] - s * (2 * first[k - 1] - k * s))

    def slope(_: float, y: np.ndarray) -> list[float]:
        s, c = y
        return [l1 * c, (sums(s)[1] / c**2 - 1) * c]

    solution = solve_ivp(slope, (0, times[-1]), [0.0, 1.0], "LSODA", t_eval=times, rtol=TIGHT, atol=1e-15)
    check(solution.success, solution.message)
    return np.array([sums(s)[0] / c for s, c in solution.y.T])
