"""Planted collisions: what is planted, what becomes of it, and what is said of it."""

import numpy as np
import pytest
import xarray as xr
from validation.experiments.collision_course import experiment, put

from sim.replicates import observe
from theory import Autoencoder
from validation.experiments import collision_course

SIZE = {"n": 2, "m": 8, "l1": 0.01, "replicates": 40}


@pytest.fixture(scope="module")
def result():
    settings = [
        {"place": place, "plant": plant, **SIZE, "n": 3}
        for place in collision_course.PLACES
        for plant in collision_course.PLANTS
    ]
    measured = [experiment.measure(seed=1, **setting).assign_coords(setting) for setting in settings]
    return xr.concat(measured, "setting", join="outer", coords=list(settings[0]), data_vars="all")


def test_put_lets_two_weights_change_places():
    encoding = np.array([0.1, -0.9, 0.3])
    put(encoding, 2, -1)
    assert encoding.tolist() == [0.1, 0.3, -0.9]
    put(encoding, 2, 1)
    assert encoding.tolist() == [0.1, 0.3, 0.9]


def test_two_features_of_opposite_sign_always_stay():
    found = experiment.measure("favourite", "opposite", **SIZE, seed=0)
    assert found.both.values.all()


def test_two_features_of_the_same_sign_never_both_stay():
    found = experiment.measure("favourite", "same", **SIZE, seed=0)
    assert not found.both.values.any()


def test_without_planting_it_is_the_plain_flow():
    def look(flow):
        first = np.abs(flow.weights[0]).argmax()
        sign = np.sign(flow.weights[0, first])
        flow.settle()
        return {"mover": flow.weights[0, first] * sign > 0.5}

    plain = observe(look, Autoencoder(2, 8, 0.01), 40, 0)
    np.testing.assert_array_equal(
        experiment.measure("favourite", "none", **SIZE, seed=0).mover, plain["mover"]
    )


def test_findings_and_figure_follow_the_data(result):
    told = experiment.findings(result)
    other = result.copy(deep=True)
    other["mover"] = 1 - other.mover
    assert experiment.findings(other) != told
    assert experiment.figure(other).axes


@pytest.mark.parametrize("kept", [[0], [1, 3], [5]])
def test_findings_take_any_settings(result, kept):
    part = result.isel(setting=kept)
    assert "| " in experiment.findings(part)
    assert experiment.figure(part).axes


def test_nothing_that_stays_is_no_error(result):
    none = result.copy(deep=True)
    for name in collision_course.OUTCOMES:
        none[name][:] = 0
    assert "not decidedly otherwise" in experiment.findings(none)
