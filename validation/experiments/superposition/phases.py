"""Phases of few features on fewer neurons: which of them are in, and whether two are opposite."""

import numpy as np
import xarray as xr
from matplotlib.colors import ListedColormap

from validation.report import plots

PHASES = ("all in, opposite", "extra out", "another out", "all in, same side", "several out")
OPPOSITE, EXTRA_OUT, OTHER_OUT, SAME_SIDE, SEVERAL_OUT = range(5)
COLOURS = ListedColormap([plots.BLUE, plots.ORANGE, plots.GREEN, plots.SKY, plots.GREY])
IN = 0.1  # length from which on a feature is in
FACING = -0.3  # cosine of two encodings that are opposite


def phase(weights: np.ndarray) -> np.ndarray:
    """Return the number in `PHASES` of encodings, shape (..., feature, neuron)."""
    lengths = np.linalg.norm(weights, axis=-1)
    unit = weights / np.maximum(lengths, 1e-300)[..., None]
    least = (unit @ np.swapaxes(unit, -1, -2)).min(axis=(-1, -2))
    out = lengths <= IN
    count = out.sum(axis=-1)
    found = np.where(least < FACING, OPPOSITE, SAME_SIDE)
    found = np.where(count == 1, np.where(out[..., -1], EXTRA_OUT, OTHER_OUT), found)
    return np.where(count > 1, SEVERAL_OUT, found)


def best(part: xr.Dataset, who: str) -> np.ndarray:
    """Return the phase of the run with the lowest loss, at each density."""
    return part[who].isel(replicate=part[f"{who}_loss"].argmin("replicate")).values


def usual(part: xr.Dataset, who: str) -> np.ndarray:
    """Return the phase to which most runs come, at each density."""
    return np.array([np.bincount(runs.astype(int)).argmax() for runs in part[who].values])


def predicted(part: xr.Dataset) -> np.ndarray:
    """Return the phase whose loss theory says is lowest, at each density."""
    alone = EXTRA_OUT if part.importance < 1 else OTHER_OUT
    return np.where(part.p < part.boundary, OPPOSITE, alone)
