"""What a store holds, as Datasets."""

import functools
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


def part(store: Store, place: tuple[int, ...]) -> xr.Dataset:
    """Return what was measured at a place of a store without replicates."""
    index = int(store.ledger[(*place, 0, TEMPLATE)])
    here = dict(zip(store.layout.points.dims, place, strict=True))
    return _open(store, index).isel(here).load()


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
    found = []
    for index in range(len(store.layout.templates)):
        here = done & (entries[..., TEMPLATE] == index)
        if here.any():
            chosen = _chosen(_open(store, index), places).assign_coords(labels.coords)
            found.append(chosen if here.all() else chosen.where(here))
    joined = functools.reduce(xr.Dataset.combine_first, _alike(found)) if found[1:] else [*found, labels][0]
    known = {name for one in found for name in one.coords} & set(joined.variables)
    return joined.set_coords(known).assign_attrs(layouts.attributes(store.layout))


def _chosen(opened: xr.Dataset, places: dict[str, list[int]]) -> xr.Dataset:
    """Return what is at these places; anything where the store was not laid out so far when last written."""
    known = {dim: np.minimum(at, opened.sizes[dim] - 1) for dim, at in places.items() if dim in opened.dims}
    return opened.isel(known)


def _open(store: Store, index: int) -> xr.Dataset:
    """Return the arrays of one shape, with its own labels."""
    template = store.layout.templates[index]
    opened = xr.open_zarr(store.path, group=str(index) if index else None, **AS_IT_IS)
    shaped = opened.set_coords(list(template["labels"]))[list(template["variables"])].drop_attrs(deep=False)
    bare = shaped.drop_vars(set(store.layout.points.axes) & set(shaped.coords))
    return bare.assign_coords(_texts(bare))


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
