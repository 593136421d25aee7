"""A store as one file."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from theory.common import schema
from theory.common.arguments import ArgumentError
from validation.sweeps.engine import Here
from validation.sweeps.export import export
from validation.sweeps.failing import SweepError
from validation.sweeps.inspection import faults, status
from validation.sweeps.store import Store
from validation.sweeps.sweep import Sweep

GRID = {"n": [1, 2, 3], "kind": ["a", "b"]}


def measure(seed, n, kind):
    if (n, kind) in BROKEN:
        raise ValueError("broken")
    return {"square": n * n, "drawn": seed / 7, "even": n % 2 == 0}


def curves(seed, n, kind):
    return xr.Dataset({"curve": ("time", np.arange(3.0) * n)})


BROKEN = set()


@pytest.fixture
def broken():
    """Have some points fail."""
    yield BROKEN
    BROKEN.clear()


def swept(path, grid=GRID, measure=measure, replicates=5):
    sweep = Sweep(measure, grid, replicates, 3, path, Here(), batch=2)
    try:
        sweep.run()
    except SweepError:
        assert BROKEN
    store = Store(path)
    store.load()
    return store, sweep.dataset()


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("listed", [False, True])
def test_table_has_a_row_for_each_run(tmp_path, suffix, listed):
    listing = [{"n": n, "kind": kind} for n in GRID["n"] for kind in GRID["kind"]]
    store, result = swept(tmp_path / "store", listing if listed else GRID)
    out = tmp_path / f"table{suffix}"
    assert export(store, out) == 0
    table = pd.read_csv(out) if suffix == ".csv" else pd.read_parquet(out)
    assert list(table) == ["n", "kind", "replicate", "square", "drawn", "even"] or listed
    assert {*table} == {"n", "kind", "replicate", "square", "drawn", "even"}
    assert len(table) == 30
    assert (table["square"] == table["n"] ** 2).all()
    assert table["square"].dtype == np.int64
    for _, row in table.iterrows():
        place = {"setting": listing.index({"n": row.n, "kind": row.kind})} if listed else {}
        at = result.isel(place) if listed else result.sel(n=row.n, kind=row.kind)
        assert row.drawn == at.drawn.values[row.replicate]  # to the last bit, in CSV too


def test_netcdf_is_what_the_sweep_returns(tmp_path):
    store, result = swept(tmp_path / "store")
    export(store, tmp_path / "whole.nc")
    saved = schema.load(tmp_path / "whole.nc")
    xr.testing.assert_equal(saved, result.load())
    assert saved.square.dtype == np.int64
    assert (saved.attrs["missing"], saved.attrs["seed"]) == (0, 3)
    assert saved.attrs["code"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".nc"])
def test_missing_runs_are_counted_and_not_made_up(tmp_path, broken, suffix):
    broken |= {(2, "a"), (3, "b")}
    store, _ = swept(tmp_path / "store")
    out = tmp_path / f"part{suffix}"
    assert export(store, out) == 10
    if suffix == ".nc":
        saved = schema.load(out)
        assert int(saved.drawn.isnull().sum()) == 10
        assert saved.drawn.sel(n=2, kind="a").isnull().all()
        assert saved.attrs["missing"] == 10
    else:
        table = pd.read_csv(out) if suffix == ".csv" else pd.read_parquet(out)
        assert set(zip(table["n"], table["kind"], strict=True)).isdisjoint(broken)
        assert (len(table), table["square"].dtype) == (20, np.int64)


def test_replicates_that_are_to_come_are_missing(tmp_path, broken):
    """The last batch of 5 in twos holds one: its chunk has room for the sixth, which was never run."""
    swept(tmp_path / "store")
    broken |= {(2, "a")}
    store, _ = swept(tmp_path / "store", replicates=6)
    assert export(store, tmp_path / "part.csv") == 1
    export(store, tmp_path / "part.nc")
    assert int(schema.load(tmp_path / "part.nc").drawn.isnull().sum()) == 1


def test_nothing_done(tmp_path, broken):
    broken |= {(n, kind) for n in GRID["n"] for kind in GRID["kind"]}
    store, _ = swept(tmp_path / "store")
    assert export(store, tmp_path / "none.csv") == 30
    assert export(store, tmp_path / "none.nc") == 30


def test_curves_fit_into_no_table(tmp_path):
    store, result = swept(tmp_path / "store", measure=curves)
    with pytest.raises(ArgumentError, match=r"^out must end in \.nc: results over time"):
        export(store, tmp_path / "table.csv")
    export(store, tmp_path / "curves.nc")
    xr.testing.assert_equal(schema.load(tmp_path / "curves.nc"), result.load())
    assert {path.name for path in tmp_path.iterdir()} == {"store", "curves.nc"}


@pytest.mark.parametrize("name", ["table.xlsx", "table", "missing/table.csv"])
def test_bad_names(tmp_path, name):
    store, _ = swept(tmp_path / "store", replicates=1)
    with pytest.raises(ArgumentError, match=r"^out must "):
        export(store, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["store"]


def test_parquet_needs_pyarrow(tmp_path, monkeypatch):
    store, _ = swept(tmp_path / "store", replicates=1)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(ArgumentError, match=r"pip install polysem\[export\]"):
        export(store, tmp_path / "table.parquet")


def test_status_counts_units_and_runs(tmp_path, broken):
    broken |= {(2, "a")}
    store, _ = swept(tmp_path / "store")
    found = status(store)
    assert (found.units, found.done, found.damaged, found.runs, found.runs_done) == (18, 15, 0, 30, 25)
    (share,) = found.shares
    assert share.units == 15
    assert found.left == pytest.approx(share.seconds / 25 * 5)


def test_whole_store_has_no_faults(tmp_path):
    store, _ = swept(tmp_path / "store")
    assert list(faults(store)) == []


@pytest.mark.parametrize("offset", [0, -1])
def test_a_flipped_bit_is_found_and_its_unit_named(tmp_path, offset):
    swept(tmp_path / "store")
    chunk = tmp_path / "store" / "drawn" / "c" / "1" / "0" / "2"
    content = bytearray(chunk.read_bytes())
    content[offset] ^= 1
    chunk.write_bytes(content)
    store = Store(tmp_path / "store")
    store.load()
    assert list(faults(store)) == ["n = 2, kind = a, replicate 4: damaged, counts as not done"]
    assert (status(store).damaged, status(store).done) == (1, 17)


@pytest.mark.parametrize("name", ["ledger/layout.json", "zarr.json", "drawn/zarr.json", "n/c/0"])
def test_a_damaged_file_of_the_layout_is_named(tmp_path, name):
    swept(tmp_path / "store")
    file = tmp_path / "store" / name
    file.write_bytes(file.read_bytes()[:-3] + b"###")
    store = Store(tmp_path / "store")
    store.load()
    assert [fault.partition(":")[0] for fault in faults(store)] == [name]
    Path(file).unlink()
    assert [fault.partition(":")[0] for fault in faults(store)] == [name]
