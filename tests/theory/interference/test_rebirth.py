import numpy as np
import pytest

from theory import flow, interference
from theory.interference import rebirth

# a dead weight on the first neuron, beside an encoding that uses both
DEAD = np.array([[0, 0.9], [0.8, 0.5]])


@pytest.mark.parametrize("margin", [0.9, 1.1])
def test_energy_falls_from_zero_only_if_interference_exceeds_l1(margin):
    pressure = (DEAD[0] @ DEAD[1]) * DEAD[1, 0]
    energy = flow.derived_energy(2, 2)
    lowest = min(energy(DEAD + np.diag([step, 0]), pressure * margin) for step in (-1e-4, 1e-4))
    assert (lowest < energy(DEAD, pressure * margin)) == (margin < 1)


def test_interference_is_the_only_other_force_on_a_dead_weight():
    forces = flow.derived_forces(2, 2)
    assert forces["feature_benefit"](DEAD)[0, 0] == 0
    assert forces["interference"](DEAD)[0, 0] == pytest.approx(-(DEAD[0] @ DEAD[1]) * DEAD[1, 0], rel=1e-14)


def test_decaying_inner_product_reaches_the_bound_at_the_predicted_time():
    a0, weight, l1 = 0.02, -0.6, 1e-4
    until = rebirth.rebirth_until(a0, weight, l1)
    assert interference.inner_product(a0, [until])[0] * abs(weight) == pytest.approx(l1, rel=a0**2)


def test_no_rebirth_where_l1_is_stronger_from_the_start():
    assert rebirth.rebirth_until(0.1, 0.5, 0.06) == 0


@pytest.mark.parametrize(
    ("arguments", "name"), [((0, 1, 1), "inner_product"), ((1, 0, 1), "weight"), ((1, 1, 0), "l1")]
)
def test_bad_arguments_are_named(arguments, name):
    with pytest.raises(ValueError, match=name):
        rebirth.rebirth_until(*arguments)
