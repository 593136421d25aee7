"""The store of a sweep: a labelled Zarr grid on disk that survives whatever stops the sweep.

A chunk of each variable is a unit of work, written whole, with a checksum. When all are there, an entry in
the ledger says so: what has none was never done. Only the process that holds the store's lock writes
(`validation.sweeps.opening`).
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from theory.common import files as whole_files
from theory.common.arguments import ArgumentError
from validation.sweeps import layout as layouts, ledger
from validation.sweeps.layout import FILE, LEDGER, Layout
from validation.sweeps.points import Points
from validation.sweeps.units import Unit

if TYPE_CHECKING:  # see `validation.sweeps.layout`
    import zarr


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
        self.layout = layout or layouts.read(self.path)
        self.ledger, self.damaged = np.zeros(0), list[ledger.Place]()
        self.maker = len(self.layout.makers) - 1  # who writes
        self._arrays: dict[str, zarr.Array] = {}

    def load(self) -> None:
        """Read the ledger, and look whether what it says is done is there and undamaged."""
        self.ledger, self.damaged = ledger.read(self.path, self.layout)

    def missing(self, points: Points, replicates: int | None) -> Iterator[Unit]:
        """Yield the units of work of points of the store that are not done."""
        return ledger.missing(self.ledger, self.layout, points, replicates)

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
            self.commit(self.layout.with_template(template))
        index = self.layout.templates.index(template)
        block = unit.place if self.layout.replicates is not None else unit.place[:-1]
        for name, values in measured.data_vars.items():
            chunk = values.values.reshape((1,) * len(self.layout.points.shape) + values.shape)
            place = (*block, *(0,) * (chunk.ndim - len(block)))
            self._array(ledger.inside(index, str(name))).set_block_selection(place, chunk)
        entry = np.array([unit.stop - unit.first, index, self.maker, seconds])
        chunk = entry.reshape((1,) * len(unit.place) + entry.shape)
        self._array(LEDGER).set_block_selection((*unit.place, 0), chunk)
        self.ledger[unit.place] = entry

    def commit(self, layout: Layout) -> None:
        """Change the layout: by one file, and then those that follow from it."""
        whole_files.write(self.path / FILE, layout.text().encode(), "store")
        self.layout = layout
        self._mend()

    def _mend(self) -> None:
        """Write what follows from the layout wherever something else is there."""
        for name, content in layouts.files(self.layout).items():
            file = self.path / name
            if not file.is_file() or file.read_bytes() != content:
                file.parent.mkdir(parents=True, exist_ok=True)
                temporary = file.with_suffix(".partial")
                temporary.write_bytes(content)
                temporary.replace(file)
        self._arrays.clear()

    def _array(self, name: str) -> "zarr.Array":
        if name not in self._arrays:
            import zarr

            with zarr.config.set({"array.write_empty_chunks": True}):  # what is opened takes it from there
                self._arrays[name] = zarr.open_array(self.path / name, mode="r+")
        return self._arrays[name]

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
