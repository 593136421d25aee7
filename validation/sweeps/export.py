"""A store as one file for other tools: NetCDF, or a table with a row for each run."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from theory.common import arguments, files, schema
from theory.common.arguments import ArgumentError
from validation.sweeps.store import DONE, Store


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
    write = WRITERS[arguments.choice("out's suffix", out.suffix, WRITERS)]
    result = store.dataset(store.layout.points, store.layout.replicates).drop_encoding().load()
    done = _done(store)
    write(result if done.all() else result.where(done), done, out)
    return int((~done).sum())


def _done(store: Store) -> xr.DataArray:
    """Return which runs are done."""
    layout = store.layout
    counts = xr.DataArray(store.ledger[..., DONE], dims=(*layout.points.dims, "batch"))
    if layout.replicates is None:
        return counts[..., 0] > 0
    runs = xr.DataArray(np.arange(layout.replicates), dims="replicate")
    return (counts.isel(batch=runs // layout.batch) > runs % layout.batch).transpose(*layout.points.dims, ...)


def _netcdf(result: xr.Dataset, done: xr.DataArray, out: Path) -> None:
    schema.save(result.assign_attrs(missing=int((~done).sum())), out)


def _table(result: xr.Dataset, done: xr.DataArray) -> Any:
    """Return a table of the runs that are done."""
    if further := sorted({str(dim) for dim in result.dims} - {*done.dims, "replicate"}):
        raise ArgumentError(f"out must end in .nc: results over {', '.join(further)} fit into no table")
    rows = result.assign(done=done).to_dataframe().reset_index()
    labels = [name for name in rows if name not in result.data_vars]
    rows = rows[[*labels, *result.data_vars]][rows["done"].to_numpy()]
    return rows.drop(columns=["done", "setting"], errors="ignore")


def _csv(result: xr.Dataset, done: xr.DataArray, out: Path) -> None:
    table = _table(result, done)
    with files.atomic(out) as temporary:
        table.to_csv(temporary, index=False)


def _parquet(result: xr.Dataset, done: xr.DataArray, out: Path) -> None:
    try:
        import pyarrow  # noqa: F401  # with which pandas writes it
    except ImportError:
        raise ArgumentError(
            "out must end in .nc or .csv: .parquet needs pyarrow, pip install polysem[export]"
        ) from None
    table = _table(result, done)
    table.attrs = {name: value for name, value in result.attrs.items() if name != "layout"}
    with files.atomic(out) as temporary:
        table.to_parquet(temporary, index=False)


WRITERS: dict[str, Callable[[xr.Dataset, xr.DataArray, Path], None]] = {
    ".nc": _netcdf,
    ".parquet": _parquet,
    ".csv": _csv,
}
