"""Incidental or necessary: what is redrawn, what is seen, and what readers make of it."""

import numpy as np
import pytest
import xarray as xr

from theory import Autoencoder
from validation.experiments.collisions import incidental_or_necessary as experiment
from validation.experiments.collisions.evidence import HISTORY, evidence, foretold
from validation.experiments.findings import Findings

(EXPERIMENT,) = experiment.EXPERIMENTS
SETTING = {"source": "simulation", "n": 8, "m": 8, "l1": 0.1, "replicates": 6}


def test_only_the_features_of_the_neuron_are_redrawn():
    model = Autoencoder(4, 6, 0.1)
    start = model.initial(np.random.default_rng(0))
    mine = np.array([True, False, True, False])
    again = experiment._redrawn(model, start, mine, np.random.default_rng(1))
    assert again.shape == (experiment.REDRAWS, 4, 6)
    np.testing.assert_array_equal(again[:, ~mine], np.broadcast_to(start[~mine], again[:, ~mine].shape))
    assert (again[:, mine] != start[mine]).all()
    assert len(np.unique(again[:, 0, 0])) == experiment.REDRAWS


def test_evidence_of_a_pair():
    start = np.array([[0.5, 0.2, 0.1], [0.1, 0.9, 0.2], [0.8, 0.1, 0.2]])
    early = np.array([[0.6, 0.8, 0.0], [0.0, 1.0, 0.0], [0.9, 0.0, 0.1]])
    final = np.array([[0.9, 0.0, 0.0], [-0.8, 0.0, 0.0], [0.0, 0.9, 0.0]])
    seen = evidence(start, early, final, 0)
    assert tuple(seen) == HISTORY
    assert (seen["on"], seen["shared"], seen["empty"], seen["verdict"]) == (2, 0, 0.5, 0)
    assert seen["difference"] == pytest.approx(0.1)
    assert seen["rank_at_start"] == pytest.approx((np.log(1) + np.log(3)) / 2)
    assert (seen["suitors_at_start"], seen["suitors_early"]) == (1, 1)
    assert seen["share_early"] == pytest.approx(0.36 / 2)


def test_networks_are_foretold_by_others():
    rng = np.random.default_rng(0)
    seen = rng.normal(size=(40, 3))
    stays = np.broadcast_to(seen[:, :1] + 2, (40, 4))
    np.testing.assert_allclose(foretold(seen, stays) - seen[:, 0], -seen[:, 0].mean())
    noise = rng.normal(size=(40, 1))
    assert np.corrcoef(foretold(seen, np.broadcast_to(noise, (40, 4))), noise[:, 0])[0, 1] < 0.4


def test_measure_counts_again_after_redrawing():
    found = experiment.measure(**SETTING, seed=0)
    again = experiment.measure(**SETTING, seed=0)
    xr.testing.assert_identical(found, again)
    assert found.sizes["redraw"] == experiment.REDRAWS
    assert 0 < found.sizes["replicate"] <= SETTING["replicates"]
    assert np.isin(found.stays, (0, 1)).all()
    assert (found.seen.sel(evidence="on") >= 2).all()


def test_readers_are_scored_by_what_stayed():
    rng = np.random.default_rng(1)
    stays = (np.arange(40)[:, None] % 2 == 0) & np.ones((40, experiment.REDRAWS), bool)
    seen = rng.normal(size=(40, len(HISTORY)))
    seen[:, 0] = stays[:, 0]
    part = xr.Dataset(
        {"stays": (("replicate", "redraw"), stays.astype(float)), "seen": (("replicate", "evidence"), seen)}
        | {"change": ("replicate", np.zeros(40))},
        {"evidence": list(HISTORY)},
    ).assign_coords(SETTING)
    found = Findings(EXPERIMENT, xr.concat([part], "setting", coords=list(SETTING), data_vars="all"))
    assert [found(name).first.estimate.value for name in ("on", "final", "history", "redraws")] == [1] * 4
    assert found("shared").first.estimate.low < 0.5 < found("shared").first.estimate.high
    assert found("stays").first.estimate.value == 0.5
