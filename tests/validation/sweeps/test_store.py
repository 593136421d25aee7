"""The store: what is done is kept, what is not is missing, and what is damaged is found out."""

import numpy as np
import pytest
import xarray as xr

from validation.sweeps import opening
from validation.sweeps.engine import Here
from validation.sweeps.store import Store
from validation.sweeps.sweep import Sweep, sweep

GRID = {"n": [1, 2], "l1": [0.1, 0.2]}


def measure(seed, n, l1):
    """Zeros among them, which Zarr would not write by itself."""
    rng = np.random.default_rng(seed)
    values = {"x": rng.normal(), "zero": 0, "no": False, "w": ("k", np.full(3, n, np.int16))}
    return xr.Dataset(values, {"k": ["a", "b", "c"]})


def planned(path, grid=GRID, replicates=5, batch=2, measure=measure, **given):
    return Sweep(measure, grid, replicates, 0, path, Here(), batch, **given)


def done(path, **given):
    sweep = planned(path, **given)
    sweep.run()
    return sweep.dataset().load()


@pytest.fixture
def some(tmp_path):
    """A store in which every other unit is done."""
    sweep = planned(tmp_path / "store")
    with opening.opened(sweep.store, sweep._layout()) as store:
        for unit in list(store.missing(sweep.points, 5))[::2]:
            store.write(unit, *sweep.call(unit))
    return sweep


def units(path, points, replicates):
    store = Store(path)
    store.load()
    return [(unit.place, unit.first, unit.stop) for unit in store.missing(points, replicates)]


def test_what_is_not_done_is_missing_and_NaN(some):
    missing = units(some.store, some.points, 5)
    assert len(missing) == 6
    assert missing[0] == ((0, 0, 1), 2, 4)
    assert missing[1] == ((0, 1, 0), 0, 2)
    partial, whole = some.dataset().load(), done(some.store)
    here = partial.x.notnull()
    assert here.values[0, 0].tolist() == [True, True, False, False, True]
    assert here.values[0, 1].tolist() == [False, False, True, True, False]
    xr.testing.assert_identical(partial, whole.where(here))
    assert units(some.store, some.points, 5) == []


def test_nothing_done_is_a_grid_without_results(tmp_path):
    sweep = planned(tmp_path / "store")
    with opening.opened(sweep.store, sweep._layout()):
        pass
    assert not sweep.dataset().data_vars
    assert sweep.dataset().l1.values.tolist() == [0.1, 0.2]


def test_types_are_kept_and_zeros_are_written(tmp_path):
    data = done(tmp_path / "store")
    kinds = {"x": "float64", "zero": "int64", "no": "bool", "w": "int16"}
    assert {name: str(x.dtype) for name, x in data.items()} == kinds
    for name in data:
        chunks = [file for file in (tmp_path / "store" / name / "c").rglob("*") if file.is_file()]
        assert len(chunks) == 4 * 3
    assert data.k.values.tolist() == ["a", "b", "c"]
    assert data.w.sel(n=2, k="b").values.tolist() == [[2] * 5] * 2


def test_a_batch_that_is_not_full_grows(tmp_path):
    """The last batch of five replicates has one; of eight it has two, and is measured anew, as a whole."""
    five = done(tmp_path / "store")
    sweep = planned(tmp_path / "store", replicates=8)
    assert {(first, stop) for _, first, stop in units_of(sweep)} == {(4, 6), (6, 8)}
    with opening.opened(sweep.store, sweep._layout()):
        partial = sweep.dataset()
    assert partial.x.isnull().all(["n", "l1"]).values.tolist() == [False] * 5 + [True] * 3
    eight = done(tmp_path / "store", replicates=8)
    xr.testing.assert_identical(eight.isel(replicate=slice(5)), five)
    xr.testing.assert_identical(eight, done(tmp_path / "other", replicates=8))
    xr.testing.assert_identical(done(tmp_path / "store", replicates=3), five.isel(replicate=slice(3)))


def units_of(sweep):
    store = opening.peek(sweep.store, sweep._layout())
    return [(unit.place, unit.first, unit.stop) for unit in store.missing(sweep.points, sweep.replicates)]


