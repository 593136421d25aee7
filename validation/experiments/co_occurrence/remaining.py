"""Polysemantic neurons as p grows: what is noted of a flow, what is left, may be left, and where half are."""

import numpy as np
import xarray as xr

from sim.flow import Flow
from theory.co_occurrence.pair_escape import escape_threshold
from validation.experiments.experiment import Band
from validation.report.statistics import Estimate, bootstrap

SPARSE = 1.1  # active weights of a feature, on average, at which a run counts as sparse


def follow(flow: Flow, times: np.ndarray) -> dict[str, np.ndarray]:
    """Follow a flow: active weights over time and, of each benign pair, the runner-up as it ends.

    The runner-up is relative to the length of its encoding, of the feature that is second to have but one
    weight, at the time when the other has; 0 if both are first.
    """
    course = []
    for time in times:
        flow.advance(time)
        course.append(flow.weights.astype(np.float32))
    sizes = np.abs(np.array(course))
    active = (sizes > 0).sum(axis=-1)
    runner_up = np.full(sizes.shape[1] // 2, np.nan)
    large = sizes[-1] > 0.5
    for place, neuron in enumerate(np.flatnonzero(large.sum(axis=0) == 2)[: runner_up.size]):
        pair = np.flatnonzero(large[:, neuron])
        first = np.argmax((active[:, pair] <= 1).any(axis=1))
        encodings = sizes[first, pair]
        others = np.delete(encodings, neuron, axis=1).max(axis=1) / np.linalg.norm(encodings, axis=1)
        runner_up[place] = others.max()
    return {"final": flow.weights.copy(), "active": active.mean(axis=-1), "runner_up": runner_up}


def sparse_at(times: np.ndarray, active: np.ndarray) -> float:
    """Return when a feature has on average at most `SPARSE` active weights, interpolated in logarithms."""
    below = np.flatnonzero(active <= SPARSE)
    if not below.size or not below[0] or times[below[0] - 1] <= 0:
        return np.nan
    at = [below[0] - 1, below[0]]
    fallen = np.log(active[at[0]] / SPARSE) / np.log(active[at[0]] / active[at[1]])
    return float(times[at[0]] * (times[at[1]] / times[at[0]]) ** fallen)


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
