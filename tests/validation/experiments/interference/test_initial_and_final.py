"""Initial against final encodings: inner products, winners, and what is said of them."""

import numpy as np
import pytest
import xarray as xr

from validation.experiments import networks
from validation.experiments.findings import Findings
from validation.experiments.interference import initial_and_final

(EXPERIMENT,) = initial_and_final.EXPERIMENTS
N, M = 5, 12


def measured(monkeypatch, final_of):
    """Return findings where `final_of` gives final encodings from the source and initial encodings."""
    initial = np.random.default_rng(0).normal(size=(2, N, M))
    monkeypatch.setattr(networks, "ends", lambda source, *_: (initial, final_of(source, initial)))
    parts = [
        initial_and_final.measure(source, N, M, 0, 2, seed=0).assign_coords(source=source, n=N, m=M, block=0)
        for source in ("simulation", "training")
    ]
    return initial, Findings(EXPERIMENT, xr.concat(parts, "setting", coords=["source", "n", "m", "block"]))


def winning(initial, rank):
    """Return final encodings where the weight of that rank of size is left, at its size without others."""
    sizes = np.abs(initial)
    chosen = np.sort(sizes, axis=-1)[..., -1 - rank, None]
    return initial_and_final.FINAL * np.sign(initial) * (sizes == chosen)


def test_without_interference_the_prediction_is_exact(monkeypatch):
    _, found = measured(monkeypatch, lambda source, initial: winning(initial, 0))
    assert [row.ratio.value for row in found("own")] == pytest.approx([1, 1], rel=1e-5)
    assert [row.estimate.value for row in found("won")] == [1, 1]
    assert found("alike")[0].estimate.value == 1


def test_ranks_and_signs_are_told_apart(monkeypatch):
    ranks = {"simulation": 0, "training": 6}
    initial, found = measured(monkeypatch, lambda source, initial: winning(initial, ranks[source]))
    assert [row.estimate.value for row in found("won")] == [1, 0]
    assert found("alike")[0].estimate.value == 0
    seventh = np.sort(np.abs(initial), axis=-1)[..., -7].mean()
    assert found("own")[1].estimate.value == pytest.approx(initial_and_final.FINAL * seventh, rel=1e-5)
