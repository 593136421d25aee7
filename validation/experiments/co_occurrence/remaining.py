"""Polysemantic neurons as p grows: what is noted of a flow, what is left and should be, where half are."""

import numpy as np
import xarray as xr

from sim.flow import Flow
from theory.co_occurrence import pairs_left
from validation.experiments.experiment import Band
from validation.report.statistics import Estimate, bootstrap

MARGIN = 0.03  # of shares: three standard errors of the predicted ones
SPARSE = 1.1  # active weights of a feature, on average, at which a run counts as sparse


def follow(flow: Flow, times: np.ndarray) -> dict[str, np.ndarray]:
    """Follow a flow: its weights in the end, and active weights of a feature over time."""
    active = []
    for time in times:
        flow.advance(time)
        active.append(np.count_nonzero(flow.weights, axis=-1).mean())
    return {"final": flow.weights.copy(), "active": np.array(active)}


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


def outlast(part: xr.Dataset, free: xr.Dataset) -> float:
    """Return the share of pairs that outlast the race if no third feature matters."""
    return pairs_left(round(float(part.p / part.l1), 6), int(part.m))


def partners(part: xr.Dataset, free: xr.Dataset) -> Band:
    """Return from what outlasts the race to that and all that the others may find anew.

    A feature that is driven off settles on a neuron drawn at random. Of the m, n/2 have one sign taken that
    makes a new pair, and n/2 the other one, which excludes it.
    """
    left = outlast(part, free)
    anew = float(part.n) / 2 / float(part.m - part.n / 2)
    least, most = left - MARGIN, left + (1 - left) * anew + MARGIN
    reason = "from pairs that outlast the race to those, and new partners for all features driven off, ± 0.03"
    return Band(least / left, most / left, reason) if left else Band(0, most, reason)


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