def test_a_grid_that_grows_in_the_middle(tmp_path):
    before = done(tmp_path / "store")
    wider = {"l1": [0.1, 0.15, 0.2], "n": [3, 1, 2]}
    sweep = planned(tmp_path / "store", grid=wider)
    assert len(units_of(sweep)) == (9 - 4) * 3
    after = done(tmp_path / "store", grid=wider)
    assert after.l1.values.tolist() == wider["l1"]
    assert after.n.values.tolist() == wider["n"]
    xr.testing.assert_equal(after.sel(GRID).transpose(*before.dims), before)
    alone = done(tmp_path / "alone", grid=wider).transpose(*after.dims)
    xr.testing.assert_equal(after, alone)
    xr.testing.assert_identical(done(tmp_path / "store"), before)


def test_a_list_that_grows(tmp_path):
    few = [{"n": 1, "l1": 0.1}, {"n": 2, "l1": 0.2}]
    before = done(tmp_path / "store", grid=few)
    after = done(tmp_path / "store", grid=[{"n": 5, "l1": 0.1}, *reversed(few)])
    assert after.n.dims == ("setting",)
    assert after.n.values.tolist() == [5, 2, 1]
    xr.testing.assert_equal(after.isel(setting=[2, 1]), before)
    grid = done(tmp_path / "grid")
    np.testing.assert_array_equal(before.x[1], grid.x.sel(n=2, l1=0.2))  # the same seeds in both


@pytest.mark.parametrize("labelled", [True, False])
@pytest.mark.parametrize("replicates", [None, 3])
def test_several_shapes(tmp_path, labelled, replicates):
    """Of other lengths, with labels or without, and with names of their own."""

    def measure(seed, n):
        labels = {"t": np.arange(n) / 2, "name": ("t", list("abc"[:n]))} if labelled else {}
        return xr.Dataset({"w": ("t", np.arange(n) + 1), f"only_{n}": float(n)}, labels)

    data = done(tmp_path / "store", grid={"n": [2, 3, 1]}, replicates=replicates, measure=measure)
    one = data if replicates is None else data.isel(replicate=1)
    np.testing.assert_array_equal(one.w, [[1, 2, np.nan], [1, 2, 3], [1, np.nan, np.nan]])
    np.testing.assert_array_equal(one.only_3, [np.nan, 3, np.nan])
    assert data.sizes["t"] == 3
    assert not labelled or data.name.values.tolist() == ["a", "b", "c"]


def test_a_type_that_differs_is_a_shape_of_its_own(tmp_path):
    def measure(seed, n):
        return {"x": n if n < 2 else n + 0.5}

    data = done(tmp_path / "store", grid={"n": [0, 1, 2, 3]}, replicates=1, measure=measure)
    assert data.x.values.ravel().tolist() == [0, 1, 2.5, 3.5]


def test_a_measurement_with_replicates_of_its_own(tmp_path):
    def measure(seed, n):
        return xr.Dataset({"x": ("replicate", np.arange(n) + n)})

    data = done(tmp_path / "store", grid={"n": [2, 3]}, replicates=None, measure=measure)
    np.testing.assert_array_equal(data.x, [[2, 3, np.nan], [3, 4, 5]])
    assert data.x.dims == ("n", "replicate")


@pytest.mark.parametrize(
    "returned",
    [
        {"n": 1},
        {"ledger": 1},
        {"../../out": 1},
        {"a/b": 1},
        {"1": 1},
        {"": 1},
        xr.Dataset({"x": ("batch", np.ones(2))}),
        xr.Dataset({"x": ("entry", np.ones(2))}),
        xr.Dataset({"x": ("n", np.ones(2))}),
        xr.Dataset({"x": ("k", np.ones(2))}, {"l1": ("k", [1, 2])}),
        xr.Dataset({"x": ("c.d", np.ones(2))}),
    ],
    ids=str,
)
def test_names_that_cannot_be(tmp_path, returned):
    with pytest.raises(ValueError, match=r"^measure must return[^\n]*$"):
        done(tmp_path / "store", measure=lambda seed, n, l1: returned)
    assert [file.name for file in tmp_path.iterdir()] == ["store"]


