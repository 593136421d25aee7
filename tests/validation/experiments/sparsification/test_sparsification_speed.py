"""The speed of sparsification: what is measured of flow and training, and what is read off it."""

import numpy as np
import pytest
import xarray as xr

from sim import sparsify
from theory import Autoencoder, sparsification
from validation.experiments.findings import Findings
from validation.experiments.sparsification import sparsification_speed as speed

(EXPERIMENT,) = speed.EXPERIMENTS
SETTING = {"m": 2000, "l1": 1e-4, "encodings": 3}


@pytest.fixture(scope="module")
def measured():
    return speed.measure(seed=5, **SETTING)


def found(measured):
    return Findings(EXPERIMENT, measured.assign_coords(SETTING).expand_dims("setting").copy())


def test_flow_is_that_of_the_same_initial_weights(measured):
    draws = np.random.SeedSequence(5).spawn(3)
    initial = np.random.default_rng(draws[1]).normal(0, 0.9 * 2000**-0.5, 2000)
    flow = sparsify(initial, 1e-4, measured.time.values)
    run = measured.sel(source="simulation").isel(replicate=1)
    np.testing.assert_allclose(run.l1_norm, flow.l1_norm, rtol=1e-6)
    np.testing.assert_array_equal(run.active, flow.active)


def test_training_takes_the_steps_of_the_paper_and_follows_the_flow(measured):
    assert measured.time[-1] == speed.STEP * speed.STEPS
    late = measured.sel(time=measured.time > 10)
    np.testing.assert_allclose(late.l1_norm[1], late.l1_norm[0], rtol=0.01)


def made_up(factor):
    """Return courses that are `factor` times the population limit, give or take a per mille."""
    times = np.geomspace(1, 1e4, 41)
    limit = sparsification.population(Autoencoder(1, 2000, 1e-4, 0.9 * 2000**-0.5), times)
    luck = factor * np.array([0.999, 1.0, 1.001] * 2).reshape(2, 3, 1)
    return xr.Dataset(
        {name: (("source", "replicate", "time"), luck * limit[name].values) for name in speed.LABELS},
        {"source": list(speed.SOURCES), "time": times},
    )


def test_quantities_are_over_the_limit():
    right, wrong = found(made_up(1.0)), found(made_up(1.1))
    late = {name: right(f"{name}_training") for name in speed.LABELS}
    for name, rows in late.items():  # gradient descent does not count small weights early
        assert {row.predicted is not None for row in rows if row["time"] >= speed.COUNTED[name]} == {True}
        assert {row.predicted is not None for row in rows if row["time"] < speed.COUNTED[name]} == {False}
    for data, factor, agree in ((right, 1.0, True), (wrong, 1.1, False)):
        predicted = [row for row in data.rows if row.predicted is not None]
        np.testing.assert_allclose([row.ratio.value for row in predicted], factor, rtol=1e-6)
        assert {row.agrees for row in predicted} == {agree}
    assert "active_simulation" in {row.name for row in right.rows}
