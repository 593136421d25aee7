import numpy as np
import pytest

from sim.energy import energy
from theory.flow import derived_energy


@pytest.mark.parametrize("shape", [(1, 1), (2, 3), (4, 5)])
def test_energy_is_the_derived_one(shape):
    derived = derived_energy(*shape)
    for l1 in (0.0, 0.3):
        weights = np.random.default_rng(5).normal(size=shape)
        assert energy(weights, l1) == pytest.approx(derived(weights, l1), rel=1e-13)
