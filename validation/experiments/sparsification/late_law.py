"""Late in the race the number of active weights is 2/(λt)² and the L1 norm 1/(λt).

Exponential sizes of the initial weights are late from the start, but for a shift of the time. What grows is
therefore looked at: 1/‖w‖₁ and √(2/active) both grow like λt.
"""

from collections.abc import Callable

import numpy as np
import xarray as xr

from sim import sparsify
from sim.progress import track
from validation.experiments.draws import draws
from validation.experiments.experiment import Experiment, Quantity, grid
from validation.experiments.sparsification.decay import stack
from validation.report.statistics import Estimate, bootstrap

TIMES = np.array([1e3, 3e3, 1e4])


def measure(m: int, l1: float, encodings: int, seed: int) -> xr.Dataset:
    """Follow single encodings, the sizes of whose initial weights are exponential, by their exact flow."""
    rngs = track(draws(seed, encodings), "encodings with Laplace weights")
    return stack([sparsify(rng.laplace(0, (2 * m) ** -0.5, m), l1, TIMES) for rng in rngs])


def _growth(name: str, power: float, factor: float) -> Callable[[xr.Dataset, float], Estimate]:
    """Return what estimates ``Δ (factor / mean)^power / Δ(λt)`` between the first time and the last."""

    def estimate(part: xr.Dataset, level: float) -> Estimate:
        ends = part[name].isel(time=[0, -1]).transpose("replicate", "time")
        early, late = (float(part.l1 * time) for time in ends.time)

        def growth(before: np.ndarray, after: np.ndarray, axis: int) -> np.ndarray:
            first, last = ((factor / values.mean(axis=axis)) ** power for values in (before, after))
            return (last - first) / (late - early)

        return bootstrap(ends, growth, level)

    return estimate


def _ratio(part: xr.Dataset, level: float) -> Estimate:
    late = part.isel(time=-1)

    def ratio(active: np.ndarray, l1_norm: np.ndarray, axis: int) -> np.ndarray:
        return active.mean(axis=axis) / (l1_norm**2).mean(axis=axis)

    return bootstrap(np.column_stack([late.active, late.l1_norm]), ratio, level)


BETWEEN = "between λt = 0.01 and 0.1"
EXPERIMENTS = (
    Experiment(
        "late_law",
        "Late in the race ‖w‖₁ → 1/(λt) and active weights → 2/(λt)²; exponential weights are always late.",
        "own derivation",
        lambda full: grid({"m": 100_000, "l1": 1e-5, "encodings": 100 if full else 24}),
        measure,
        {
            "l1_norm": Quantity(f"growth of 1/‖w‖₁ by λt, {BETWEEN}", _growth("l1_norm", 1, 1), 1.0),
            "active": Quantity(f"growth of √(2/active) by λt, {BETWEEN}", _growth("active", 0.5, 2), 1.0),
            "ratio": Quantity("active / ‖w‖₁² at λt = 0.1", _ratio, 2.0),
        },
    ),
)
