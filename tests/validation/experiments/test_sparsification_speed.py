"""The speed of sparsification: what is measured of flow and training, and what is said of it."""

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from sim import sparsify
from theory import sparsification
from validation.experiments import sparsification_speed as speed

SETTING = {"m": 2000, "l1": 1e-4, "encodings": 3}


@pytest.fixture(scope="module")
def measured():
    return speed.experiment.measure(seed=5, **SETTING)


def collected(measured):
    return measured.assign_coords(SETTING).expand_dims("setting").copy()


def test_flow_is_that_of_the_same_initial_weights(measured):
    draws = np.random.SeedSequence(5).spawn(3)
    initial = np.random.default_rng(draws[1]).normal(0, 0.9 * 2000**-0.5, 2000)
    flow = sparsify(initial, 1e-4, measured.time.values)
    found = measured.sel(source="simulation").isel(replicate=1)
    np.testing.assert_allclose(found.l1_norm, flow.l1_norm, rtol=1e-6)
    np.testing.assert_array_equal(found.active, flow.active)


def test_training_takes_the_steps_of_the_paper_and_follows_the_flow(measured):
    assert measured.time[-1] == speed.STEP * speed.STEPS
    late = measured.sel(time=measured.time > 10)
    np.testing.assert_allclose(late.l1_norm[1], late.l1_norm[0], rtol=0.01)


def test_repeats(measured):
    xr.testing.assert_identical(speed.experiment.measure(seed=5, **SETTING), measured)


def test_ratio_and_findings_follow_the_data(measured):
    result = collected(measured)
    part = result.isel(setting=0)
    time = float(part.time[-3])
    theory = sparsification.population(speed.model(part), np.array([time])).l1_norm.item()
    values = part.l1_norm.sel(source="training", time=time)
    assert speed.ratio(part, "training", "l1_norm", time).value == pytest.approx(
        values.mean().item() / theory
    )
    said = speed.experiment.findings(result)
    result.active.loc[{"source": "training"}] *= 1.1
    assert speed.experiment.findings(result) != said
    assert isinstance(speed.experiment.figure(result), Figure)
