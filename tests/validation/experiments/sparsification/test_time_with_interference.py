"""Time to sparsity with interference: times, quantiles, distances, and what is said of them."""

import numpy as np
import pytest
import xarray as xr

from sim import ensemble, sparsify
from sim.replicates import observe
from theory import Autoencoder, sparsification
from validation.experiments.sparsification import time_with_interference as experiment


@pytest.fixture(scope="module")
def part():
    return experiment.measure(4, 8, 0.01, 6, seed=1)


@pytest.mark.slow
def test_without_interference_times_are_exact_to_the_distance_of_looks():
    model = Autoencoder(5, 16, 0.005)
    seen = observe(experiment._watch, model, 3, 2, forces=("feature_benefit", "l1"))
    for child, times in zip(np.random.SeedSequence(2).spawn(3), seen["feature_time"], strict=True):
        for encoding, time in zip(model.initial(np.random.default_rng(child)), times, strict=True):
            exact = sparsify(encoding, model.l1).attrs["time_to_sparsity"] * model.l1
            assert time == pytest.approx(exact, rel=0.03)


def test_the_slowest_feature_makes_the_network(part):
    slowest = part.feature_time.max("feature")
    np.testing.assert_allclose(slowest, part.network_time, rtol=0.011)


def test_the_network_is_that_of_an_ensemble(part):
    times = ensemble(Autoencoder(4, 8, 0.01), 6, seed=1).time_to_sparsity * 0.01
    np.testing.assert_allclose(part.network_time, times, rtol=0.1)


@pytest.mark.slow
@pytest.mark.parametrize("what", ["feature", "network"])
def test_a_sample_of_the_law_agrees_with_it(what):
    law, rng = sparsification.time_to_sparsity(Autoencoder(1, 64, 1e-3)), np.random.default_rng(0)
    times = law.ppf(rng.random((400, 5)))
    slowest = times.max(axis=1)
    found = {"feature_time": (("replicate", "feature"), times), "network_time": ("replicate", slowest)}
    alone = xr.Dataset(found)
    near, far = (alone.map(lambda x, f=f: f * x).assign_coords(m=64, l1=1e-3) for f in (1, 1.3))
    median = experiment.EXPERIMENTS[0].quantities[f"{what}_50%"]
    ratios = [median.estimate(part, 0.95).scaled(1 / median.predicted(near)) for part in (near, far)]
    assert ratios[0].low < 1 < ratios[0].high
    assert ratios[1].low > 1.1


def test_features_that_end_together_are_told_from_independent_ones(part):
    together = part.assign(feature_time=part.feature_time * 0 + part.feature_time.max("feature"))
    assert experiment._independent(together, 0.95).value == pytest.approx(0.5**4)
