"""Forces, stages and rebirth switched off: what each switch does."""

import numpy as np
import pytest
import xarray as xr
from validation.experiments.collision_switches import SWITCHES, experiment

from sim import ensemble
from sim.flow import Flow
from theory import Autoencoder
from validation.experiments import collision_switches

SIZE = {"n": 6, "m": 8, "l1": 0.01, "replicates": 12}


@pytest.fixture(scope="module")
def result():
    settings = [{"switch": switch, **SIZE} for switch in SWITCHES]
    measured = [experiment.measure(seed=1, **setting).assign_coords(setting) for setting in settings]
    return xr.concat(measured, "setting", join="outer", coords=list(settings[0]), data_vars="all")


def part(result, switch):
    return result.isel(setting=list(SWITCHES).index(switch))


def test_with_all_forces_it_is_the_flow(result):
    flow = ensemble(Autoencoder(6, 8, 0.01), 12, seed=1)
    counts = part(result, "all forces").polysemantic
    np.testing.assert_array_equal(counts, flow.polysemantic_neurons)


def test_interference_off_is_the_flow_without_it(result):
    flow = ensemble(Autoencoder(6, 8, 0.01), 12, seed=1, forces=("feature_benefit", "l1"))
    positive, negative = ((sign * flow.final > 0).any("feature") for sign in (1, -1))
    expected = (positive & negative).sum("neuron")
    np.testing.assert_array_equal(part(result, "interference off").polysemantic, expected)


def test_frozen_support_only_shrinks():
    model = Autoencoder(6, 8, 0.01)
    flow = Flow(
        model,
        model.initial(np.random.default_rng(0)),
        "splitting",
        ("feature_benefit", "interference", "l1"),
        None,
    )
    before = np.sign(flow.weights)
    collision_switches._frozen(flow)
    after = np.sign(flow.weights)
    assert flow.at_rest()
    assert np.isin(after[after != 0] * before[after != 0], 1).all()


def test_findings_and_figure_follow_the_data(result):
    told = experiment.findings(result)
    other = result.copy(deep=True)
    other["polysemantic"] = other.polysemantic + 1
    assert experiment.findings(other) != told
    assert experiment.figure(other).axes


@pytest.mark.parametrize("kept", [[0], [1, 2], [3]])
def test_findings_take_any_settings(result, kept):
    found = result.isel(setting=kept)
    assert "| " in experiment.findings(found)
    assert experiment.figure(found).axes


def test_no_polysemantic_neurons_are_no_error(result):
    none = result.copy(deep=True)
    none["polysemantic"][:] = 0
    assert "does not decidedly move it" in experiment.findings(none)
