"""Running experiments: resuming, pages, and findings that follow the data."""

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from theory.common import schema
from validation.experiments import experimenting, experiments
from validation.experiments.experiment import Experiment, parts

RESULTS = Path(__file__).parents[3] / "docs" / "experiments"
CALLS = []


def measure(n, seed):
    CALLS.append(n)
    return xr.Dataset({"value": ("replicate", np.random.default_rng(seed).normal(size=n))})


FAKE = Experiment(
    "fake",
    "Is it?",
    "a test",
    lambda full: [{"n": n} for n in ((2, 3, 4) if full else (2, 3))],
    measure,
    lambda result: Figure(),
    lambda result: f"Mean {[float(part.value.mean()) for part in parts(result)]}.",
)


@pytest.fixture(autouse=True)
def only_fake(monkeypatch):
    CALLS.clear()
    monkeypatch.setattr(experimenting, "experiments", (FAKE, *experiments))


def test_settings_of_different_sizes_lie_side_by_side():
    result = experimenting.run("fake", seed=3)
    assert result.n.values.tolist() == [2, 3]
    assert [part.sizes["replicate"] for part in parts(result)] == [2, 3]
    np.testing.assert_array_equal(result.value[1], np.random.default_rng(3).normal(size=3))


def test_interrupted_run_keeps_what_is_done_and_goes_on(tmp_path, monkeypatch):
    path = tmp_path / "fake.nc"

    def interrupted(n, seed):
        if n == 4:
            raise KeyboardInterrupt
        return measure(n, seed)

    monkeypatch.setattr(
        experimenting, "experiments", (Experiment(**(vars(FAKE) | {"measure": interrupted})),)
    )
    cut = experimenting.run("fake", full=True, path=path)
    assert cut.attrs["missing"] == 1
    assert "stopped with 1 settings left" in experimenting.page(cut)
    monkeypatch.setattr(experimenting, "experiments", (FAKE,))
    CALLS.clear()
    whole = experimenting.run("fake", full=True, path=path)
    assert CALLS == [4]
    assert whole.attrs["missing"] == 0
    fresh = experimenting.run("fake", full=True)
    xr.testing.assert_equal(whole.drop_vars("seconds"), fresh.drop_vars("seconds"))
    xr.testing.assert_equal(schema.load(path), whole)


def test_longer_names_of_later_settings_are_kept(tmp_path, monkeypatch):
    path, names = tmp_path / "fake.nc", ["a", "much longer"]
    settings = [{"name": name} for name in names]

    def interrupted(name, seed):
        if name != "a" and CALLS == ["a"]:
            CALLS.append("stop")
            raise KeyboardInterrupt
        CALLS.append(name)
        return xr.Dataset({"value": ("replicate", [1.0])})

    changed = {"measure": interrupted, "settings": lambda full: settings}
    monkeypatch.setattr(experimenting, "experiments", (Experiment(**(vars(FAKE) | changed)),))
    experimenting.run("fake", path=path)
    experimenting.run("fake", path=path)
    assert schema.load(path).name.values.tolist() == names


def test_interrupted_before_anything_is_done(monkeypatch, tmp_path):
    def interrupted(n, seed):
        raise KeyboardInterrupt

    monkeypatch.setattr(
        experimenting, "experiments", (Experiment(**(vars(FAKE) | {"measure": interrupted})),)
    )
    with pytest.raises(KeyboardInterrupt):
        experimenting.run("fake", path=tmp_path / "new" / "fake.nc")
    assert not list(tmp_path.iterdir())


def test_folder_is_made_with_the_first_result(tmp_path):
    experimenting.run("fake", path=tmp_path / "new" / "fake.nc")
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["fake.nc"]
    CALLS.clear()
    with pytest.raises(ValueError, match=r"^out must be a folder that can be written to"):
        experimenting.run("fake", path=tmp_path / "none" / "new" / "fake.nc")
    assert not CALLS


def test_a_file_of_another_run_is_left_alone(tmp_path):
    path = tmp_path / "fake.nc"
    experimenting.run("fake", path=path)
    before = path.read_bytes()
    with pytest.raises(ValueError, match=r"^out must hold no other run than fake with seed 1"):
        experimenting.run("fake", seed=1, path=path)
    assert path.read_bytes() == before


def test_unknown_name_is_said():
    with pytest.raises(ValueError, match=r"^name must be one of fake"):
        experimenting.run("nonsense")


def committed():
    return [pytest.param(path, id=path.stem) for path in sorted(RESULTS.glob("*.nc"))]


@pytest.mark.parametrize("path", committed())
def test_page_is_what_the_data_say(path):
    page = path.with_suffix(".md").read_text()
    assert page == experimenting.page(schema.load(path)), "polysem experiment writes it"


@pytest.mark.parametrize("path", committed())
def test_findings_change_when_the_data_are_replaced(path):
    result = schema.load(path)
    experiment = experimenting.find(path.stem)
    replaced = result.copy()
    rng = np.random.default_rng(0)
    for name, values in result.data_vars.items():
        if name != "seconds" and values.dtype.kind in "biuf":
            replaced[name] = values.copy(data=rng.permuted(values.values.ravel()).reshape(values.shape))
    assert experiment.findings(replaced) != experiment.findings(result)


@pytest.mark.parametrize("path", committed())
def test_findings_and_figure_hold_for_a_part_of_the_settings(path):
    result = schema.load(path)
    experiment = experimenting.find(path.stem)
    for kept in ([0], [-1]):
        part = result.isel(setting=kept)
        assert experiment.findings(part)
        assert isinstance(experiment.figure(part), Figure)


def test_every_experiment_has_its_answer_in_the_documentation():
    assert {path.stem for path in RESULTS.glob("*.nc")} == {experiment.name for experiment in experiments}
