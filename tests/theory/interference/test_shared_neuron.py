import numpy as np
import pytest
from scipy.integrate import solve_ivp

from theory import flow
from theory.interference import shared_neuron


def integrated_time(a0, b0, l1):
    """Time at which the smaller weight reaches 0, by direct integration of the derived forces."""
    forces = flow.derived_forces(2, 1)

    def rates(_, weights):
        total = sum(forces[name](weights[:, None]) for name in ("feature_benefit", "interference"))
        return total[:, 0] - l1

    def dead(_, weights):
        return min(weights)

    dead.terminal = True
    solution = solve_ivp(
        rates, (0, 100 / l1), [a0, b0], method="DOP853", events=dead, rtol=1e-10, atol=1e-12, max_step=10
    )
    return solution.t_events[0][0]


def test_field_is_that_of_the_flow():
    a, b, l1 = 0.8, 0.3, 0.05
    force = sum(
        strength * flow.derived_forces(2, 1)[name](np.array([[a], [b]]))
        for name, strength in (("feature_benefit", 1), ("interference", 1), ("l1", l1))
    )
    np.testing.assert_allclose(shared_neuron.field(a, b, l1), force[:, 0], rtol=1e-13)
    assert shared_neuron.field(np.full((2, 3), a), b, l1)[0].shape == (2, 3)


@pytest.mark.parametrize("l1", [0, 0.01, 0.27])
def test_saddle_is_at_rest(l1):
    c = shared_neuron.saddle(l1)
    assert c >= 1 / np.sqrt(6)
    np.testing.assert_allclose(shared_neuron.field(c, c, l1), 0, atol=1e-14)


@pytest.mark.parametrize(("a0", "b0"), [(0.9, 0.4), (0.4, 0.9), (0.75, 0.7), (0.3, 0.2), (1.2, 0.9)])
def test_decision_time_is_off_by_order_lambda(a0, b0):
    errors = [shared_neuron.decision_time(a0, b0, l1) - integrated_time(a0, b0, l1) for l1 in (4e-3, 2e-3)]
    assert abs(errors[1]) < 0.05
    assert errors[0] / errors[1] == pytest.approx(2, rel=0.15)


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: shared_neuron.saddle(0.28), "l1"),
        (lambda: shared_neuron.decision_time(0.5, 0.5, 0.1), "b0"),
        (lambda: shared_neuron.decision_time(0.5, 0.4, 0), "l1"),
        (lambda: shared_neuron.decision_time(0, 0.4, 0.1), "a0"),
    ],
)
def test_bad_arguments_are_named(call, name):
    with pytest.raises(ValueError, match=name):
        call()
