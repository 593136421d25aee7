"""Sweeps as a whole: the same results wherever they are made, and no more work than there is."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest
import xarray as xr
from hypothesis import HealthCheck, given, settings, strategies as st

from validation.sweeps import sweep as sweeps
from validation.sweeps.engine import Here, Pool
from validation.sweeps.export import export
from validation.sweeps.failing import SweepError
from validation.sweeps.store import Store
from validation.sweeps.sweep import Sweep, sweep

GRID = {"n": [4, 6, 9], "l1": [0.01, 0.02]}


def measure(seed, n, l1, scale=1.0):
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(n, 3))
    numbers = {"norm": scale * np.linalg.norm(values @ values.T), "l1_": l1, "some": rng.random() < l1}
    return xr.Dataset({**numbers, "first": ("k", values[0])}, {"k": [1.5, 2.5, 3.5]})


@pytest.fixture(scope="module")
def right():
    return sweep(measure, GRID, 4, 5, executor=Here())


def test_results_are_those_of_the_points_and_replicates(right):
    from validation.sweeps.points import seed_of

    assert dict(right.sizes) == {"n": 3, "l1": 2, "replicate": 4, "k": 3}
    for i, n in enumerate(GRID["n"]):
        for j, l1 in enumerate(GRID["l1"]):
            for k in range(4):
                alone = measure(seed_of(5, {"n": n, "l1": l1}, k), n, l1)
                xr.testing.assert_equal(right.isel(n=i, l1=j, replicate=k).drop_vars(["n", "l1"]), alone)


def test_the_same_wherever_it_is_made(right, pool, tmp_path):
    one = Pool(1)
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2) as processes:
        for k, executor in enumerate((one, pool, threads, processes, Here())):
            xr.testing.assert_identical(sweep(measure, GRID, 4, 5, executor=executor), right)
            xr.testing.assert_identical(sweep(measure, GRID, 4, 5, tmp_path / str(k), executor), right)
    one.close()


def test_the_same_on_a_cluster(right, tmp_path):
    distributed = pytest.importorskip("distributed")
    cluster = distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=False, dashboard_address=None
    )
    with cluster, distributed.Client(cluster) as client:
        xr.testing.assert_identical(sweep(measure, GRID, 4, 5, tmp_path / "store", client), right)


def test_the_same_in_another_order_and_alone(right):
    turned = {"l1": GRID["l1"][::-1], "n": [6, 9, 4]}
    other = sweep(measure, turned, 4, 5, executor=Here())
    xr.testing.assert_equal(other.sel(GRID).transpose(*right.dims), right)
    alone = sweep(measure, [{"n": 6, "l1": 0.02}], 2, 5, executor=Here())
    xr.testing.assert_equal(
        alone.isel(setting=0), right.sel(n=6, l1=0.02).isel(replicate=slice(2)).assign_coords(n=6)
    )


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.dictionaries(
        st.sampled_from("abc"),
        st.lists(st.integers(-5, 5), min_size=1, max_size=3, unique=True),
        min_size=1,
    ),
    st.one_of(st.none(), st.integers(1, 5)),
    st.integers(1, 4),
)
def test_any_grid_however_batched(tmp_path_factory, grid, replicates, batch):
    def measure(seed, **point):
        return {"sum": sum(point.values()), "seed_": seed}

    store = tmp_path_factory.mktemp("any") / "store"
    one = Sweep(measure, grid, replicates, 1, store, Here(), batch)
    one.run()
    data = one.dataset()
    xr.testing.assert_identical(data.load(), sweep(measure, grid, replicates, 1, executor=Here()))
    summed = sum(xr.DataArray(values, dims=name) for name, values in grid.items())
    axes = [*grid] + ([] if replicates is None else ["replicate"])
    assert data["sum"].dims == tuple(axes)
    assert (data["sum"] == summed).all()
    assert len(np.unique(data.seed_)) == data.seed_.size


def test_nothing_is_measured_twice(tmp_path):
    calls = []

    def counted(seed, n):
        calls.append(n)
        return {"x": n}

    for grid, replicates, expected in (
        ({"n": [1, 2]}, 3, [1] * 3 + [2] * 3),
        ({"n": [1, 2]}, 3, []),
        ({"n": [1, 5, 2]}, 3, [5] * 3),
        ({"n": [2]}, 2, []),
    ):
        calls.clear()
        Sweep(counted, grid, replicates, 0, tmp_path / "store", Here(), 3).run()
        assert calls == expected


def test_timed_runs_are_results_of_their_own_points(tmp_path):
    """In a store, too, that has the grid in another order, and none of it done."""

    def measure(seed, n):
        return {"square": n * n}

    class Full:
        def submit(self, call, task):
            raise OSError("no space left")

    with pytest.raises(OSError, match="no space"):
        Sweep(measure, {"n": [3, 1, 2]}, 1, 0, tmp_path / "store", Full()).run()
    planned = Sweep(measure, {"n": [1, 2, 3]}, 1, 0, tmp_path / "store", Here())
    planned.estimate()
    planned.run()
    assert planned.dataset().square.values.ravel().tolist() == [1, 4, 9]


def test_estimates(tmp_path, monkeypatch):
    """Seconds are those of runs, whose clock is ours here; bytes are not too few."""
    clock = iter(np.arange(10**6) * 0.25)
    monkeypatch.setattr("validation.sweeps.units.perf_counter", lambda: float(next(clock)))
    planned = Sweep(measure, GRID, 20, 5, tmp_path / "store", Here())
    told = planned.estimate()
    assert (told.runs, told.units) == (120, 6 * 5)  # 4 runs in one second, of 30 in all
    assert told.seconds == pytest.approx(120 * 0.25)
    assert not (tmp_path / "store").exists()
    planned.run()
    taken = sum(max(4096, file.stat().st_size) for file in (tmp_path / "store").rglob("*") if file.is_file())
    assert 0.5 < told.size / taken < 2
    assert planned.estimate().runs == 0
    more = Sweep(measure, GRID, 40, 5, tmp_path / "store", Here()).estimate()
    assert more.runs == 6 * 20  # the batches before were full
    assert more.seconds > 0


def test_failures_are_told_and_tried_again(tmp_path, pool):
    bad = tmp_path / "bad"
    bad.touch()

    def measure(seed, n):
        if n == 2 and bad.exists():
            raise ValueError("not\nyet")
        return {"x": n}

    with pytest.raises(SweepError) as told:
        Sweep(measure, {"n": [1, 2, 3]}, 5, 0, tmp_path / "store", pool, 2).run()
    assert str(told.value).startswith(
        "3 of 9 units of work failed, the others are kept; at n = 2, replicate "
    )
    assert str(told.value).endswith(": ValueError: not yet")
    assert {unit.point["n"] for unit, _ in told.value.failures} == {2}
    bad.unlink()
    again = Sweep(measure, {"n": [1, 2, 3]}, 5, 0, tmp_path / "store", pool, 2)
    assert again.estimate().runs == 5
    again.run()
    assert again.dataset().x.values[:, 0].tolist() == [1, 2, 3]


def test_nonsense_is_one_line(tmp_path):
    for nonsense in (None, [], "text", {"x": "text"}, {"x": [1, 2]}, {}):
        with pytest.raises(SweepError, match=r"^1 of 1 units of work failed[^\n]*: measure must [^\n]*$"):
            sweep(lambda seed, n, it=nonsense: it, {"n": [1]}, 1, executor=Here())


def test_the_measurement_must_take_what_it_is_given():
    for bad in (
        lambda n: {},
        lambda seed: {},
        lambda seed, n, m: {},
        lambda seed, /, n: {},
        3,
        None,
        "measure",
    ):
        with pytest.raises(TypeError, match=r"^measure must be a function of seed, n[^\n]*$"):
            sweep(bad, {"n": [1]}, 1, executor=Here())
    for good in (lambda seed, n: {"x": 1}, lambda n, **others: {"x": 1}, lambda seed, n, m=1: {"x": 1}):
        assert sweep(good, {"n": [1]}, 1, executor=Here()).x == 1


@pytest.mark.parametrize(
    ("name", "value"),
    [("replicates", 0), ("replicates", 1.5), ("seed", -1), ("seed", None), ("executor", 3), ("grid", 1)],
)
def test_bad_arguments_name_themselves(name, value, tmp_path):
    call = {"grid": {"n": [1]}, "replicates": 1, "seed": 0, "executor": Here()} | {name: value}
    with pytest.raises((ValueError, TypeError), match=rf"^{name} must [^\n]*$"):
        sweep(lambda seed, n: {"x": 1}, store=tmp_path / "store", **call)
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("grid", [GRID, [{"n": 4, "l1": 0.01}, {"n": 6, "l1": 0.02}]])
@pytest.mark.parametrize("replicates", [None, 4])
def test_a_store_that_is_not_laid_out_so_far_yet(tmp_path, grid, replicates):
    """What is wanted is larger than what was opened for writing last: NaN there, the same elsewhere."""

    def planned(grid, replicates):
        return Sweep(measure, grid, replicates, 5, tmp_path / "store", Here(), 2)

    assert not planned(grid, replicates).dataset().data_vars
    planned(grid, replicates).run()
    before = planned(grid, replicates).dataset().load()
    listed = isinstance(grid, list)
    wider = [{"n": 9, "l1": 0.05}, *grid] if listed else {"n": [5, *GRID["n"]], "l1": [0.02, 0.01]}
    more = planned(wider, replicates and 7)
    partial, runs = more.dataset().load(), {} if replicates is None else {"replicate": slice(4)}
    assert int(partial.norm.notnull().sum()) == before.norm.size
    more.run()
    whole = more.dataset().load()
    xr.testing.assert_identical(partial, whole.where(partial.norm.notnull()))
    there = whole.isel(setting=slice(1, None)) if listed else whole.sel(GRID)
    xr.testing.assert_equal(there.isel(runs).transpose(*before.dims), before)


@pytest.mark.parametrize("form", ["nc", "csv", "parquet"])
def test_results_do_not_depend_on_the_size_of_batches(tmp_path, form):
    """Which runs are timed for, and which a store keeps once it is laid out."""

    def numbers(seed, n, l1):
        return {"norm": float(measure(seed, n, l1).norm), "some": seed % 2 == 0}

    content = []
    for batch in (1, 3, 4):
        for replicates, size in ((2, batch), (5, 2)):  # extended by who would choose otherwise
            Sweep(numbers, GRID, replicates, 5, tmp_path / str(batch), Here(), size).run()
        store = Store(tmp_path / str(batch))
        store.load()
        assert store.layout.batch == batch
        export(store, tmp_path / f"{batch}.{form}")
        content.append((tmp_path / f"{batch}.{form}").read_bytes())
    assert content[1:] == content[:1] * 2


def test_a_large_result_stays_on_disk(tmp_path, monkeypatch):
    monkeypatch.setattr(sweeps, "LOADED", 100)
    data = sweep(measure, GRID, 4, 5, tmp_path / "store", Here())
    assert not data.norm.variable._in_memory
    monkeypatch.setattr(sweeps, "LOADED", 10**6)
    assert sweep(measure, GRID, 4, 5, tmp_path / "store", Here()).norm.variable._in_memory
