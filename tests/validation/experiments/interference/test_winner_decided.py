"""The winner: quarters of leads, leads lost early, and runs to compare with."""

import numpy as np
import pytest
import xarray as xr

from sim import ensemble
from theory import Autoencoder
from validation.experiments.findings import Findings
from validation.experiments.interference import winner_decided


def test_winners_are_those_of_ensembles():
    found = winner_decided.measure(6, 8, 0.01, 4, seed=2)
    run = ensemble(Autoencoder(6, 8, 0.01), 4, seed=2)
    np.testing.assert_allclose(found.kept.mean("feature"), run.winner_kept)
    two = np.sort(np.abs(run.initial), axis=-1)[..., -2:]
    np.testing.assert_allclose(found.margin, 1 - two[..., 0] / two[..., 1], rtol=1e-5)


def test_leads_are_read_by_quarters_and_early_losses_among_all():
    margin = np.tile(np.arange(8) / 8, (3, 1))
    result = xr.Dataset(
        {
            "margin": (("replicate", "feature"), margin),
            "kept": (("replicate", "feature"), (margin >= 0.5) * 1.0),
            "kept_later": (("replicate", "feature"), np.ones_like(margin)),
            "overtaken": (("replicate", "feature"), (margin < 0.125) * 1.0),
        }
    )
    found = Findings(
        winner_decided.EXPERIMENTS[0],
        result.expand_dims("setting").assign_coords({"n": ("setting", [8]), "m": ("setting", [16])}),
    )
    assert [found[lead].last.estimate.value for lead in winner_decided.LEADS] == [0, 0, 1, 1]
    assert found["lost_early"].last.estimate.value == pytest.approx(1 / 4)
