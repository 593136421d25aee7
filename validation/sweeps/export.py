"""A store as one file for other tools: NetCDF, or a table with a row for each run."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from theory.common import files, schema
from theory.common.arguments import ArgumentError
from validation.sweeps import results
from validation.sweeps.ledger import DONE
from validation.sweeps.store import Store


def export(store: Store, out: str | os.PathLike) -> int:
    """Write the results of a store, which is loaded, to a file, and return how many runs are missing.

    Parameters
    ----------
    store : Store
    out : path
        Ends in ``.nc``: as `sweep` returns them, NaN where runs are missing. In ``.parquet`` or ``.csv``: a
        row for each run that is done, with columns for settings, ``replicate``, and what was measured.

    Raises
    ------
    ValueError
        If it ends in anything else, cannot be written, or results of a run are no single numbers and so fit
        into no table.
    """
    out = files.writable(out)
    if out.suffix not in WRITERS:
        raise ArgumentError(f"out must end in {', '.join(WRITERS)}, got {out!s:.200}")
    done = _done(store)
    WRITERS[out.suffix](store, done, out)
    return int((~done).sum())


def _done(store: Store) -> xr.DataArray:
    """Return which runs are done."""
    layout = store.layout
    counts = xr.DataArray(store.ledger[..., DONE], dims=(*layout.points.dims, "batch"))
    if layout.replicates is None:
        return counts[..., 0] > 0
    runs = xr.DataArray(np.arange(layout.replicates), dims="replicate")
    of_run = counts.isel(batch=runs // layout.batch)
    return (of_run > runs % layout.batch).transpose(*layout.points.dims, "replicate")


def _result(store: Store, done: xr.DataArray) -> xr.Dataset:
    found = results.dataset(store, store.layout.points, store.layout.replicates).drop_encoding().load()
    return found if done.all() else found.where(done)


def _table(store: Store, done: xr.DataArray) -> Any:
    """Return a table of the runs that are done, whose whole numbers are such."""
    result = _result(store, done)
    if further := sorted({str(dim) for dim in result.dims} - {*done.dims, "replicate"}):
        raise ArgumentError(f"out must end in .nc: results over {', '.join(further)} fit into no table")
    rows = result.assign(done=done).to_dataframe().reset_index()
    labels = [name for name in rows if name not in (*result.data_vars, "done", "setting")]
    rows = rows.loc[rows["done"], [*labels, *result.data_vars]]
    specs = {name: spec for one in store.layout.templates for name, spec in one["variables"].items()}
    whole = [str(name) for name in result.data_vars if np.dtype(specs[str(name)]["dtype"]).kind in "biu"]
    return rows.astype({name: specs[name]["dtype"] for name in whole if rows[name].notna().all()})


def _netcdf(store: Store, done: xr.DataArray, out: Path) -> None:
    schema.save(_result(store, done).assign_attrs(missing=int((~done).sum())), out)


def _csv(store: Store, done: xr.DataArray, out: Path) -> None:
    files.write(out, _table(store, done).to_csv(index=False).encode())


def _parquet(store: Store, done: xr.DataArray, out: Path) -> None:
    try:
        import pyarrow  # noqa: F401  # with which pandas writes it
    except ImportError:
        raise ArgumentError(
            "out must end in .nc or .csv: .parquet needs pyarrow, pip install polysem[export]"
        ) from None
    files.write(out, _table(store, done).to_parquet(index=False))


WRITERS: dict[str, Callable[[Store, xr.DataArray, Path], None]] = {
    ".nc": _netcdf,
    ".parquet": _parquet,
    ".csv": _csv,
}
