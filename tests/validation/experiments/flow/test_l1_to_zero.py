"""λ → 0: winners compared between λ, and orders fitted."""

import numpy as np
import pytest
import xarray as xr

from sim import ensemble
from theory import Autoencoder
from validation.experiments.findings import Findings
from validation.experiments.flow import l1_to_zero


def changing(share, runs=40, features=1000):
    """Return parts whose winners change by a given share from one λ to the next."""
    winner, found = np.zeros((runs, features), int), []
    for k in range(8):
        l1 = 2e-3 / 2**k
        found.append(
            xr.Dataset({"winner": (("replicate", "feature"), winner.copy())}, coords={"l1": l1, "rtol": 1e-3})
        )
        changed = np.random.default_rng(k).random(winner.shape) < share(l1)
        winner[changed] += 1
    return xr.concat(found, "setting", coords=["l1", "rtol"])


def test_runs_are_those_of_ensembles():
    found = l1_to_zero.measure(6, 8, 0.0025, l1_to_zero.RTOL, 5, seed=1)
    run = ensemble(Autoencoder(6, 8, 0.0025), 5, seed=1, rtol=l1_to_zero.RTOL)
    np.testing.assert_array_equal(found.winner, np.abs(run.final).argmax("neuron"))
    np.testing.assert_array_equal(found.polysemantic_neurons, run.polysemantic_neurons)
    np.testing.assert_allclose(found.kept, run.winner_kept, rtol=1e-6)


@pytest.mark.parametrize("power", [0.5, 1.0])
def test_the_order_is_found(power):
    group = changing(lambda l1: 0.1 * (l1 / 2e-3) ** power)
    found = l1_to_zero._order(group, 0.95)
    assert found.low < power < found.high
    assert found.high - found.low < 0.15


def test_no_changes_have_no_order():
    assert l1_to_zero._order(changing(lambda l1: 0.0), 0.95) is None


def test_changes_that_are_not_clear_of_those_by_the_integrator_are_not_fitted():
    group = changing(lambda l1: 0.1 * l1 / 2e-3)
    careful = group.isel(setting=[-1]).assign_coords(rtol=("setting", [1e-4]))
    careful["winner"] = careful.winner + (
        np.arange(1000) < 10
    )  # 1 % by the integrator: three steps are clear
    found = l1_to_zero._order(xr.concat([group, careful], "setting"), 0.95)
    assert found == l1_to_zero._order(group.isel(setting=slice(4)), 0.95)
    careful["winner"] = careful.winner + (np.arange(1000) < 50)
    assert l1_to_zero._order(xr.concat([group, careful], "setting"), 0.95) is None


def test_a_mean_that_changes_with_l1_is_told_from_one_that_does_not():
    (experiment,) = l1_to_zero.EXPERIMENTS
    runs = np.random.default_rng(0).normal(size=20)
    parts = [
        xr.Dataset(
            {
                "winner": (("replicate", "feature"), np.full((20, 3), k)),
                "polysemantic_neurons": ("replicate", runs),
                "kept": ("replicate", runs + k * (1 + runs / 10)),
                "network_time": ("replicate", runs),
                "active": (("replicate", "look"), np.ones((20, 2))),
            }
        ).assign_coords(n=8, m=8, l1=l1, rtol=l1_to_zero.RTOL)
        for k, l1 in enumerate((0.01, l1_to_zero.STRENGTHS[-1]))
    ]
    found = Findings(experiment, xr.concat(parts, "setting", coords=["n", "m", "l1", "rtol"]))
    assert [row.estimate.value for row in found("winner")] == [1]
    assert (found["kept_apart"].negative, found["network_time_apart"].positive) == ("1 of 1", "0 of 1")
