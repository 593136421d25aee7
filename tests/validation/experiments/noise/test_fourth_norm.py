"""Fourth norms under noise: the four ways to follow them, and what is read off."""

import numpy as np
import pytest
import xarray as xr

from theory import noise
from theory.noise import fourth_norm as theory
from validation.experiments.draws import draws
from validation.experiments.findings import Findings
from validation.experiments.noise import followed, fourth_norm as experiment

(EXPERIMENT,) = experiment.EXPERIMENTS
TIMES = np.linspace(0.0, 500 / followed.STEPS_PER_TIME, 6)


@pytest.fixture(autouse=True, scope="module")
def short():
    patch = pytest.MonkeyPatch()
    patch.setattr(followed, "STEPS", 500)
    patch.setattr(followed, "LOOKS", 5)
    patch.setattr(followed, "TIMES", TIMES)
    patch.setattr(experiment, "TIMES", TIMES)
    yield
    patch.undo()


def measure(source, law, seed=0):
    return experiment.measure(source=source, law=law, std=0.15, instances=2, seed=seed)


def starts():
    return np.array([followed.MODEL.initial(rng) for rng in draws(0, 2)])


def test_all_begin_with_the_same_weights():
    norms = (starts() ** 4).sum(axis=-1).mean(axis=-1)
    for source in ("training", "simulation", "theory"):
        np.testing.assert_allclose(measure(source, "gaussian").fourth_norm[:, 0], norms, rtol=1e-6)


def test_exact_average_is_that_of_the_theory():
    found = measure("theory", "gaussian")
    run = theory.averaged(starts()[1], found.time.values, lambda W: noise.force(W, 0.15))
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
    start = measure("theory", "signs").of_direction[:, 0]
    np.testing.assert_allclose(found.fourth_norm[:, 0], start, rtol=1e-5)
    assert (found.fourth_norm[:, -1] > found.fourth_norm[:, 0]).all()


def found(signs, gaussian, exact=0.8, std=0.15):
    """Return what is found if mean fourth norms end at these values."""
    ends = {("training", "signs"): signs, ("training", "gaussian"): gaussian, ("theory", "signs"): exact}
    luck = np.array([-0.001, 0, 0.001])
    parts = []
    for (source, law), end in ends.items():
        course = np.stack([np.full(3, 0.2), end + luck], axis=1)
        variables = dict.fromkeys(("fourth_norm", "of_direction"), (("replicate", "time"), course))
        setting = {"source": source, "law": law, "std": std, "instances": 3}
        parts.append(xr.Dataset(variables, {"time": [0.0, 1.0], "replicate": [0, 1, 2]} | setting))
    result = xr.concat(parts, "setting", coords=["source", "law", "std", "instances"], data_vars="all")
    return Findings(EXPERIMENT, result)


def test_what_is_held_against_what():
    right = found(0.8, 3 / 18)
    (exact,), (directions,) = right("exact"), right("directions")
    assert exact.predicted == pytest.approx(0.8)
    assert directions.predicted == pytest.approx(3 / 18)
    assert exact.agrees
    assert directions.agrees
    assert [row.as_expected for row in right("paper")] == [True, True]
    wrong = found(0.6, 0.3)
    assert [wrong(name)[0].side for name in ("exact", "directions")] == ["below", "above"]
    assert [row.as_expected for row in wrong("paper")] == [False, False]
    assert [row.estimate.value for row in wrong("gap")] == [pytest.approx(0.2)]


def test_answer_follows_the_data():
    said = found(0.8, 0.2).said(EXPERIMENT.answer)
    assert said.startswith("At σ = 0.15 the mean fourth norm of encodings ends at 0.8000 [")
    assert "under random signs and at 0.2000 [" in said
    assert "ends at 0.3000 [" in found(0.3, 0.2).said(EXPERIMENT.answer)
