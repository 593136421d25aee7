"""Late in the race the number of active weights is 2/(λt)² and the L1 norm 1/(λt).

Exponential sizes of the initial weights are late from the start, but for a shift of the time. What grows is
therefore looked at: 1/‖w‖₁ and √(2/active) both grow like λt.
"""

import numpy as np

from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import bootstrap


def _growth(power: float, factor: float, early: float, late: float):
    """Return the statistic ``Δ (factor / mean)^power / Δ(λt)`` between an early and a late time."""

    def statistic(before: np.ndarray, after: np.ndarray, axis: int) -> np.ndarray:
        first, last = ((factor / values.mean(axis=axis)) ** power for values in (before, after))
        return (last - first) / (late - early)

    return statistic


def _measure(seed: int, full: bool) -> list[Finding]:
    run = runs.laplace_decay(seed, full)
    early, late = (float(run.l1 * run.time[k]) for k in (0, -1))
    ends = run.isel(time=[0, -1]).transpose("replicate", "time")
    between = f"between λt = {early:.2g} and {late:.2g}"
    ratio = run.isel(time=-1)
    return [
        Finding(
            "simulation",
            f"growth of 1/‖w‖₁ by λt, {between}",
            1.0,
            bootstrap(ends.l1_norm, _growth(1, 1, early, late), seed),
        ),
        Finding(
            "simulation",
            f"growth of √(2/active) by λt, {between}",
            1.0,
            bootstrap(ends.active, _growth(0.5, 2, early, late), seed),
        ),
        Finding(
            "simulation",
            f"active / ‖w‖₁² at λt = {late:.2g}",
            2.0,
            bootstrap(np.column_stack([ratio.active, ratio.l1_norm]), _ratio, seed),
        ),
    ]


def _ratio(active: np.ndarray, l1_norm: np.ndarray, axis: int) -> np.ndarray:
    return active.mean(axis=axis) / (l1_norm**2).mean(axis=axis)


claim = Claim(
    "late_law",
    "Late in the race ‖w‖₁ → 1/(λt) and active weights → 2/(λt)²; exponential weights are always late.",
    "own derivation",
    "agrees",
    _measure,
)