def test_another_sweep_is_refused(tmp_path):
    done(tmp_path / "store")
    for other in (
        lambda: sweep(measure, GRID, 5, 1, tmp_path / "store", Here()),
        lambda: done(tmp_path / "store", measure=lambda seed, n, l1: {"x": 1}),
        lambda: done(tmp_path / "store", replicates=None),
        lambda: done(tmp_path / "store", grid=[{"n": 1, "l1": 0.1}]),
    ):
        with pytest.raises(ValueError, match=r"^(store|grid) must [^\n]*$"):
            other()


def test_something_else_is_refused(tmp_path):
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_text("mine")
    (folder / "ledger").mkdir(parents=True)
    (folder / "ledger" / "thesis.txt").write_text("mine")
    for path in (file, folder, tmp_path):
        with pytest.raises(ValueError, match=r"^store must be[^\n]*$"):
            done(path)
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["file", "folder", "ledger", "thesis.txt"]


def test_an_empty_folder_will_do(tmp_path):
    (tmp_path / "store").mkdir()
    assert done(tmp_path / "store").x.notnull().all()


def test_only_one_at_a_time(some):
    with (
        opening.opened(some.store, some._layout()),
        pytest.raises(ValueError, match=r"^store must be used by one process at a time[^\n]*$"),
    ):
        some.run()


def test_what_a_kill_leaves_is_cleared_up(some):
    left = [
        some.store / "ledger" / ".layout.json-0123456789abcdef0123456789abcdef.partial",
        some.store / "n" / "c" / "0.partial",
        some.store / "x" / "c" / "0" / "0" / "1.0123456789abcdef.partial",
    ]
    for file in left:
        file.parent.mkdir(exist_ok=True, parents=True)
        file.write_bytes(b"half")
    some.run()
    assert not any(file.exists() for file in left)


def test_metadata_are_mended_and_the_layout_has_a_copy(tmp_path):
    before = done(tmp_path / "store")
    for name in ("zarr.json", "x/zarr.json", "ledger/zarr.json", "ledger/layout.json", "l1/c/0"):
        file = tmp_path / "store" / name
        content = file.read_bytes()
        for damaged in (b"", content[:50], b"{}", content.replace(b"1", b"2")):
            file.write_bytes(damaged)
            xr.testing.assert_identical(done(tmp_path / "store"), before)
            assert file.read_bytes() == content
    (tmp_path / "store/ledger/layout.json").unlink()
    xr.testing.assert_identical(done(tmp_path / "store"), before)
    for name in ("zarr.json", "ledger/layout.json"):
        (tmp_path / "store" / name).write_bytes(b"{}")
    with pytest.raises(ValueError, match=r"^store must be .* are both damaged$"):
        done(tmp_path / "store")


def test_results_are_read_though_metadata_are_damaged(tmp_path):
    """By what follows from the layout; nothing on the disk is touched."""
    before = done(tmp_path / "store")
    for name in ("zarr.json", "x/zarr.json", "ledger/zarr.json", "l1/c/0", "k/c/0"):
        file = tmp_path / "store" / name
        content = file.read_bytes()
        for damaged in (b"", content[:20], content.replace(b"64", b"32")):
            file.write_bytes(damaged)
            xr.testing.assert_identical(planned(tmp_path / "store").dataset().load(), before)
            assert file.read_bytes() == damaged


def test_damaged_units_are_found_out_and_measured_again(tmp_path):
    before, store = done(tmp_path / "store"), tmp_path / "store"
    (store / "x/c/0/0/1").write_bytes(b"")
    (store / "no/c/0/1/2").unlink()
    content = bytearray((store / "ledger/c/1/0/0/0").read_bytes())
    content[len(content) // 2] ^= 4
    (store / "ledger/c/1/0/0/0").write_bytes(content)
    found = Store(store)
    found.load()
    assert sorted(found.damaged) == [(0, 0, 1), (0, 1, 2), (1, 0, 0)]
    with pytest.warns(UserWarning, match="3 damaged units"):
        xr.testing.assert_identical(done(store), before)
    found = Store(store)
    found.load()
    assert found.damaged == []
