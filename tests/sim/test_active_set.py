import numpy as np
import pytest

from sim import active_set
from sim.forces import shrink, smooth_force
from sim.integrators.splitting import empty_lists

RNG = np.random.default_rng(8)


def sparse_weights(n, m, share):
    return RNG.normal(size=(n, m)) * (RNG.random((n, m)) < share)


def dense_step(weights, feature_benefit, interference, h, l1):
    n = len(weights)
    gram, force = np.empty((n, n)), np.empty_like(weights)
    smooth_force(weights, feature_benefit, interference, gram, force)
    moved = weights + h * force
    shrink(moved, h * l1)
    return moved


def sparse_step(weights, feature_benefit, interference, h, l1, revive=True):
    old, new = empty_lists(*weights.shape), empty_lists(*weights.shape)
    velocity = np.zeros_like(weights)
    assert active_set.pack(weights, velocity, *old) == np.count_nonzero(weights)
    died, reborn, _ = active_set.proximal_step(old, new, feature_benefit, interference, h, l1, revive)
    moved = np.empty_like(weights)
    active_set.unpack(*new, moved, velocity)
    return moved, velocity, died, reborn


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 1.0])
@pytest.mark.parametrize(("feature_benefit", "interference"), [(True, True), (True, False), (False, True)])
def test_step_of_the_lists_is_the_dense_step(share, feature_benefit, interference):
    for l1 in (0.01, 0.5):
        weights = sparse_weights(7, 11, share)
        dense = dense_step(weights, feature_benefit, interference, 0.1, l1)
        moved, velocity, died, reborn = sparse_step(weights, feature_benefit, interference, 0.1, l1)
        np.testing.assert_allclose(moved, dense, rtol=0, atol=1e-14)
        np.testing.assert_array_equal(moved != 0, dense != 0)
        assert died == ((weights != 0) & (dense == 0)).sum()
        assert reborn == ((weights == 0) & (dense != 0)).sum()
        alive = (weights != 0) & (dense != 0)
        np.testing.assert_allclose(velocity, np.where(alive, (dense - weights) / 0.1, 0), rtol=0, atol=1e-12)


def test_dead_weights_stay_dead_until_they_may_live():
    weights = sparse_weights(7, 11, 0.5)
    moved, _, _, reborn = sparse_step(weights, True, True, 0.1, 0.01, revive=False)
    assert reborn == 0
    assert not moved[weights == 0].any()
