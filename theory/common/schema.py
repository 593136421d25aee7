"""The one data format: every source returns an `xarray.Dataset` made here, and files hold just that.

Dimensions are ``time``, ``feature``, ``neuron``, ``replicate`` (those that apply). Times are flow times.
"""

import functools
import os
import re
from collections.abc import Callable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any, Protocol

import xarray as xr

from theory.common import arguments, files, netcdf
from theory.common.arguments import ArgumentError, ArgumentTypeError

SOURCES = ("theory", "simulation", "training", "experiment", "sweep")
OTHERS = frozenset(
    [
        ".csv",
        ".tsv",
        ".txt",
        ".md",
        ".html",
        ".json",
        ".toml",
        ".xlsx",
        ".parquet",
        ".npy",
        ".npz",
        ".mat",
        ".pt",
        ".pth",
        ".pkl",
        ".safetensors",
        ".zarr",
        ".zip",
        ".png",
        ".jpg",
        ".svg",
        ".pdf",
    ]
)
LONG = re.compile("-?0x[0-9a-f]{16,}")

LONG_NAMES = {
    "time": "flow time t",
    "step": "training step",
    "l1_norm": "L1 norm of the encoding",
    "l2_norm": "L2 norm of the encoding",
    "active": "active (nonzero) weights of the encoding",
    "leader": "slot of the largest weight of the encoding",
    "fourth_norm": "sum of the fourth powers of the weights of the encoding",
    "energy": "energy E(W) = loss / 4",
    "loss": "loss",
    "weights": "encodings on their way",
    "initial": "initial encodings",
    "final": "final encodings",
    "initial_decoder": "initial decoder",
    "final_decoder": "final decoder",
    "initial_biases": "initial biases",
    "biases": "final biases",
    "polysemantic_neurons": "number of polysemantic neurons",
    "time_to_sparsity": "flow time at which every encoding has at most one active weight",
    "winner_kept": "share of features whose largest initial weight won",
    "dead_features": "features without an active weight at the end",
    "deaths": "weights that reached zero",
    "rebirths": "weights that left zero",
    "W1": "final weights of the first layer",
    "W2": "final weights of the second layer",
    "initial_W1": "initial weights of the first layer",
    "initial_W2": "initial weights of the second layer",
    "single_feature_activations": "hidden activations where one feature alone is on",
    "projection": "projection of the features on the inputs",
    "wanted": "what the output should be where one feature alone is on",
    "monosemantic": "number of monosemantic neurons",
    "mean_bias": "mean bias of the neurons",
    "W_enc": "encoder of the dictionary",
    "W_dec": "decoder of the dictionary: directions of the latents",
    "b_enc": "biases of the latents",
    "b_dec": "bias of the decoder",
    "b_mag": "biases of the magnitudes of the latents",
    "r_mag": "logarithm of the scale of the magnitudes of the latents",
    "threshold": "thresholds of the latents where they are used",
    "l0": "mean number of latents that are on in a sample",
    "explained_variance": "share of the variance of the inputs that is explained",
    "dead": "what is never on",
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


def final(name: str, value: Any) -> Any:
    """Return the encodings that a result ends with; anything but a Dataset is returned as it is.

    Raises
    ------
    TypeError
        If it is a Dataset without them; the message begins with the argument's `name`.
    """
    if not isinstance(value, xr.Dataset):
        return value
    if "final" not in value:
        held = ", ".join(map(str, value.data_vars)) or "nothing"
        raise ArgumentTypeError(f"{name} must be encodings, or a result that has them as final, got {held}")
    return value["final"]


@functools.cache
def versions() -> str:
    """Return the versions that determine a result, as one line."""
    return ", ".join(f"{name} {metadata.version(name)}" for name in ("polysem", "numpy", "scipy", "numba"))


def writable(path: str | os.PathLike, name: str = "out") -> Path:
    """Return `path`, checked before any work is done: a result can be written there, as NetCDF.

    Raises
    ------
    ValueError
        If its ending is that of another format, or a file cannot be written there.
    """
    path = arguments.path(name, path)
    if path.suffix.lower() in OTHERS:
        raise ArgumentError(
            f"{name} must end in .nc, since a result is a NetCDF file, got {path}; in Python, "
            "xarray's to_dataframe() makes tables of its variables"
        )
    return files.writable(path, name)


def save(result: xr.Dataset, path: str | os.PathLike) -> Path:
    """Write `result` to one NetCDF file with a checksum: `path` is whole or untouched.

    Whole numbers of attributes for which NetCDF has no type, such as seeds of 128 bits, are hexadecimal text
    there, ``0x...``, which `load` turns back.

    Raises
    ------
    ValueError
        If a file cannot be written there.
    """
    files.writable(path)
    return files.write(path, netcdf.content(_with_attributes(result, _written)))


def load(path: str | os.PathLike) -> xr.Dataset:
    """Read a result that `save` wrote.

    Raises
    ------
    ValueError
        If there is no such file, it is damaged, or it holds no result of this toolkit.
    """
    wanted = "a result of polysem"
    content = files.read(path, "file", wanted)
    try:
        result = netcdf.parsed(content)
    except netcdf.UnfitError as error:
        raise ArgumentError(f"file must be {wanted}; {path}: {error}") from None
    if str(result.attrs.get("source")) not in SOURCES:
        raise ArgumentError(f"file must be {wanted}; {path}: its attributes name no known source")
    return _with_attributes(result, _read)


def _with_attributes(result: xr.Dataset, change: Callable[[Any], Any]) -> xr.Dataset:
    return result.assign_attrs({k: change(v) for k, v in result.attrs.items()})


def _written(value: Any) -> Any:
    """Return the value of an attribute as a file holds it."""
    long = isinstance(value, int) and not -(2**63) <= value < 2**64
    return hex(value) if long else value


def _read(value: Any) -> Any:
    return int(value, 16) if isinstance(value, str) and LONG.fullmatch(value) else value
