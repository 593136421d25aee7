"""Runs with features on together by chance: a flow followed, and what is left as p grows."""

from itertools import pairwise

import numpy as np
import xarray as xr

from sim.flow import Flow
from sim.metrics import benign_pairs
from theory.co_occurrence import pair_escape
from validation.experiments.experiment import parts
from validation.report.statistics import USUAL, Estimate, bootstrap, mean

SPARSE = 1.1  # active weights of a feature, on average, at which a run counts as sparse
Series = list[xr.Dataset]  # settings that differ in p alone, by p


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
    for place, neuron in enumerate(np.flatnonzero(benign_pairs(course[-1]) == 1)[: runner_up.size]):
        pair = np.flatnonzero(sizes[-1, :, neuron] > 0.5)
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


def series_of(result: xr.Dataset) -> list[Series]:
    """Return the settings by number of neurons, λ and source, each by p."""
    by_key: dict[tuple, Series] = {}
    for part in parts(result):
        by_key.setdefault((int(part.m), float(part.l1), str(part.source.values)), []).append(part)
    return [sorted(found, key=lambda part: float(part.p)) for _, found in sorted(by_key.items())]


def finite(part: xr.Dataset, name: str) -> np.ndarray:
    """Return the finite values of a variable, one after the other."""
    values = part[name].values.astype(float)
    return values[np.isfinite(values)]


def average(values: np.ndarray) -> Estimate:
    """Return the mean with its interval; NaN of fewer than two values."""
    return mean(values, USUAL) if values.size > 1 else Estimate(np.nan, np.nan, np.nan, "too few")


def remaining(series: Series) -> list[Estimate | None]:
    """Return the numbers of polysemantic neurons as shares of that at p = 0, same initial weights."""
    free = finite(series[0], "polysemantic")
    found: list[Estimate | None] = []
    for part in series:
        count = finite(part, "polysemantic")
        runs = min(count.size, free.size)
        known = float(series[0].p) == 0 and runs > 1 and free[:runs].any()
        columns = np.stack([count[:runs], free[:runs]], axis=1)
        found.append(bootstrap(columns, _quotient, 0, USUAL) if known else None)
    return found


def _quotient(part: np.ndarray, whole: np.ndarray, axis: int = -1) -> np.ndarray:
    return part.sum(axis=axis) / np.maximum(whole.sum(axis=axis), 1)


def halved(series: Series) -> float | None:
    """Return p/λ at which half of them remain, between settings linear in p; None if that is not reached."""
    left = zip(series, remaining(series), strict=True)
    shares = [(float(part.p / part.l1), kept.value) for part, kept in left if kept]
    for (x, before), (y, after) in pairwise(shares):
        if before >= 0.5 > after:
            return x + (y - x) * (before - 0.5) / (before - after)
    return None


def vanished(series: Series) -> xr.Dataset | None:
    """Return the setting of the smallest p from which on no run has a polysemantic neuron."""
    end = None
    for part in reversed(series):
        if finite(part, "polysemantic").any():
            break
        end = part
    return end


def allowed(series: Series, ratios: np.ndarray) -> np.ndarray | None:
    """Return the share of pairs at p = 0 that the derived condition lets stand, by p/λ."""
    runner_up, l1 = finite(series[0], "runner_up"), float(series[0].l1)
    if float(series[0].p) or not runner_up.size:
        return None
    thresholds = [pair_escape.escape_threshold(l1, ratio * l1) for ratio in ratios]
    return np.array([(runner_up < threshold).mean() for threshold in thresholds])
