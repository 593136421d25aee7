"""The paper's experiment on polysemantic neurons: counts, blocks and the order of its settings."""

import numpy as np
import pytest
import xarray as xr

from sim import ensemble
from theory import Autoencoder, collisions
from validation.experiments import networks
from validation.experiments.collisions import polysemantic_neurons as experiment
from validation.experiments.findings import Findings

(EXPERIMENT,) = experiment.EXPERIMENTS
N, M = 4, 6


def test_blocks_are_the_instances_of_one_ensemble():
    model = Autoencoder.from_training(N, M, 0.04)
    flow = ensemble(model, 4, seed=3)
    ends = [networks.ends("simulation", model, 3, block, 2) for block in (0, 1)]
    np.testing.assert_array_equal(np.concatenate([final for _, final in ends]), flow.final)
    np.testing.assert_array_equal(np.concatenate([initial for initial, _ in ends]), flow.initial)


def test_training_begins_with_the_same_weights_as_the_flow(monkeypatch):
    monkeypatch.setitem(networks.SCHEDULES, "adamw", (2, 1e-3))
    model = Autoencoder.from_training(N, M, 0.04)
    initial, final = networks.ends("training", model, 3, 1, 2)
    np.testing.assert_array_equal(initial, networks.ends("simulation", model, 3, 1, 2)[0])
    assert 0 < np.abs(final - initial).max() < 0.01  # two steps of Adam move a weight by at most 2 rates each


def test_rules_of_counting(monkeypatch):
    final = np.zeros((1, 3, 4))
    final[0, :, 0] = 0.9, -1.1, 0  # both rules
    final[0, :, 1] = 0.9, -0.7, 0  # above 0.5 only
    final[0, :, 2] = 1.3, -1.0, 0.6  # above 0.5 only
    monkeypatch.setattr(experiment, "ends", lambda *_: (final, final))
    found = experiment.measure("training", 3, 4, 0, 1, seed=0)
    assert [found[name].item() for name in ("by_range", "by_threshold", "settled")] == [1, 3, 2]


def test_full_run_has_the_flow_first_and_then_what_the_paper_was_read_at():
    planned = EXPERIMENT.settings(True)
    sources = [setting["source"] for setting in planned]
    assert sources == sorted(sources)
    assert len(planned) == 2 * 16 * 4
    trained = [(setting["m"], setting["block"]) for setting in planned if setting["source"] == "training"]
    assert trained[:6] == [(256, 0), (512, 0), (1024, 0), (2048, 0), (4096, 0), (256, 1)]
    assert len(set(trained)) == 64
    chosen = [setting for setting in planned if EXPERIMENT.in_check(setting)]
    assert sum(setting["source"] == "training" for setting in chosen) == 2


def result(flow, trained, m=256, n=256):
    """Return counts of flow and training, in two blocks each, the second one first."""
    parts = []
    for source, counts in (("simulation", flow), ("training", trained)):
        for block in (1, 0):
            half = np.array(counts, float)[2 * block : 2 * block + 2]
            variables = dict.fromkeys(("by_range", "by_threshold", "settled"), ("replicate", half))
            setting = {"source": source, "m": m, "n": n, "block": block, "instances": 2}
            parts.append(xr.Dataset(variables, {"replicate": [0, 1]} | setting))
    return xr.concat(parts, "setting", coords=["source", "m", "n", "block", "instances"], data_vars="all")


def test_runs_of_both_sources_are_paired_across_blocks():
    found = Findings(EXPERIMENT, result([70, 75, 80, 85], [71, 76, 81, 86]))
    (difference,) = found("difference")
    assert (difference.estimate.low, difference.estimate.value, difference.estimate.high) == (1, 1, 1)
    assert difference.side == "above"
    assert "as many as the flow at 0 of 1 sizes" in found.said(EXPERIMENT.meaning)
    crossed = Findings(EXPERIMENT, result([70, 75, 80, 85], [86, 81, 76, 71]))
    assert crossed("difference")[0].estimate.value == 1
    assert crossed("difference")[0].side == "not decided"


def test_counts_are_held_against_the_law_and_where_it_was_read_the_plot():
    found = Findings(EXPERIMENT, result([70, 71, 73, 74], [30, 31, 33, 34]))
    flow, trained = found("count")
    assert flow.predicted == collisions.polysemantic_neurons(256, 256).mean()
    assert flow.estimate.value == 72
    assert [row.predicted for row in found("paper")] == [72, 72]
    assert [row.as_expected for row in found("paper")] == [True, False]
    assert trained.side == "below"
    assert not Findings(EXPERIMENT, result([5, 6, 7, 8], [5, 6, 7, 8], m=300))("paper")
    assert not Findings(EXPERIMENT, result([5, 6, 7, 8], [5, 6, 7, 8], n=64))("paper")


def test_networks_without_polysemantic_neurons():
    found = Findings(EXPERIMENT, result([0] * 4, [0] * 4))
    assert [f"{row}" for row in found("count")] == ["0", "0"]


@pytest.mark.parametrize("kept", [[0], [3], [0, 2]])
def test_a_difference_needs_both_sources(kept):
    part = result([1, 2, 3, 4], [2, 3, 4, 5]).isel(setting=kept)
    both = set(part.source.values) == {"simulation", "training"}
    assert len(Findings(EXPERIMENT, part)("difference")) == both
