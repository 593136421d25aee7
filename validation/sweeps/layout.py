"""How a store is laid out: the labelled grid, its chunks, and who measured. All of it in one small file.

Zarr's own metadata and the labels are derived from it, and are written anew where they differ from what
follows: a layout is changed by one atomic write, and what was cut short after that is made up for when the
store is opened next.
"""

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import xarray as xr

from theory.common.arguments import ArgumentError
from validation.sweeps.points import Points

if TYPE_CHECKING:  # it takes a second to import, and no worker process needs it
    import zarr

FORMAT = "polysem sweep 1"
ENTRIES = ("done", "template", "maker", "seconds")  # of the ledger, for each unit of work
LEDGER = "ledger"
FILE = f"{LEDGER}/layout.json"  # in the folder of an array, where Zarr minds nothing
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


def read(path: Path) -> Layout:
    """Return the layout of a store; from its copy in Zarr's attributes, if the file is damaged or lost."""
    wanted = f"store must be a folder of polysem sweep, got {path}"
    try:
        text = (path / FILE).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise ArgumentError(f"{wanted}: {(error.strerror or 'cannot be read').lower()}") from None
    layout = parsed(text) or _copy(path)
    if layout is None:
        obstacle = f"{FILE} and its copy in zarr.json are both damaged" if text else f"has no {FILE}"
        raise ArgumentError(f"{wanted}: {obstacle}")
    return layout


def there(path: Path) -> bool:
    """Say whether a folder has a layout."""
    return (path / FILE).exists() or _copy(path) is not None


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
    import zarr
    from zarr.storage import MemoryStore

    written: dict[str, Any] = {}
    stored = {**attributes(layout), "layout": layout.text()}
    root = zarr.create_group(MemoryStore(written), attributes=stored)
    points, replicated = layout.points, layout.replicates is not None
    for name, labels in points.coords().items():
        _put_labels(root, name, labels.values, labels.dims)
    shape, dims = (*points.shape, layout.batches, len(ENTRIES)), (*points.dims, "batch", "entry")
    _create(root, LEDGER, Array(shape, (1,) * (len(shape) - 1) + shape[-1:], dims, "float64"))
    for k, one in enumerate(layout.templates):
        group = root.create_group(str(k)) if k else root
        for name, spec in one["variables"].items():
            runs = ((layout.replicates, layout.batch, "replicate"),) if replicated else ()
            own = ((n, n, dim) for n, dim in zip(spec["shape"], spec["dims"], strict=True))
            axes = (*((n, 1, dim) for n, dim in zip(points.shape, points.dims, strict=True)), *runs, *own)
            shape, chunks, dims = zip(*axes, strict=True)
            _create(group, name, Array(shape, chunks, dims, spec["dtype"]))
        for name, labels in one["labels"].items():
            _put_labels(group, name, np.array(labels["values"]), labels["dims"])
    return {path: value.to_bytes() for path, value in written.items()}


def attributes(layout: Layout) -> dict[str, Any]:
    """Return what results say of themselves."""
    codes = ", ".join(maker["code"] for maker in layout.makers)
    about = {"source": "sweep", "measure": layout.measure, "seed": layout.seed}
    return {**about, **layout.makers[-1], "code": codes}


def _copy(path: Path) -> Layout | None:
    """Return the layout that Zarr's attributes have, None if they have none that is whole."""
    try:
        held = json.loads((path / "zarr.json").read_text(encoding="utf-8", errors="replace"))
        return parsed(held["attributes"]["layout"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


class Array(NamedTuple):
    """What an array is like: its length along each axis, that of its chunks, names of axes, type."""

    shape: tuple[int, ...]
    chunks: tuple[int, ...]
    dims: tuple[str, ...]
    dtype: Any


def _put_labels(group: "zarr.Group", name: str, values: np.ndarray, dims: Any) -> None:
    kind = str if values.dtype.kind in "UO" else values.dtype
    array = _create(group, name, Array(values.shape, values.shape, dims, kind))
    array[...] = values.astype(object) if kind is str else values


def _create(group: "zarr.Group", name: str, like: Array) -> "zarr.Array":
    """Create an array whose chunks, empty ones too, are written with a checksum."""
    from zarr.codecs import Crc32cCodec, ZstdCodec

    return group.create_array(
        name,
        shape=like.shape,
        chunks=like.chunks,
        dtype=like.dtype,
        compressors=[ZstdCodec(level=3), Crc32cCodec()],
        dimension_names=like.dims,
        config={"write_empty_chunks": True},
    )


def _digest(content: Any) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
