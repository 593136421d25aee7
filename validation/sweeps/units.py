"""What a worker does: one unit of work, some replicates of one point, measured and stacked."""

import functools
from collections.abc import Callable, Mapping
from time import perf_counter
from typing import Any, NamedTuple

import cloudpickle
import numpy as np
import xarray as xr

from validation.sweeps.points import Point, seed_of

Measure = Callable[..., Mapping[str, float] | xr.Dataset]


class Unit(NamedTuple):
    """Replicates of a point, from the first one to before the last; without replicates, the point itself."""

    place: tuple[int, ...]  # of the point in the store, and of the batch
    point: Point
    first: int
    stop: int


def measured(pickled: bytes, seed: int, unit: Unit, over_replicates: bool) -> tuple[xr.Dataset, float]:
    """Return what is measured in a unit, and in how many seconds.

    Parameters
    ----------
    pickled : bytes
        The measurement, as cloudpickle writes it.
    seed : int
        Of the sweep.
    unit : Unit
    over_replicates : bool
        Whether runs are stacked along ``replicate``; else what the one run returns is returned.

    Raises
    ------
    TypeError, ValueError
        If what is measured is no mapping of numbers and no Dataset of them, or differs in shape between
        replicates.
    """
    measure, begun = _unpickled(pickled), perf_counter()
    runs = [measure(seed_of(seed, unit.point, k), **unit.point) for k in range(unit.first, unit.stop)]
    if over_replicates:
        whole = (_stacked if all(isinstance(run, xr.Dataset) for run in runs) else _stacked_numbers)(runs)
    else:
        whole = runs[0] if isinstance(runs[0], xr.Dataset) else _stacked_numbers(runs).squeeze("replicate")
    for name, values in whole.data_vars.items():
        if values.dtype.kind not in "biuf" or not values.size:
            raise TypeError(
                f"measure must return numbers, but {name} is {values.dtype} of shape {values.shape}"
            )
    return whole.drop_attrs(), perf_counter() - begun


@functools.lru_cache(maxsize=8)
def _unpickled(pickled: bytes) -> Measure:
    """Keep a measurement, and with it what it caches, from unit to unit."""
    return cloudpickle.loads(pickled)


def _stacked_numbers(runs: list[Any]) -> xr.Dataset:
    for run in runs:
        if not isinstance(run, Mapping) or isinstance(run, xr.Dataset):
            raise TypeError(
                f"measure must return a mapping of numbers or a Dataset, got {type(run).__name__}"
            )
        if set(run) != set(runs[0]):
            raise ValueError("measure must return the same names for all replicates of a point")
    columns = {name: np.array([run[name] for run in runs]) for name in runs[0]}
    if many := [name for name, column in columns.items() if column.ndim > 1]:
        raise TypeError(f"measure must return numbers by name, but {many[0]} is an array: use a Dataset")
    return xr.Dataset({name: ("replicate", column) for name, column in columns.items()})


def _stacked(runs: list[Any]) -> xr.Dataset:
    first = runs[0]
    if any("replicate" in run.dims for run in runs):
        raise ValueError("measure must not return a dimension replicate: the sweep makes it")
    alike = (run.sizes == first.sizes and set(run.variables) == set(first.variables) for run in runs)
    if not all(alike) or not all(run.coords.equals(first.coords) for run in runs):
        raise ValueError(
            "measure must return the same names, shapes and labels for all replicates of a point"
        )
    stacked = {
        name: (("replicate", *values.dims), np.stack([run[name].values for run in runs]))
        for name, values in first.data_vars.items()
    }
    return xr.Dataset(stacked, coords=first.coords)
