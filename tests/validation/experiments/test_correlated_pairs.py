"""Correlated pairs: what is counted, and that the findings follow the data."""

import numpy as np
import pytest
import xarray as xr
from validation.experiments.correlated_pairs import experiment

from validation.experiments import correlated_pairs

SIZE = {"n": 4, "m": 4, "l1": 0.05, "replicates": 3}


@pytest.fixture(scope="module")
def result():
    settings = [{"inputs": inputs, "p": 0.2, **SIZE} for inputs in correlated_pairs.KINDS]
    measured = [experiment.measure(seed=1, **setting).assign_coords(setting) for setting in settings]
    return xr.concat(measured, "setting", coords=list(settings[0]), data_vars="all")


def test_sharing_by_signs():
    weights = np.array([[[1.0, 0.0], [-0.9, 0.0], [0.8, 0.0], [0.3, -1.0]]])
    found = correlated_pairs._sharing(weights)
    assert np.argwhere(found["opposite"][0]).tolist() == [[0, 1], [1, 0], [1, 2], [2, 1]]
    assert np.argwhere(found["same"][0]).tolist() == [[0, 2], [2, 0]]


def test_features_always_on_together_end_on_one_neuron(result):
    assert (result.same_pairs.sel(setting=result.inputs == "correlated") == 2).all()


def test_one_seed_one_result(result):
    again = experiment.measure(seed=1, inputs="anticorrelated", p=0.2, **SIZE)
    for name in again:
        np.testing.assert_array_equal(again[name], result[name][2])


def planted(result, **counts):
    """Replace counts of all settings, by replicate."""
    return result.assign(
        {name: (result[name].dims, np.tile(values, (3, 1))) for name, values in counts.items()}
    )


def test_findings_follow_the_data(result):
    often = planted(result, opposite_pairs=[2, 2, 2], opposite_others=[0, 0, 1])
    assert "1.00 [0.54, 1.00] share a neuron with opposite signs" in experiment.findings(often)
    assert experiment.findings(often).count("more often") > 3
    seldom = planted(result, opposite_pairs=[0, 0, 0], opposite_others=[4, 4, 4])
    assert experiment.findings(seldom).count("less often") > 3


def test_nothing_shared_is_no_error(result):
    zero = {name: [0, 0, 0] for name in result.data_vars}
    assert "no two features share a neuron" in experiment.findings(planted(result, **zero))
    experiment.figure(planted(result, **zero))
    for kept in ([0], [-1]):
        assert experiment.findings(result.isel(setting=kept))
