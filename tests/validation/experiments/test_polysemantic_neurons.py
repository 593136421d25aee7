"""The paper's experiment on polysemantic neurons: counts, blocks, order and findings of a part of it."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure
from validation.experiments.claims import polysemantic_neurons as claim

from sim import ensemble
from theory import Autoencoder
from theory.common import schema
from validation.experiments import experimenting, runs
from validation.experiments import polysemantic_neurons as experiment

N, M = 4, 6


def settings(full):
    common = {"n": N, "instances": 2}
    return [
        {"source": s, "m": m, "block": b, **common}
        for s in experiment.SOURCES
        for m in (M, 9)
        for b in (0, 1)
    ]


@pytest.fixture(scope="module")
def result():
    patch = pytest.MonkeyPatch()
    patch.setattr(runs, "STEPS", 300)
    patch.setattr(runs, "PAPER_L1_TRAIN", 0.04)
    fake = dataclasses.replace(experiment.experiment, settings=settings)
    patch.setattr(experimenting, "experiments", (fake,))
    yield experimenting.run("polysemantic_neurons", seed=3)
    patch.undo()


def test_blocks_are_the_instances_of_one_ensemble(result):
    flow = ensemble(Autoencoder.from_training(N, M, 0.04), 4, seed=3)
    found = experiment.counts(result, "simulation", "by_threshold").sel(m=M)
    np.testing.assert_array_equal(found, flow.polysemantic_neurons)
    assert found.run.values.tolist() == [0, 1, 2, 3]


def test_training_begins_with_the_same_weights_as_the_flow():
    model = Autoencoder.from_training(N, M, 0.04)
    patch = pytest.MonkeyPatch()
    patch.setattr(runs, "STEPS", 2)
    initial, final = runs.ends("training", model, 3, 1, 2)
    patch.undo()
    np.testing.assert_array_equal(initial, runs.ends("simulation", model, 3, 1, 2)[0])
    assert 0 < np.abs(final - initial).max() < 0.01


def test_rules_of_counting(monkeypatch):
    final = np.zeros((1, 3, 4))
    final[0, :, 0] = 0.9, -1.1, 0  # both rules
    final[0, :, 1] = 0.9, -0.7, 0  # above 0.5 only
    final[0, :, 2] = 1.3, -1.0, 0.6  # above 0.5 only
    monkeypatch.setattr(runs, "ends", lambda *_: (final, final))
    found = experiment.experiment.measure("training", 3, 4, 0, 1, seed=0)
    assert [found[name].item() for name in experiment.COUNTED] == [1, 3, 2]


def test_full_run_has_the_flow_first_and_then_what_the_paper_was_read_at():
    planned = experiment.experiment.settings(True)
    sources = [setting["source"] for setting in planned]
    assert sources == sorted(sources)
    assert len(planned) == 2 * 16 * 4
    trained = [(setting["m"], setting["block"]) for setting in planned if setting["source"] == "training"]
    assert trained[:6] == [(256, 0), (512, 0), (1024, 0), (2048, 0), (4096, 0), (256, 1)]
    assert len(set(trained)) == 64
    chosen = [setting for setting in planned if claim._chosen(setting)]
    assert sum(setting["source"] == "training" for setting in chosen) == 2


def test_findings_hold_for_any_part_and_follow_the_data(result):
    said = experiment.experiment.findings(result)
    for kept in ([0], [-1], [1, 6], [0, 3, 5]):
        part = result.isel(setting=kept)
        assert experiment.experiment.findings(part) != said
        assert isinstance(experiment.experiment.figure(part), Figure)
    more = result.copy(deep=True)
    more["by_range"] += 1
    assert experiment.experiment.findings(more) != said


def test_networks_without_polysemantic_neurons(result):
    none = result.copy(deep=True)
    none["by_range"] *= 0
    assert "0 [0, 0]" in experiment.experiment.findings(none)
    assert isinstance(experiment.experiment.figure(none), Figure)


def test_time_is_extrapolated_in_proportion_to_the_neurons(result, monkeypatch):
    monkeypatch.setattr(experiment, "_settings", settings)
    part = result.isel(setting=[0, 4]).copy()  # one of four settings trained: 6 of 2 (6 + 9) neurons
    part["seconds"] = ("setting", [10.0, 60.0])
    assert "training 60 s for 1 of its 4 settings" in experiment.experiment.findings(part)
    assert "would take 5 minutes" in experiment.experiment.findings(part)


def test_paper_is_compared_where_it_was_read():
    values = {name: (("setting", "replicate"), [[70.0, 74.0, 71.0]]) for name in experiment.COUNTED}
    coords = {"source": "simulation", "m": 256, "n": 256, "block": 0, "instances": 3}
    paper = schema.dataset(
        values | {"seconds": ("setting", [1.0])},
        source="experiment",
        coords={name: ("setting", [value]) for name, value in coords.items()},
        full=1,
    )
    assert "1 of 1 lie in the intervals of the flow" in experiment.experiment.findings(paper)
    paper["by_range"] += 40
    assert "0 of 1 lie in the intervals of the flow" in experiment.experiment.findings(paper)
    xr.testing.assert_equal(
        experiment.counts(paper, "simulation")[0].drop_vars(("m", "run")),
        paper.by_range[0].drop_vars(list(coords)).rename(replicate="run"),
    )
