"""What a worker does: one unit of work, some replicates of one point, measured and stacked."""

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True)
class Measuring:
    """The measurement of a unit, in whatever process.

    Parameters
    ----------
    measure : callable
        As in `validation.sweep`.
    seed : int
        Of the sweep.
    over_replicates : bool
        Whether runs are stacked along ``replicate``; else what the one run returns is returned.
    """

    measure: Measure
    seed: int
    over_replicates: bool

    def __call__(self, unit: Unit) -> tuple[xr.Dataset, float]:
        """Return what is measured in a unit, and in how many seconds.

        Raises
        ------
        TypeError, ValueError
            If it is no mapping of numbers and no Dataset of them, or differs in shape between replicates.
        """
        begun = perf_counter()
        seeds = [seed_of(self.seed, unit.point, k) for k in range(unit.first, unit.stop)]
        runs: list[Any] = [self.measure(seed=seed, **unit.point) for seed in seeds]
        datasets = all(isinstance(run, xr.Dataset) for run in runs)
        if self.over_replicates:
            whole = (_stacked if datasets else _stacked_numbers)(runs)
        else:
            whole = runs[0] if datasets else _stacked_numbers(runs).squeeze("replicate")
        _check(whole)
        return whole.drop_attrs(), perf_counter() - begun

    def __reduce__(self) -> tuple:
        return _received, (self._pickled, self.seed, self.over_replicates)

    @functools.cached_property
    def _pickled(self) -> bytes:
        """The measurement by value, if it was typed in."""
        return cloudpickle.dumps(self.measure)


def _check(measured: xr.Dataset) -> None:
    if not measured.data_vars:
        raise ValueError("measure must return at least one number")
    for name, values in measured.data_vars.items():
        if values.dtype.kind not in "biuf" or not values.size:
            raise TypeError(f"measure must return numbers, but {name} is {values.dtype}{values.shape}")
    for name, labels in measured.coords.items():
        if labels.dtype.kind not in "biufUO" or not all(map(_is_label, labels.values.ravel())):
            raise TypeError(f"measure must return labels that are numbers or text, but {name} has others")


def _is_label(value: Any) -> bool:
    """Say whether a value is equal to what is read again of it."""
    return isinstance(value, (str, bool, int, float, np.generic)) and bool(value == value)


def _received(pickled: bytes, seed: int, over_replicates: bool) -> Measuring:
    return Measuring(_unpickled(pickled), seed, over_replicates)


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
        if "replicate" in run:
            raise ValueError("measure must not return a replicate: the sweep makes it")
        if set(run) != set(runs[0]):
            raise ValueError("measure must return the same names for all replicates of a point")
    for name in (name for run in runs for name, value in run.items() if np.ndim(value)):
        raise TypeError(f"measure must return numbers by name, but {name} is an array: use a Dataset")
    columns = {name: np.array([run[name] for run in runs]) for name in runs[0]}
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
