import numpy as np
import xarray as xr
from validation.experiments.incidental_or_necessary import READERS, TOLD, _counted, _read, experiment

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
    found = told(_counted(PAIRS, np.ones(4, int)), 1)
    assert found["count"]["necessary"] == found["verdict"]["necessary"] == 4
    assert found["signature"]["incidental"] == 4


def test_shuffling_changes_nothing_that_is_seen_of_a_neuron():
    alone, together = _read(ROOMY, PAIRS, np.random.default_rng(0))
    np.testing.assert_array_equal(alone.sum(axis=2), together.sum(axis=2))
    assert told(alone, 0)["verdict"]["incidental"] == told(together, 0)["verdict"]["incidental"] == 1
    assert told(alone, 1)["verdict"]["necessary"] == 4
    assert told(together, 1)["verdict"]["incidental"] == 4
    np.testing.assert_array_equal(alone[2], together[2])


def test_measure_is_the_same_for_the_same_seed_and_findings_follow_the_data():
    setting = {"source": "training", "n": 20, "m": 16, "l1": 0.1, "replicates": 3}
    first, again = (experiment.measure(seed=1, **setting) for _ in range(2))
    xr.testing.assert_equal(first, again)
    part = first.assign_coords(setting)
    result = xr.concat([part], "setting", coords=list(setting), data_vars="all")
    swapped = result.assign(neurons=result.neurons.isel(told=[1, 0, 2]))
    assert experiment.findings(result) != experiment.findings(swapped)
