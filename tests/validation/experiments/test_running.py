"""Running experiments: one run for all who ask, resuming, and files of other runs."""

import dataclasses

import numpy as np
import pytest
import xarray as xr

from tests.validation.experiments.made_up import experiment
from theory.common import schema
from validation.experiments import page, running
from validation.experiments.findings import Findings, parts
from validation.sweeps.engine import Here, Pool
from validation.sweeps.sweep import Sweep

CALLS = []


def measure(n, seed):
    """Draw n numbers."""
    CALLS.append(n)
    return xr.Dataset({"value": ("replicate", np.random.default_rng(seed).normal(size=n))})


FAKE = experiment(measure=measure, settings=lambda full: [{"n": n} for n in ((2, 3, 4) if full else (2, 3))])


@pytest.fixture(autouse=True)
def afresh():
    CALLS.clear()
    running._measured.cache_clear()


def stopped_at(value):
    def interrupted(n, seed):
        if n == value:
            raise KeyboardInterrupt
        return measure(n, seed)

    return dataclasses.replace(FAKE, measure=interrupted)


def test_settings_of_different_sizes_lie_side_by_side():
    result = running.run(FAKE, seed=3)
    assert result.n.values.tolist() == [2, 3]
    assert [part.sizes["replicate"] for part in parts(result)] == [2, 3]
    np.testing.assert_array_equal(result.value[1], np.random.default_rng(3).normal(size=3))
    assert len(result.attrs["code"]) == 8


def test_experiments_with_the_same_measurement_share_its_runs():
    other = dataclasses.replace(FAKE, name="other", settings=lambda full: [{"n": 3}, {"n": 5}])
    running.run(FAKE)
    running.run(other)
    running.checked(FAKE, 0, full=True)
    assert CALLS == [2, 3, 5, 4]
    running.checked(FAKE, 1, full=False)
    assert CALLS == [2, 3, 5, 4, 2, 3]


def test_a_page_is_checked_at_its_small_size_unless_it_says_which_full_settings():
    paged = dataclasses.replace(FAKE, answer=lambda found: "So.")
    assert running.checked(FAKE, 0, full=True).n.values.tolist() == [2, 3, 4]
    assert running.checked(paged, 0, full=True).n.values.tolist() == [2, 3]
    chosen = dataclasses.replace(paged, in_check=lambda setting: setting["n"] > 2)
    assert running.checked(chosen, 0, full=True).n.values.tolist() == [3, 4]
    assert running.checked(chosen, 0, full=False).n.values.tolist() == [2, 3]


def test_interrupted_run_keeps_what_is_done_and_goes_on(tmp_path):
    path = tmp_path / "fake.nc"
    cut = running.run(stopped_at(4), full=True, path=path)
    assert cut.attrs["missing"] == 1
    assert "stopped with 1 settings left" in page.page(Findings(FAKE, cut))
    CALLS.clear()
    running._measured.cache_clear()
    whole = running.run(FAKE, full=True, path=path)
    assert CALLS == [4]
    assert whole.attrs["missing"] == 0
    fresh = running.run(FAKE, full=True)
    xr.testing.assert_equal(whole.drop_vars("seconds"), fresh.drop_vars("seconds"))
    xr.testing.assert_equal(schema.load(path), whole)


def test_what_is_read_again_names_the_code_that_measured(tmp_path):
    path = tmp_path / "made_up.nc"
    measured = running.run(FAKE, path=path)
    other = dataclasses.replace(FAKE, measure=lambda n, seed: measure(n, seed))
    again = running.run(other, path=path)
    assert CALLS == [2, 3]
    assert again.attrs == measured.attrs


def test_longer_names_of_later_settings_are_kept(tmp_path):
    path, names = tmp_path / "fake.nc", ["a", "much longer"]

    def interrupted(name, seed):
        if name != "a" and CALLS == ["a"]:
            CALLS.append("stop")
            raise KeyboardInterrupt
        CALLS.append(name)
        return xr.Dataset({"value": ("replicate", [1.0])})

    made = experiment(measure=interrupted, settings=lambda full: [{"name": name} for name in names])
    running.run(made, path=path)
    running.run(made, path=path)
    assert schema.load(path).name.values.tolist() == names


def test_interrupted_before_anything_is_done(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        running.run(stopped_at(2), path=tmp_path / "new" / "fake.nc")
    assert not list(tmp_path.rglob("fake*"))


def test_folder_is_made_with_the_first_result(tmp_path):
    running.run(FAKE, path=tmp_path / "new" / "fake.nc")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["fake.nc"]
    CALLS.clear()
    with pytest.raises(ValueError, match=r"^out must be a folder that can be written to"):
        running.run(FAKE, path=tmp_path / "none" / "new" / "fake.nc")
    assert not CALLS


def test_a_setting_that_fails_leaves_the_others_in_the_store(tmp_path):
    path, well = tmp_path / "fake.nc", []

    def fails(n, seed):
        if n == 2 and not well:
            raise ZeroDivisionError("for once")
        return measure(n, seed)

    made = dataclasses.replace(FAKE, measure=fails)
    with pytest.raises(ZeroDivisionError, match="for once"):
        running.run(made, path=path)
    assert CALLS == [3]
    assert [entry.name for entry in tmp_path.iterdir()] == ["fake.zarr"]
    well.append(True)
    result = running.run(made, path=path)
    assert CALLS == [3, 2]
    assert result.n.values.tolist() == [2, 3]
    assert [entry.name for entry in tmp_path.iterdir()] == ["fake.nc"]


def test_a_store_that_a_kill_has_left_is_removed_and_no_other(tmp_path):
    """Killed between the file and the removal; a store of somebody else is not touched."""
    path, store = tmp_path / "made_up.nc", tmp_path / "made_up.zarr"
    running.run(FAKE, path=path)
    for other in (False, True):
        left = (lambda seed, n: {"x": n}) if other else running.Afresh(measure, 0)
        Sweep(left, [{"n": 2}], None, 0, store, Here()).run()
        running.run(FAKE, path=path)
        assert store.exists() == other
    path.unlink()
    with pytest.raises(ValueError, match=r"^out must lead to a store that can go on: store must hold "):
        running.run(FAKE, path=path)
    assert store.exists()


def test_worker_processes_measure_the_same():
    pool = Pool(1)
    try:
        there = running.run(FAKE, seed=3, executor=pool)
    finally:
        pool.close()
    here = running.run(FAKE, seed=3)
    xr.testing.assert_identical(there.drop_vars("seconds"), here.drop_vars("seconds"))


def test_a_file_of_another_run_is_left_alone(tmp_path):
    path = tmp_path / "made_up.nc"
    running.run(FAKE, path=path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"^out must hold no other run than made_up with seed 1"):
        running.run(FAKE, seed=1, path=path)
    assert path.read_bytes() == before
