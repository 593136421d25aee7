"""λ → 0: winners compared between λ, orders fitted, and what is said of them."""

import dataclasses

import numpy as np
import pytest
import xarray as xr
from matplotlib.figure import Figure

from sim import ensemble
from theory import Autoencoder
from validation.experiments import experimenting, l1_to_zero as experiment

RUNS = [(0.0025, experiment.RTOL), (0.00125, experiment.RTOL), (0.000625, experiment.RTOL), (0.0003, 1e-3)]
TINY = [
    {"n": 6, "m": 8, "l1": l1, "rtol": rtol, "replicates": 5}
    for l1, rtol in (*RUNS, (0.0003, experiment.CAREFUL))
]


@pytest.fixture(scope="module")
def result():
    patch = pytest.MonkeyPatch()
    tiny = dataclasses.replace(experiment.experiment, settings=lambda full: TINY)
    patch.setattr(experimenting, "experiments", (tiny,))
    yield experimenting.run("l1_to_zero", seed=1)
    patch.undo()


def changing(share, runs=40, features=1000):
    """Return parts whose winners change by a given share from one λ to the next."""
    winner, found = np.zeros((runs, features), int), []
    for k in range(8):
        l1 = 2e-3 / 2**k
        found.append(xr.Dataset({"winner": (("replicate", "feature"), winner.copy())}, coords={"l1": l1}))
        changed = np.random.default_rng(k).random(winner.shape) < share(l1)
        winner[changed] += 1
    return found


def test_all_strengths_start_from_the_same_weights_and_run_as_ensembles(result):
    first = ensemble(Autoencoder(6, 8, 0.0025), 5, seed=1, rtol=experiment.RTOL)
    np.testing.assert_array_equal(result.winner[0], np.abs(first.final).argmax("neuron"))
    np.testing.assert_array_equal(result.polysemantic_neurons[0], first.polysemantic_neurons)
    np.testing.assert_allclose(result.kept[0], first.winner_kept, rtol=1e-6)
    late = ensemble(Autoencoder(6, 8, 0.0003), 5, seed=1, rtol=experiment.RTOL)
    np.testing.assert_array_equal(first.initial, late.initial)


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_the_order_is_found(power):
    group = changing(lambda l1: 0.1 * (l1 / 2e-3) ** power)
    found = experiment._order(group, experiment._changed, 0.0)
    assert found.low < power < found.high
    assert found.high - found.low < 0.15


def test_no_order_where_changes_are_the_integrators():
    group = changing(lambda l1: 0.1 * l1 / 2e-3)
    assert experiment._order(group, experiment._changed, 0.06) is None
    assert experiment._order(group, experiment._changed, 0.01) is not None


def test_no_changes_have_no_order():
    assert experiment._order(changing(lambda l1: 0.0), experiment._changed, 0.0) is None


def test_convergence_is_seen_from_where_differences_vanish():
    noise = np.random.default_rng(0).normal(0, 0.1, (5, 20))
    shifts = (3.0, 1.0, 0.0, 0.0, 0.0)
    group = [
        xr.Dataset({"x": ("replicate", shift + noise[k])}, coords={"l1": 0.1 / 2**k})
        for k, shift in enumerate(shifts)
    ]
    difference, since = experiment._converged(group, lambda part: part.x.values)
    assert difference.value == pytest.approx(3, abs=0.2)
    assert since == 0.1 / 4


def test_findings_and_figure_follow_the_data(result):
    told = experiment.experiment.findings(result)
    assert "A tolerance 5 times smaller" in told
    other = result.copy(deep=True)
    other["winner"] = (result.winner + np.arange(5)[:, None, None]) % 8
    assert experiment.experiment.findings(other) != told
    assert isinstance(experiment.experiment.figure(result), Figure)
    for kept in ([0], [4]):
        assert experiment.experiment.findings(result.isel(setting=kept))
        assert isinstance(experiment.experiment.figure(result.isel(setting=kept)), Figure)


def test_a_seed_gives_the_same_result(result):
    again = experiment.experiment.measure(seed=1, **TINY[2])
    np.testing.assert_array_equal(again.winner, result.winner[2])
