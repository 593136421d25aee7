"""What is left of polysemantic neurons as p grows, what theory lets stand, and where half are left."""

import numpy as np
import xarray as xr

from theory.co_occurrence.pair_escape import escape_threshold
from validation.experiments.experiment import Band
from validation.report.statistics import Estimate, bootstrap


def left(part: xr.Dataset, free: xr.Dataset, level: float) -> Estimate | None:
    """Return what is left of the number at p = 0, from the same initial weights."""
    runs = min(part.sizes["replicate"], free.sizes["replicate"])
    counts = np.stack([part.polysemantic[:runs], free.polysemantic[:runs]], axis=1)
    if runs < 2 or not counts[:, 1].any():
        return None
    return bootstrap(counts, lambda some, every, axis: some.sum(axis) / np.maximum(every.sum(axis), 1), level)


def allowed(part: xr.Dataset, free: xr.Dataset) -> float | None:
    """Return the share of pairs at p = 0 that the derived condition lets stand."""
    sizes = free.runner_up.values[np.isfinite(free.runner_up.values)]
    return (sizes < escape_threshold(float(part.l1), float(part.p))).mean() if sizes.size else None


def bound(part: xr.Dataset, free: xr.Dataset) -> Band:
    """Return that no more can be left than may stand."""
    reason = "a bound: a pair may be undone before it has settled, and none comes back"
    return Band(0, int(bool(allowed(part, free))), reason)


def half(group: xr.Dataset, level: float, strengths: int = 1) -> Estimate | None:
    """Return p/λ at which half are left; with two strengths, that at the smallest λ over the largest."""
    curves = []
    for l1, curve in group.sortby("p").groupby("l1"):
        counts = curve.polysemantic.dropna("replicate").values
        totals = counts.sum(axis=1)
        if not float(curve.p[0]) and counts.shape[1] > 1 and 2 * totals.min() < totals[0]:
            curves.append((curve.p.values / l1, counts))
    if len(curves) < strengths:
        return None
    chosen = [curves[0], curves[-1]][:strengths]

    def crossing(*columns: np.ndarray, axis: int) -> np.ndarray:
        size = len(chosen[0][0])
        at = [_crossing(ratios, columns[k * size :], axis) for k, (ratios, _) in enumerate(chosen)]
        return at[0] / at[1] if strengths == 2 else at[0]

    return bootstrap(np.concatenate([counts for _, counts in chosen]).T, crossing, level)


def _crossing(ratios: np.ndarray, columns: tuple[np.ndarray, ...], axis: int) -> np.ndarray:
    """Return p/λ at which half of the first are left, between settings linear in p and so beyond the last."""
    totals = np.array([column.sum(axis=axis) for column in columns[: len(ratios)]])
    left = totals / np.maximum(totals[0], 1)
    below = left < 0.5
    after = np.where(below.any(axis=0), np.maximum(below.argmax(axis=0), 1), len(left) - 1)
    high, low = (np.take_along_axis(left, at[None], 0)[0] for at in (after - 1, after))
    return ratios[after - 1] + (ratios[after] - ratios[after - 1]) * (high - 0.5) / (high - low)
