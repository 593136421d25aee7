"""How a store is laid out: the labelled grid, its chunks, and who measured. All of it in one small file.

Zarr's own metadata and the labels are derived from it, and are written anew where they differ from what
follows: a layout is changed by one atomic write, and what was cut short after that is made up for when the
store is opened next.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import xarray as xr
import zarr
from zarr.codecs import Crc32cCodec, ZstdCodec
from zarr.storage import MemoryStore

from theory.common.arguments import ArgumentError
from validation.sweeps.points import Points

FORMAT = "polysem sweep 1"
ENTRIES = ("done", "template", "maker", "seconds")  # of the ledger, for each unit of work
LEDGER = "ledger"
Template = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Layout:
    """What a store holds.

    Parameters
    ----------
    points : Points
        Of which there are results.
    replicates : int or None
        How many of each point; None if a measurement makes its own.
    batch : int
        Replicates in a unit of work, which is a chunk of each variable.
    seed : int
    measure : str
        Name of the measurement.
    makers : tuple of dict
        Who measured: hash of the code, versions, platform.
    templates : tuple of dict
        Variables and labels of what a measurement returns: mostly one; more where shapes differ.
    """

    points: Points
    replicates: int | None
    batch: int
    seed: int
    measure: str
    makers: tuple[dict[str, str], ...]
    templates: tuple[Template, ...] = ()

    @property
    def batches(self) -> int:
        """How many units of work a point has."""
        return 1 if self.replicates is None else -(-self.replicates // self.batch)

    def text(self) -> str:
        """Return the layout as text, with its checksum."""
        content = {"format": FORMAT, **asdict(self)}
        return json.dumps({"sha256": _digest(content), **content}, indent=1)

    def with_template(self, template: Template) -> "Layout":
        """Return the layout for what has one more shape."""
        return replace(self, templates=(*self.templates, template))


def parsed(text: str) -> Layout | None:
    """Return the layout that `Layout.text` gave, None if it is damaged."""
    try:
        content = json.loads(text)
        digest = content.pop("sha256")
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    if digest != _digest(content):
        return None
    if content.pop("format") != FORMAT:
        raise ArgumentError(f"store must have the format “{FORMAT}”")
    content |= {name: tuple(content[name]) for name in ("makers", "templates")}
    return Layout(**{**content, "points": Points(**content["points"])})


def template(measured: xr.Dataset, over_replicates: bool) -> Template:
    """Return names, dimensions, shapes and types of what was measured in a unit, and its labels."""
    skip = 1 if over_replicates else 0
    return {
        "variables": {
            str(name): {"dims": list(v.dims[skip:]), "shape": list(v.shape[skip:]), "dtype": str(v.dtype)}
            for name, v in measured.data_vars.items()
        },
        "labels": {
            str(name): {"dims": list(v.dims), "values": v.values.tolist()}
            for name, v in measured.coords.items()
        },
    }


def files(layout: Layout) -> dict[str, bytes]:
    """Return by path the files of a store that follow from its layout: metadata of Zarr, and labels."""
    written: dict[str, Any] = {}
    root = zarr.create_group(MemoryStore(written), attributes=_attributes(layout))
    points, replicated = layout.points, layout.replicates is not None
    for name, labels in points.coords().items():
        _put_labels(root, name, labels.values, labels.dims)
    shape = (*points.shape, layout.batches, len(ENTRIES))
    ledger_dims = (*points.dims, "batch", "entry")
    _array(root, LEDGER, shape, (1,) * (len(shape) - 1) + shape[-1:], "float64", ledger_dims)
    for k, one in enumerate(layout.templates):
        group = root.create_group(str(k)) if k else root
        for name, spec in one["variables"].items():
            runs = (layout.replicates,) if replicated else ()
            shape = (*points.shape, *runs, *spec["shape"])
            chunks = (1,) * len(points.shape) + ((layout.batch,) if replicated else ()) + tuple(spec["shape"])
            dims = (*points.dims, *(("replicate",) if replicated else ()), *spec["dims"])
            _array(group, name, shape, chunks, spec["dtype"], dims)
        for name, labels in one["labels"].items():
            _put_labels(group, name, np.array(labels["values"]), labels["dims"])
    return {path: value.to_bytes() for path, value in written.items()}


def _attributes(layout: Layout) -> dict[str, Any]:
    last = layout.makers[-1]
    return {
        "source": "sweep",
        "measure": layout.measure,
        "seed": layout.seed,
        **last,
        "code": ", ".join(maker["code"] for maker in layout.makers),
        "layout": layout.text(),
    }


def _put_labels(group: zarr.Group, name: str, values: np.ndarray, dims: Any) -> None:
    kind = str if values.dtype.kind in "UO" else values.dtype
    array = _array(group, name, values.shape, values.shape, kind, dims)
    array[...] = values.astype(object) if kind is str else values


def _array(group: zarr.Group, name: str, shape: Any, chunks: Any, dtype: Any, dims: Any) -> zarr.Array:
    """Create an array whose chunks, empty ones too, are written with a checksum."""
    return group.create_array(
        name,
        shape=shape,
        chunks=chunks,
        dtype=dtype,
        compressors=[ZstdCodec(level=3), Crc32cCodec()],
        dimension_names=dims,
        config={"write_empty_chunks": True},
    )


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
