"""Incidental or necessary: what readers say of networks that are known."""

import numpy as np
import pytest
import xarray as xr

from validation.experiments.collisions.incidental_or_necessary import (
    EXPERIMENTS,
    READERS,
    TOLD,
    counted,
    measure,
    read,
)
from validation.experiments.findings import Findings

PAIRS = np.concatenate([np.eye(4), -np.eye(4)])  # eight features on four neurons
ROOMY = np.zeros((5, 12))
ROOMY[0, 0], ROOMY[1, 0] = 1, -1
ROOMY[2:, 1:4] = np.eye(3)


def told(counts, truth):
    return {
        reader: dict(zip(TOLD, row[truth].tolist(), strict=True))
        for reader, row in zip(READERS, counts, strict=True)
    }


def test_a_needy_network_alone():
    found = told(counted(PAIRS, np.ones(4, int)), 1)
    assert found["count"]["necessary"] == found["verdict"]["necessary"] == 4
    assert found["signature"]["incidental"] == 4


def test_shuffling_changes_nothing_that_is_seen_of_a_neuron():
    alone, together = read(ROOMY, PAIRS, np.random.default_rng(0))
    np.testing.assert_array_equal(alone.sum(axis=2), together.sum(axis=2))
    assert told(alone, 0)["verdict"]["incidental"] == told(together, 0)["verdict"]["incidental"] == 1
    assert told(alone, 1)["verdict"]["necessary"] == 4
    assert told(together, 1)["verdict"]["incidental"] == 4
    np.testing.assert_array_equal(alone[2], together[2])


def findings_of(right):
    """Return findings where each reader tells so large a share of 100 neurons of each kind, and of pairs."""
    counts = np.zeros((1, 2, 3, 2, 3), int)
    for (reader, kind), share in right.items():
        counts[0, :, reader, kind, kind], counts[0, :, reader, kind, 1 - kind] = share, 100 - share
    setting = {"source": "training", "n": 20, "m": 16, "l1": 0.02, "replicates": 1}
    dims = ("replicate", "context", "reader", "truth", "told")
    part = xr.Dataset({"neurons": (dims, counts)}).assign_coords(setting)
    return Findings(EXPERIMENTS[0], xr.concat([part], "setting", coords=list(setting), data_vars="all"))


def test_accuracy_is_the_mean_of_both_kinds():
    findings = findings_of({(0, 0): 100, (0, 1): 0, (1, 0): 90, (1, 1): 80, (2, 0): 70, (2, 1): 50})
    values = [findings(f"{reader}_alone")[0].estimate.value for reader in READERS]
    assert values == pytest.approx([0.5, 0.85, 0.6])
    told = findings.said(EXPERIMENTS[0].answer)
    assert f"{findings('verdict_shuffled')[0]} by verdict" in told


def test_lone_pairs_are_those_that_the_signature_calls_incidental():
    findings = findings_of({(r, k): 70 if k == 0 else 40 for r in range(3) for k in range(2)})
    assert findings("lone_incidental")[0].estimate.value == 0.7
    assert findings("lone_necessary")[0].estimate.value == 0.6


def test_measure_counts_each_neuron_once_for_every_reader_and_context():
    found = measure("simulation", 20, 16, 0.1, 2, seed=1)
    by_kind = found.neurons.sum("told")
    assert (by_kind == by_kind.isel(context=0, reader=0)).all()
    assert (by_kind.isel(truth=1) <= 16).all()
