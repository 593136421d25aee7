"""λ → 0: winners compared between λ, and orders fitted."""

import numpy as np
import pytest
import xarray as xr

from sim import ensemble
from theory import Autoencoder
from validation.experiments.flow import l1_to_zero, orders


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
    found = orders.order_of(group, 0.95)
    assert found.low < power < found.high
    assert found.high - found.low < 0.15


def test_no_changes_have_no_order():
    assert orders.order_of(changing(lambda l1: 0.0), 0.95) is None
