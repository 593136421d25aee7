import numpy as np
import pytest

from theory import flow

# features alone on a neuron and pairs of opposite signs
MIXTURES = {
    "alone": np.eye(3),
    "pair": np.array([[1, 0], [-1, 0]]),
    "mixture": np.array([[1, 0, 0], [-1, 0, 0], [0, 0, -1]]),
}


@pytest.mark.parametrize("signs", MIXTURES.values(), ids=MIXTURES)
def test_mixtures_have_no_loss(signs):
    assert flow.derived_energy(*signs.shape)(signs, 0) == 0


@pytest.mark.parametrize("signs", MIXTURES.values(), ids=MIXTURES)
def test_mixtures_are_strict_minima_with_l1(signs):
    weight = 0.97
    l1 = weight * (1 - weight**2)
    energy = flow.derived_energy(*signs.shape)
    rng = np.random.default_rng(7)
    at_rest = energy(weight * signs, l1)
    for size in (1e-2, 1e-3):
        for _ in range(50):
            displacement = rng.normal(size=signs.shape)
            displacement *= size / np.linalg.norm(displacement)
            assert energy(weight * signs + displacement, l1) > at_rest + size**2 / 10


def test_two_features_of_one_sign_on_a_neuron_are_no_minimum():
    weight = 0.68
    l1 = weight * (1 - 2 * weight**2)
    energy = flow.derived_energy(2, 1)
    assert energy([[weight + 0.01], [weight - 0.01]], l1) < energy([[weight], [weight]], l1)
