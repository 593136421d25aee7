"""The one data format: every source returns an `xarray.Dataset` made here, and files hold just that.

Dimensions are ``time``, ``feature``, ``neuron``, ``replicate`` (those that apply). Times are flow times.
"""

import functools
import os
from collections.abc import Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import xarray as xr

from theory.common import files
from theory.common.arguments import ArgumentError

SOURCES = ("theory", "simulation", "training", "experiment", "sweep")

LONG_NAMES = {
    "time": "flow time t",
    "step": "training step",
    "l1_norm": "L1 norm of the encoding",
    "l2_norm": "L2 norm of the encoding",
    "active": "active (nonzero) weights of the encoding",
    "energy": "energy E(W) = loss / 4",
    "initial": "initial encodings",
    "final": "final encodings",
    "polysemantic_neurons": "number of polysemantic neurons",
    "time_to_sparsity": "flow time at which every encoding has at most one active weight",
    "winner_kept": "share of features whose largest initial weight won",
    "dead_features": "features without an active weight at the end",
    "deaths": "weights that reached zero",
    "rebirths": "weights that left zero",
}


class Model(Protocol):
    """What a model says of itself."""

    def parameters(self) -> dict[str, float]:
        """Return its parameters by name."""
        ...


def dataset(
    variables: Mapping[str, tuple[Any, Any]],
    *,
    source: str,
    model: Model | None = None,
    coords: Mapping[str, Any] | None = None,
    **attributes: Any,
) -> xr.Dataset:
    """Return a result in the common format.

    Parameters
    ----------
    variables : mapping of str to (dimensions, values)
        The variables; those named in `LONG_NAMES` get their long name.
    source : {"theory", "simulation", "training", "experiment"}
        Where the numbers come from; an experiment draws on several sources.
    model : Model, optional
        Its parameters go into the attributes.
    coords : mapping, optional
        Coordinates.
    **attributes
        Seed, method, tolerances and the like; those that are None are left out.
    """
    if source not in SOURCES:
        raise ArgumentError(f"source must be one of {', '.join(SOURCES)}, got {source!r}")
    result = xr.Dataset(dict(variables), coords=dict(coords or {}))
    for name in result.variables:
        if name in LONG_NAMES:
            result[name].attrs["long_name"] = LONG_NAMES[str(name)]
    result.attrs = {"source": source, **(model.parameters() if model else {})}
    result.attrs |= {name: value for name, value in attributes.items() if value is not None}
    result.attrs["versions"] = versions()
    return result


@functools.cache
def versions() -> str:
    """Return the versions that determine a result, as one line."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in ("polysem", "numpy", "scipy", "numba"))


def save(result: xr.Dataset, path: str | os.PathLike) -> Path:
    """Write `result` to one NetCDF file, atomically: `path` is whole or untouched.

    Raises
    ------
    ValueError
        If a file cannot be written there.
    """
    packed = {name: {"zlib": True} for name, values in result.data_vars.items() if values.ndim}
    with files.atomic(path) as temporary:
        result.to_netcdf(temporary, engine="h5netcdf", encoding=packed)
    return Path(path)


def load(path: str | os.PathLike) -> xr.Dataset:
    """Read a result that `save` wrote.

    Raises
    ------
    ValueError
        If there is no such file or it holds no result of this toolkit.
    """
    try:
        result = xr.load_dataset(path, engine="h5netcdf")
    except (OSError, ValueError) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else "not a NetCDF file"
        raise ArgumentError(f"file must be a result of polysem; {path}: {reason}") from None
    if result.attrs.get("source") not in SOURCES:
        raise ArgumentError(f"file must be a result of polysem; {path}: its attributes name no known source")
    return result
