"""Time to sparsity with interference: times, quantiles, distances, and what is said of them."""

import dataclasses

import numpy as np
import pytest
from matplotlib.figure import Figure

from sim import ensemble, sparsify
from sim.replicates import observe
from theory import Autoencoder, sparsification
from validation.experiments import experimenting, time_with_interference as experiment
from validation.experiments.experiment import parts

TINY = [{"n": n, "m": m, "l1": 0.01, "replicates": 6} for n, m in ((4, 8), (6, 8))]


@pytest.fixture(scope="module")
def result():
    patch = pytest.MonkeyPatch()
    tiny = dataclasses.replace(experiment.experiment, settings=lambda full: TINY)
    patch.setattr(experimenting, "experiments", (tiny,))
    yield experimenting.run("time_with_interference", seed=1)
    patch.undo()


def test_without_interference_times_are_exact_to_the_distance_of_looks():
    model = Autoencoder(5, 16, 0.005)
    seen = observe(experiment._watch, model, 3, 2, forces=("feature_benefit", "l1"))
    for child, times in zip(np.random.SeedSequence(2).spawn(3), seen["feature_time"], strict=True):
        for encoding, time in zip(model.initial(np.random.default_rng(child)), times, strict=True):
            exact = sparsify(encoding, model.l1).attrs["time_to_sparsity"] * model.l1
            assert time == pytest.approx(exact, rel=0.03)


def test_the_slowest_feature_makes_the_network(result):
    slowest = result.feature_time.max("feature")
    np.testing.assert_allclose(slowest, result.network_time, rtol=0.011)


def test_the_network_is_that_of_an_ensemble(result):
    times = ensemble(Autoencoder(4, 8, 0.01), 6, seed=1).time_to_sparsity * 0.01
    np.testing.assert_allclose(result.network_time[0], times, rtol=0.1)


@pytest.mark.parametrize("slowest_of", [1, 8])
def test_a_sample_of_the_law_agrees_with_it(slowest_of):
    law = sparsification.time_to_sparsity()
    rng = np.random.default_rng(0)
    times = law.ppf(rng.random((400, 5)) ** (1 / slowest_of))
    median = experiment._over(times, law, slowest_of, 0.5)
    assert median.low < 1 < median.high
    assert median.high - median.low < 0.15
    near, far = (experiment._distance(factor * times, law, slowest_of) for factor in (1, 1.3))
    assert near.low == 0
    assert far.low > 0.1
    assert near.high < far.value


def test_features_that_end_together_are_told_from_independent_ones(result):
    part = next(parts(result))
    together = part.copy(deep=True)
    together["feature_time"] = part.feature_time * 0 + part.feature_time.max("feature")
    assert experiment._independent(together).value == pytest.approx(0.5**4)


def test_findings_and_figure_follow_the_data(result):
    told = experiment.experiment.findings(result)
    other = result.copy(deep=True)
    other["feature_time"] = 2 * other.feature_time
    assert experiment.experiment.findings(other) != told
    assert isinstance(experiment.experiment.figure(result), Figure)
    for kept in ([0], [1]):
        assert experiment.experiment.findings(result.isel(setting=kept))
        assert isinstance(experiment.experiment.figure(result.isel(setting=kept)), Figure)


def test_a_seed_gives_the_same_result(result):
    again = experiment.experiment.measure(seed=1, **TINY[0])
    np.testing.assert_array_equal(again.feature_time, result.feature_time[0, :, :4])
