"""Two features alone keep a benign collision of their largest weights."""

import numpy as np
import pytest
from scipy.integrate import solve_ivp

from theory import collisions, flow
from theory.collisions import benign_collision


@pytest.mark.parametrize("neurons", [1, 2, 8, 100])
def test_least_ratio_is_that_of_initial_collisions(neurons):
    expected = collisions.independent_slots(2, neurons) / collisions.polysemantic_neurons(2, neurons).mean()
    assert benign_collision.least_ratio(neurons) == pytest.approx(expected)


@pytest.mark.parametrize("neurons", [0, -1, 1.5, "2"])
def test_neurons_are_counted(neurons):
    with pytest.raises((TypeError, ValueError), match=r"^n_neurons"):
        benign_collision.least_ratio(neurons)


def test_the_largest_weights_stay_the_largest_under_the_derived_forces():
    forces, l1 = flow.derived_forces(2, 3), 1e-3
    weights = np.array([[0.5, 0.45, 0.4], [-0.5, 0.48, 0.45]])  # others share signs: the ReLU is on
    assert weights[0] @ weights[1] > 0

    def rates(_, flat):
        at = flat.reshape(2, 3)
        return (forces["feature_benefit"](at) + forces["interference"](at) + l1 * forces["l1"](at)).ravel()

    ends = solve_ivp(rates, (0, 5), weights.ravel(), max_step=0.01).y.reshape(2, 3, -1)
    leads = np.abs(ends[:, 0]) - np.abs(ends[:, 1:]).max(axis=1)
    assert (leads > 0).all()
    assert (np.diff(leads[:, :50]) > 0).all()
