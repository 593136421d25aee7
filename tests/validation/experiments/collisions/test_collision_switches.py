"""Forces, stages and rebirth switched off: what each switch does."""

import numpy as np
import pytest
import xarray as xr

from sim import ensemble
from sim.flow import Flow
from theory import Autoencoder, collisions
from validation.experiments.collisions.collision_switches import EXPERIMENTS, OFF, WHOLE, _frozen, measure
from validation.experiments.findings import Findings

SIZE = {"n": 6, "m": 8, "l1": 0.01, "replicates": 12}


def planted(changes, mean=2):
    """Return findings where switches change the count of every run by so much, on average."""
    noise = np.tile([-1, 1], 50)
    parts = []
    for switch, change in {WHOLE: 0, **changes}.items():
        setting = {"switch": switch, "n": 6, "m": 8, "l1": 0.01, "replicates": 100}
        counts = mean + change + noise + np.roll(noise, 1) * (change != 0)
        data = {"polysemantic": ("replicate", counts), "dead": ("replicate", 0 * noise)}
        parts.append(xr.Dataset(data).assign_coords(setting))
    return Findings(EXPERIMENTS[0], xr.concat(parts, "setting", coords=list(setting), data_vars="all"))


def test_with_all_forces_it_is_the_flow():
    flow = ensemble(Autoencoder(6, 8, 0.01), 12, seed=1)
    np.testing.assert_array_equal(measure(WHOLE, **SIZE, seed=1).polysemantic, flow.polysemantic_neurons)


def test_interference_off_is_the_flow_without_it():
    flow = ensemble(Autoencoder(6, 8, 0.01), 12, seed=1, forces=("feature_benefit", "l1"))
    positive, negative = ((sign * flow.final > 0).any("feature") for sign in (1, -1))
    expected = (positive & negative).sum("neuron")
    np.testing.assert_array_equal(measure(OFF, **SIZE, seed=1).polysemantic, expected)


def test_frozen_support_only_shrinks():
    model = Autoencoder(6, 8, 0.01)
    forces = ("feature_benefit", "interference", "l1")
    flow = Flow(model, model.initial(np.random.default_rng(0)), "splitting", forces, None)
    before = np.sign(flow.weights)
    _frozen(flow)
    after = np.sign(flow.weights)
    assert flow.at_rest()
    assert np.isin(after[after != 0] * before[after != 0], 1).all()


def test_changes_are_taken_run_by_run_over_the_law():
    (row,) = planted({OFF: 1})("change", switch=OFF)
    assert row.estimate.value == pytest.approx(1 / collisions.polysemantic_neurons(6, 8).mean())


@pytest.mark.parametrize(("most", "least"), [(OFF, "no rebirth"), ("no rebirth", OFF)])
def test_answer_names_the_switch_that_changes_most_and_says_what_rebirth_changes(most, least):
    findings = planted({most: -2, least: 1})
    told = findings.said(EXPERIMENTS[0].answer)
    assert f"changed most by {most}: by {findings('change', switch=most)[0]} at" in told
    assert f"No rebirth changes it by {findings('change', switch='no rebirth')[0]} at most" in told


def test_only_the_flow_and_no_interference_are_predicted():
    findings = planted({OFF: 0, "no rebirth": 0})
    mean = collisions.polysemantic_neurons(6, 8).mean()
    predicted = {row.setting["switch"]: row.predicted for row in findings("ratio")}
    assert predicted == {WHOLE: 1, OFF: collisions.independent_slots(6, 8) / mean, "no rebirth": None}


def test_the_flow_alone_is_no_error():
    assert planted({}).said(EXPERIMENTS[0].answer) == "Not enough of it has been run to say."
