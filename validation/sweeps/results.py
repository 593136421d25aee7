"""What a store holds, as Datasets."""

import functools
from collections.abc import AsyncIterator, Iterable
from typing import Any

import numpy as np
import xarray as xr

from validation.sweeps import layout as layouts
from validation.sweeps.ledger import DONE, TEMPLATE
from validation.sweeps.points import Points
from validation.sweeps.store import Store

AS_IT_IS: dict[str, Any] = {
    "consolidated": False,
    "chunks": None,
    "mask_and_scale": False,
    "decode_times": False,
}


def parts(store: Store, places: Iterable[tuple[int, ...]]) -> list[xr.Dataset]:
    """Return what was measured at places of a store without replicates."""
    found, opened = [], _Opened(store)
    for place in places:
        here = dict(zip(store.layout.points.dims, place, strict=True))
        found.append(opened[int(store.ledger[(*place, 0, TEMPLATE)])].isel(here).load())
    return found


def dataset(store: Store, points: Points, replicates: int | None) -> xr.Dataset:
    """Return the results of points, from the disk when they are used; NaN where nothing is done.

    What differs in shape is filled up with NaN.
    """
    dims = store.layout.points.dims
    places = dict(zip(dims, store.layout.points.places(points), strict=True))
    entries = xr.DataArray(store.ledger, dims=(*dims, "batch", "entry")).isel(places)
    within: Any = 0  # its batch
    if replicates is None:
        entries = entries[..., 0, :]
    else:
        places["replicate"] = list(range(replicates))
        run = xr.DataArray(np.arange(replicates), dims="replicate")
        within = run % store.layout.batch
        entries = entries.isel(batch=run // store.layout.batch).transpose(..., "replicate", "entry")
    done = entries[..., DONE] > within
    labels = _labels(store.layout.points).isel({dim: places[dim] for dim in dims})
    found, opened = [], _Opened(store)
    for index in range(len(store.layout.templates)):
        here = done & (entries[..., TEMPLATE] == index)
        if here.any():
            chosen = opened[index].isel(places, missing_dims="ignore").assign_coords(labels.coords)
            found.append(chosen if here.all() else chosen.where(here))
    joined = functools.reduce(xr.Dataset.combine_first, _alike(found)) if found[1:] else [*found, labels][0]
    known = {name for one in found for name in one.coords} & set(joined.variables)
    return joined.set_coords(known).assign_attrs(layouts.attributes(store.layout))


class _Opened(dict[int, xr.Dataset]):
    """The arrays of each shape, with its own labels.

    Metadata and labels are those that follow from the layout, whatever the disk has of them: they may be
    damaged, or not be laid out so far yet. Chunks of results that count as done were held against checksums.
    """

    def __init__(self, store: Store) -> None:
        self.layout, self.zarr = store.layout, _following(store)

    def __missing__(self, index: int) -> xr.Dataset:
        template = self.layout.templates[index]
        opened = xr.open_zarr(self.zarr, group=str(index) if index else None, **AS_IT_IS)
        shaped = opened.set_coords(list(template["labels"]))[list(template["variables"])]
        bare = shaped.drop_attrs(deep=False).drop_vars(set(self.layout.points.axes) & set(shaped.coords))
        self[index] = bare.assign_coords(_texts(bare))
        return self[index]


def _following(store: Store) -> Any:
    """Return a store of Zarr in which a file that follows from the layout has the content that it should."""
    from zarr.storage import LocalStore, WrapperStore

    files = layouts.files(store.layout)

    class Following(WrapperStore):
        async def get(self, key: str, prototype: Any, byte_range: Any = None) -> Any:
            if key in files and byte_range is None:
                return prototype.buffer.from_bytes(files[key])
            return await super().get(key, prototype, byte_range)

        async def list_dir(self, prefix: str) -> AsyncIterator[str]:
            start = f"{prefix}/" if prefix else ""
            for name in {key[len(start) :].split("/")[0] for key in files if key.startswith(start)}:
                yield name

    return Following(LocalStore(store.path, read_only=True))


def _labels(points: Points) -> xr.Dataset:
    labels = xr.Dataset(coords=points.coords())
    return labels.assign_coords(_texts(labels))


def _texts(labelled: xr.Dataset) -> dict[Any, xr.DataArray]:
    """Return the labels that are text, as objects: not all readers of a Dataset know Zarr's own type."""
    return {name: x.astype(object) for name, x in labelled.coords.items() if x.dtype.kind in "TU"}


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
