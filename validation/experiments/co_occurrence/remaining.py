"""What is left of polysemantic neurons as p grows, what theory lets stand, and where half are left."""

from collections.abc import Iterator

import numpy as np
import xarray as xr

from theory.co_occurrence.pair_escape import escape_threshold
from validation.report.statistics import Estimate, bootstrap


def left(part: xr.Dataset, free: xr.Dataset, level: float) -> Estimate | None:
    """Return what is left of the number at p = 0, from the same initial weights."""
    runs = min(part.sizes["replicate"], free.sizes["replicate"])
    counts = np.stack([part.polysemantic[:runs], free.polysemantic[:runs]], axis=1)
    return bootstrap(counts, _quotient, level) if runs > 1 and counts[:, 1].any() else None


def _quotient(count: np.ndarray, free: np.ndarray, axis: int) -> np.ndarray:
    return count.sum(axis=axis) / np.maximum(free.sum(axis=axis), 1)


def allowed(part: xr.Dataset, free: xr.Dataset) -> float | None:
    """Return the share of pairs at p = 0 that the derived condition lets stand."""
    sizes = free.runner_up.values[np.isfinite(free.runner_up.values)]
    return (sizes < escape_threshold(float(part.l1), float(part.p))).mean() if sizes.size else None


def _curves(group: xr.Dataset) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield by λ the values of p/λ and the counts, (p, replicate), where half of those at p = 0 are lost."""
    for l1, curve in group.sortby("p").groupby("l1"):
        counts = curve.polysemantic.dropna("replicate").values
        total = counts.sum(axis=1)
        if not float(curve.p[0]) and counts.shape[1] > 1 and 2 * total.min() < total[0]:
            yield curve.p.values / l1, counts


def half(group: xr.Dataset, level: float) -> Estimate | None:
    """Return p/λ at which half of those at p = 0 are left, for one λ; None if that is not reached."""
    curve = next(_curves(group), None)
    if curve is None:
        return None
    ratios, counts = curve
    return bootstrap(counts.T, lambda *columns, axis: _crossing(ratios, columns, axis), level)


def scaling(group: xr.Dataset, level: float) -> Estimate | None:
    """Return where half are left at the smallest λ, over the same at the largest."""
    curves = list(_curves(group))
    if len(curves) < 2:
        return None
    (weak, first), (strong, last) = curves[0], curves[-1]

    def ratio(*columns: np.ndarray, axis: int) -> np.ndarray:
        weakly, strongly = columns[: len(weak)], columns[len(weak) :]
        return _crossing(weak, weakly, axis) / _crossing(strong, strongly, axis)

    return bootstrap(np.concatenate([first, last]).T, ratio, level)


def _crossing(ratios: np.ndarray, columns: tuple[np.ndarray, ...], axis: int) -> np.ndarray:
    """Return p/λ at which half of the first are left, between settings linear in p and so beyond the last."""
    totals = np.array([column.sum(axis=axis) for column in columns])
    left = totals / np.maximum(totals[0], 1)
    below = left < 0.5
    after = np.where(below.any(axis=0), np.maximum(below.argmax(axis=0), 1), len(left) - 1)
    high, low = (np.take_along_axis(left, at[None], 0)[0] for at in (after - 1, after))
    return ratios[after - 1] + (ratios[after] - ratios[after - 1]) * (high - 0.5) / (high - low)
