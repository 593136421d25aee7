"""Fourth norms under noise: the three ways to follow them, and what is said of them."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from theory import noise
from theory.noise import drift, fourth_norm
from validation.experiments import experimenting
from validation.experiments import fourth_norm as experiment

SIZE = {"instances": 2, "std": 0.15}


@pytest.fixture(autouse=True, scope="module")
def short():
    patch = pytest.MonkeyPatch()
    patch.setattr(experiment, "STEPS", 500)
    patch.setattr(experiment, "LOOKS", 5)
    yield
    patch.undo()


def measure(source, law, seed=0):
    return experiment.experiment.measure(source=source, law=law, seed=seed, **SIZE)


@pytest.fixture(scope="module")
def result():
    planned = [
        {"source": source, "law": law, "std": 0.15, "instances": 2}
        for source in experiment.SOURCES
        for law in experiment.LAWS
        if (source, law) != ("simulation", "signs")  # each noise is compiled anew for the flow
    ]
    fake = dataclasses.replace(experiment.experiment, settings=lambda full: planned)
    patch = pytest.MonkeyPatch()
    patch.setattr(experimenting, "experiments", (fake,))
    yield experimenting.run("fourth_norm")
    patch.undo()


def test_all_begin_with_the_same_weights_and_end_at_the_same_time(result):
    initial = experiment.initial_weights(2, 0)
    norms = (initial**4).sum(axis=-1).mean(axis=-1)
    for source in ("training", "simulation", "theory"):
        found = measure(source, "gaussian")
        np.testing.assert_allclose(found.fourth_norm[:, 0], norms, rtol=1e-6)
        assert found.time[-1] * experiment.STEPS_PER_TIME == 500


def test_exact_average_is_that_of_the_theory():
    found = measure("theory", "gaussian")
    start = experiment.initial_weights(2, 0)[1]
    run = fourth_norm.averaged(start, found.time.values, lambda W: noise.force(W, 0.15))
    np.testing.assert_allclose(found.fourth_norm[1], run.fourth_norm.mean("feature"), rtol=1e-5)
    direction = (run.fourth_norm / run.l2_norm**4).mean("feature")
    np.testing.assert_allclose(found.of_direction[1], direction, rtol=1e-5)


def test_flow_and_training_follow_the_average_over_gaussian_noise():
    exact, flow, trained = (measure(source, "gaussian") for source in ("theory", "simulation", "training"))
    np.testing.assert_allclose(flow.fourth_norm, exact.fourth_norm, atol=2e-3)
    np.testing.assert_allclose(trained.fourth_norm[:, -1], exact.fourth_norm[:, -1], atol=0.03)


def test_training_is_fresh_between_looks_and_repeats():
    one = measure("training", "signs")
    xr.testing.assert_identical(one, measure("training", "signs"))
    assert (one.fourth_norm != measure("training", "gaussian").fourth_norm).any()
    assert (one.fourth_norm != measure("training", "signs", seed=1).fourth_norm).all()


def test_closed_form_starts_from_the_directions():
    found = measure("closed form", "signs")
    np.testing.assert_allclose(
        found.fourth_norm[:, 0], measure("theory", "signs").of_direction[:, 0], rtol=1e-5
    )
    assert (found.fourth_norm[:, -1] > found.fourth_norm[:, 0]).all()


def course(*values):
    times = np.arange(len(values[0])) / experiment.STEPS_PER_TIME
    return xr.Dataset({"fourth_norm": (("replicate", "time"), np.array(values))}, {"time": times})


def test_crossing_is_the_geometric_mean_over_runs():
    found = experiment.crossing(course([0.15, 0.35, 0.5, 0.5], [0.1, 0.1, 0.2, 0.3]))
    assert found.value == pytest.approx((0.5 * 2.5) ** 0.5)
    assert experiment.crossing(course([0.15, 0.35], [0.1, 0.2])) is None
    assert experiment.crossing(course([0.3, 0.35], [0.3, 0.4])) is None


def test_findings_hold_for_any_part_and_follow_the_data(result):
    said = experiment.experiment.findings(result)
    floor = drift.of_random_direction(16)
    assert f"{floor:.3f}" in said
    for kept in ([0], [-1], [1, 4]):
        part = result.isel(setting=kept)
        assert experiment.experiment.findings(part)
        assert isinstance(experiment.experiment.figure(part), Figure)
    sparse, dense = result.copy(deep=True), result.copy(deep=True)
    sparse["fourth_norm"][:] = 0.9
    dense["fourth_norm"][:] = 0.1
    assert "ends at 0.9 [0.9, 0.9]: sparse" in experiment.experiment.findings(sparse)
    assert "ends at 0.1 [0.1, 0.1]: dense" in experiment.experiment.findings(dense)
