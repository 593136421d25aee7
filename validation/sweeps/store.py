"""The store of a sweep: a labelled Zarr grid on disk that survives whatever stops the sweep.

A chunk of each variable is a unit of work, written whole, with a checksum. When all are there, an entry in
the ledger says so: what has none was never done. Only the process that holds the store's lock writes.
"""

import functools
import itertools
import json
import os
import shutil
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import filelock
import numpy as np
import xarray as xr
import zarr
from google_crc32c import value as crc32c
from numcodecs import zstd

from theory.common import files as whole_files
from theory.common.arguments import ArgumentError
from validation.sweeps import layout as layouts
from validation.sweeps.layout import ENTRIES, LEDGER, Layout
from validation.sweeps.points import Points
from validation.sweeps.units import Unit

FILE = f"{LEDGER}/layout.json"  # in the folder of an array, where Zarr minds nothing
LOCK = f"{LEDGER}/.lock"
AS_IT_IS: dict[str, Any] = {
    "consolidated": False,
    "chunks": None,
    "mask_and_scale": False,
    "decode_times": False,
}
DONE, TEMPLATE, MAKER, SECONDS = range(len(ENTRIES))


class Store:
    """A sweep's results on disk.

    Parameters
    ----------
    path : path
        Folder of the store.
    layout : Layout, optional
        By default that of the store.

    Attributes
    ----------
    layout : Layout
    ledger : ndarray, shape (point ..., batch, 4)
        For each unit of work: how many replicates are done, the index of its template and of who measured,
        and how many seconds it took.
    damaged : list of tuple of int
        Units that had been done and were found damaged: they count as not done.

    Raises
    ------
    ValueError
        If the folder is no store.
    """

    def __init__(self, path: str | os.PathLike, layout: Layout | None = None) -> None:
        self.path = Path(path)
        self.layout = layout or _read(self.path)
        self.ledger, self.damaged = np.zeros(0), list[tuple[int, ...]]()
        self.maker = len(self.layout.makers) - 1  # who writes
        self._arrays: dict[str, zarr.Array] = {}

    def load(self) -> None:
        """Read the ledger, and look whether what it says is done is there and undamaged."""
        shape = (*self.layout.points.shape, self.layout.batches)
        self.ledger = np.zeros((*shape, len(ENTRIES)))
        for place in np.ndindex(shape):
            if not self._chunk(LEDGER, (*place, 0)).exists():
                continue
            entry = self._entry(place)
            if entry is not None and all(map(_intact, self._chunks(place, int(entry[TEMPLATE])))):
                self.ledger[place] = entry
            else:
                self.damaged.append(place)

    def missing(self, points: Points, replicates: int | None) -> Iterator[Unit]:
        """Yield the units of work of points of the store that are not done."""
        layout = self.layout
        needed = 1 if replicates is None else -(-replicates // layout.batch)
        for place in itertools.product(*layout.points.places(points)):
            for batch in range(needed):
                first = batch * layout.batch
                stop = 1 if layout.replicates is None else min(first + layout.batch, layout.replicates)
                if self.ledger[(*place, batch, DONE)] < stop - first:
                    yield Unit((*place, batch), layout.points.at(place), first, stop)

    def own(self, unit: Unit, points: Points) -> Unit:
        """Return a unit that has its place among other points with its place here."""
        *place, batch = unit.place
        here = (along[k] for along, k in zip(self.layout.points.places(points), place, strict=True))
        return unit._replace(place=(*here, batch))

    def write(self, unit: Unit, measured: xr.Dataset, seconds: float) -> None:
        """Write what was measured in a unit: its chunks, and then that it is done.

        Raises
        ------
        ValueError
            If it has a name that the store uses otherwise.
        """
        template = layouts.template(measured, self.layout.replicates is not None)
        if template not in self.layout.templates:
            self._check_names(template)
            self._commit(self.layout.with_template(template))
        index = self.layout.templates.index(template)
        block = unit.place if self.layout.replicates is not None else unit.place[:-1]
        for name, values in measured.data_vars.items():
            chunk = values.values.reshape((1,) * len(self.layout.points.shape) + values.shape)
            place = (*block, *(0,) * (chunk.ndim - len(block)))
            self._array(_inside(index, str(name))).set_block_selection(place, chunk)
        entry = np.array([unit.stop - unit.first, index, self.maker, seconds])
        chunk = entry.reshape((1,) * len(unit.place) + entry.shape)
        self._array(LEDGER).set_block_selection((*unit.place, 0), chunk)
        self.ledger[unit.place] = entry

    def part(self, place: tuple[int, ...]) -> xr.Dataset:
        """Return what was measured in a unit of a store without replicates."""
        index = int(self.ledger[(*place, 0, TEMPLATE)])
        opened = self._open(index)
        names = [str(name) for name in self.layout.templates[index]["variables"]]
        here = dict(zip(self.layout.points.dims, place, strict=True))
        return opened[names].isel(here).drop_vars(self.layout.points.axes).load()

    def dataset(self, points: Points, replicates: int | None) -> xr.Dataset:
        """Return the results of points, from the disk when they are used; NaN where nothing is done.

        What differs in shape is filled up with NaN.
        """
        dims, shapes = self.layout.points.dims, range(max(1, len(self.layout.templates)))
        places = dict(zip(dims, self.layout.points.places(points), strict=True))
        entries = xr.DataArray(self.ledger, dims=(*dims, "batch", "entry")).isel(places)
        within: Any = 0  # its batch
        if replicates is None:
            entries = entries[..., 0, :]
        else:
            places["replicate"] = list(range(replicates))
            run = xr.DataArray(np.arange(replicates), dims="replicate")
            within = run % self.layout.batch
            entries = entries.isel(batch=run // self.layout.batch).transpose(..., "replicate", "entry")
        chosen = [self._open(k).isel(places, missing_dims="ignore") for k in shapes]
        wanted = [(entries[..., DONE] > within) & (entries[..., TEMPLATE] == k) for k in shapes]
        for one, here in zip(chosen, wanted, strict=True):
            if here.all():
                return one
        masked = [one.where(here) for one, here in zip(chosen, wanted, strict=True) if here.any()]
        if not masked:
            return chosen[0][list(self.layout.points.axes)]
        joined = functools.reduce(xr.Dataset.combine_first, _alike(masked))
        labels = {name for part in masked for name in part.coords} & set(joined.variables)
        return joined.set_coords(labels).assign_attrs(chosen[0].attrs)

    def _open(self, index: int) -> xr.Dataset:
        """Return the arrays of one shape, with the labels of the grid."""
        group = str(index) if index else None
        root, own = (xr.open_zarr(self.path, group=at, **AS_IT_IS) for at in (None, group))
        template = self.layout.templates[index] if self.layout.templates else {"variables": {}, "labels": {}}
        points = root[list(self.layout.points.axes)].variables
        shaped = own.set_coords(list(template["labels"]))[list(template["variables"])].assign_coords(points)
        texts = {name: x.astype(object) for name, x in shaped.coords.items() if x.dtype.kind == "T"}
        shaped = shaped.assign_coords(texts)  # a type that not all readers of a Dataset know
        shaped.attrs = {name: value for name, value in root.attrs.items() if name != "layout"}
        return shaped

    def _array(self, name: str) -> zarr.Array:
        if name not in self._arrays:
            with zarr.config.set({"array.write_empty_chunks": True}):  # what is opened takes it from there
                self._arrays[name] = zarr.open_array(self.path / name, mode="r+")
        return self._arrays[name]

    def _entry(self, place: tuple[int, ...]) -> np.ndarray | None:
        """Return the entry of a unit in the ledger, None if it is damaged; metadata are not asked."""
        file = self._chunk(LEDGER, (*place, 0))
        return np.frombuffer(zstd.decompress(file.read_bytes()[:-4]), "<f8") if _intact(file) else None

    def _chunk(self, name: str, block: tuple[int, ...]) -> Path:
        return self.path.joinpath(name, "c", *map(str, block))

    def _chunks(self, place: tuple[int, ...], template: int) -> Iterator[Path]:
        """Yield the files that hold a unit."""
        block = place if self.layout.replicates is not None else place[:-1]
        for name, spec in self.layout.templates[template]["variables"].items():
            yield self._chunk(_inside(template, name), (*block, *(0,) * len(spec["shape"])))

    def _check_names(self, template: layouts.Template) -> None:
        taken = {*self.layout.points.axes, *self.layout.points.dims, LEDGER}
        taken |= {"batch", "entry"} | (set() if self.layout.replicates is None else {"replicate"})
        specs = [*template["variables"].values(), *template["labels"].values()]
        dims = (dim for spec in specs for dim in spec["dims"])
        names = {*template["variables"], *template["labels"], *dims}
        if clash := sorted(taken & names):
            raise ArgumentError(f"measure must return no {', '.join(clash)}: names of the sweep itself")
        if odd := sorted(name for name in names if not name.isidentifier()):
            raise ArgumentError(f"measure must return names of letters, digits and “_”, got {odd[0]!r}")

    def _commit(self, layout: Layout) -> None:
        """Change the layout: by one file, and then those that follow from it."""
        whole_files.write(self.path / FILE, layout.text().encode(), "store")
        self.layout = layout
        self.mend()

    def mend(self) -> None:
        """Write what follows from the layout wherever something else is there."""
        for name, content in layouts.files(self.layout).items():
            file = self.path / name
            if not file.is_file() or file.read_bytes() != content:
                file.parent.mkdir(parents=True, exist_ok=True)
                temporary = file.with_suffix(".partial")
                temporary.write_bytes(content)
                temporary.replace(file)
        self._arrays.clear()


@contextmanager
def opened(path: str | os.PathLike, wanted: Layout) -> Iterator[Store]:
    """Open a store for writing, make it if need be, and extend it to what is wanted.

    Parameters
    ----------
    path : path
        Folder of the store; its parent is made.
    wanted : Layout
        What is to be run. Its size of batches is that of a new store only.

    Raises
    ------
    ValueError
        If it cannot be written to, is used by another process, or holds another sweep.
    """
    path = check(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    whole_files.folder(path, "store")
    (path / LEDGER).mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(path / LOCK, timeout=0)
    try:
        lock.acquire()
    except filelock.Timeout:
        raise ArgumentError(f"store must be used by one process at a time; {path} is in use") from None
    try:
        for left in path.rglob("*.partial"):  # by who was killed
            left.unlink()
        store = peek(path, wanted)
        store._commit(store.layout)
        _warn(store)
        yield store
    finally:
        lock.release()


def _warn(store: Store) -> None:
    """Say what a user should know before a sweep goes on."""
    done = store.ledger[..., DONE] > 0
    others = {store.layout.makers[int(k)]["code"] for k in np.unique(store.ledger[done][:, MAKER])}
    if others := others - {store.layout.makers[store.maker]["code"]}:
        warnings.warn(
            f"store has results of other code ({', '.join(sorted(others))}) than today's: they are kept, and "
            "the ledger says which they are",
            stacklevel=4,
        )
    if store.damaged:
        warnings.warn(f"store has {len(store.damaged)} damaged units: they are measured again", stacklevel=4)


def peek(path: str | os.PathLike, wanted: Layout) -> Store:
    """Return a store as `opened` would, but leave the disk as it is."""
    store = Store(path, wanted)
    if exists(path):
        store.layout = _joined(_read(store.path), wanted)
        store.maker = store.layout.makers.index(wanted.makers[-1])
    store.load()
    return store


def check(path: str | os.PathLike) -> Path:
    """Return `path`, checked before any work is done: a store that can be written to, or be made.

    Raises
    ------
    ValueError
        If it is something else, or cannot be written to.
    """
    path = Path(path)
    wanted = f"store must be a folder of a sweep, or a new one, got {path!s:.200}"
    try:
        if path.exists() and not exists(path) and not _begun(path):
            raise ArgumentError(f"{wanted}: it is something else")
        there = next(folder for folder in (path, *path.absolute().parents) if folder.exists())
    except OSError as error:
        raise ArgumentError(f"{wanted}: {(error.strerror or 'cannot be read').lower()}") from None
    if obstacle := whole_files.obstacle_in(there):
        raise ArgumentError(f"{wanted}: {there!s:.100}: {obstacle}")
    return path


def exists(path: str | os.PathLike) -> bool:
    """Say whether there is a store."""
    return (Path(path) / FILE).exists() or _copy(Path(path)) is not None


def remove(path: str | os.PathLike) -> None:
    """Delete a store."""
    _read(Path(path))
    shutil.rmtree(path)


def _joined(held: Layout, wanted: Layout) -> Layout:
    """Return the layout that holds both."""
    for name in ("seed", "measure"):
        if getattr(held, name) != getattr(wanted, name):
            raise ArgumentError(
                f"store must hold no other sweep: its {name} is {getattr(held, name)}, "
                f"not {getattr(wanted, name)}"
            )
    if (held.replicates is None) != (wanted.replicates is None):
        raise ArgumentError("store must hold no other sweep: one of both has no replicates")
    return replace(
        held,
        points=held.points.joined(wanted.points),
        replicates=None if held.replicates is None else max(held.replicates, wanted.replicates or 1),
        makers=tuple({json.dumps(maker): maker for maker in (*held.makers, *wanted.makers)}.values()),
    )


def _read(path: Path) -> Layout:
    """Return the layout of a store; from its copy in Zarr's attributes, if the file is damaged or lost."""
    wanted = f"store must be a folder of polysem sweep, got {path}"
    try:
        text = (path / FILE).read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        text = ""
    except OSError as error:
        raise ArgumentError(f"{wanted}: {(error.strerror or 'cannot be read').lower()}") from None
    layout = layouts.parsed(text) or _copy(path)
    if layout is None:
        obstacle = f"{FILE} and its copy in zarr.json are both damaged" if text else f"has no {FILE}"
        raise ArgumentError(f"{wanted}: {obstacle}")
    return layout


def _copy(path: Path) -> Layout | None:
    """Return the layout that Zarr's attributes have, None if they have none that is whole."""
    try:
        held = json.loads((path / "zarr.json").read_text(encoding="utf-8", errors="replace"))
        return layouts.parsed(held["attributes"]["layout"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _alike(parts: list[xr.Dataset]) -> list[xr.Dataset]:
    """Fill up with NaN what differs in length and is not labelled everywhere."""
    labelled = set.intersection(*(set(part.indexes) for part in parts))
    free = {dim for part in parts for dim in part.dims} - labelled
    longest = {dim: max(part.sizes.get(dim, 0) for part in parts) for dim in free}
    bare = (part.drop_vars(set(part.indexes) - labelled).reset_coords() for part in parts)
    return [
        part.pad({dim: (0, longest[dim] - n) for dim, n in part.sizes.items() if n < longest.get(dim, 0)})
        for part in bare
    ]


def _begun(path: Path) -> bool:
    """Say whether a folder is empty, or has no more than who was killed at once leaves there."""
    inside = list(path.iterdir()) if path.is_dir() else [path]
    ledger = path / LEDGER
    return not inside or (inside == [ledger] and all(file.name.startswith(".") for file in ledger.iterdir()))


def _inside(template: int, name: str) -> str:
    return f"{template}/{name}" if template else name


def _intact(file: Path) -> bool:
    """Say whether a chunk is there and fits the checksum that ends it."""
    try:
        content = file.read_bytes()
    except OSError:
        return False
    return len(content) > 4 and struct.pack("<I", crc32c(content[:-4])) == content[-4:]
