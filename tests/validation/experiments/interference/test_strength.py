"""Claims on interference: measured as they say, and as expected."""

import numpy as np
import pytest

from theory import Autoencoder, interference
from validation.experiments import catalogue, checking
from validation.experiments.interference import strength


@pytest.mark.slow
@pytest.mark.parametrize("name", ["initial_interference", "inner_products"])
def test_another_seed_agrees_and_a_wrong_theory_does_not(name, monkeypatch):
    assert not checking.unexpected(checking.check([name], seed=11))
    right = {which: getattr(interference, which) for which in ("initial_strength", "inner_product")}
    monkeypatch.setattr(
        interference, "initial_strength", lambda model: 1.1 * right["initial_strength"](model)
    )
    monkeypatch.setattr(interference, "inner_product", lambda a, t: 1.01 * right["inner_product"](a, t))
    assert len(checking.unexpected(checking.check([name], seed=11))) == 2


def test_strength_is_the_sum_over_pairs():
    (model,) = [Autoencoder(3, 5, 0.0)]
    weights = model.initial(np.random.default_rng(np.random.SeedSequence(4).spawn(1)[0]))
    pairs = [max(0.0, weights[i] @ weights[j]) ** 2 for i in range(3) for j in range(3) if i != j]
    assert strength.initial(3, 5, 1, seed=4).strength.item() == pytest.approx(sum(pairs) / 3)


def test_length_and_direction_are_those_of_the_vector():
    (child,) = np.random.SeedSequence(4).spawn(1)
    weights = Autoencoder(3, 5, 0.0).initial(np.random.default_rng(child))
    found = strength.initial(3, 5, 1, seed=4)
    length, along = 0.0, 0.0
    for i in range(3):
        vector = sum(max(0.0, weights[i] @ weights[j]) * weights[j] for j in range(3) if j != i)
        length += vector @ vector / 3
        along += (vector @ weights[i]) ** 2 / (weights[i] @ weights[i]) / 3
    assert found.length.item() == pytest.approx(length)
    assert found.along.item() == pytest.approx(along)


def test_crowds_slow_the_decay_of_inner_products():
    few, many = (
        strength.in_networks("simulation", n, 64, 1e-3, 10, seed=0).sum("replicate") for n in (4, 48)
    )
    rates = [float(np.log(run.before / run.after)) for run in (few, many)]
    assert 1.5 < rates[0] < 2.3
    assert rates[1] < 0.7 * rates[0]


def test_a_large_inner_product_follows_the_closed_form():
    found = strength.decaying(0.5, seed=1).later
    np.testing.assert_allclose(found, interference.inner_product(0.5, np.array(strength.TIMES)), rtol=1e-3)


def test_the_band_of_rebirths_closes_as_l1_vanishes_and_opens_as_it_grows():
    experiment = catalogue.find("rebirths")
    band = experiment.quantities["share"].band
    part = strength.reviving(4, 4, 0.01, 2, seed=0).assign_coords(n=16, m=64, l1=1e-9)
    root = (15 / 128) ** 0.5
    assert band(part).low == pytest.approx(root / (2 * np.pi), rel=1e-4)
    assert band(part).high == pytest.approx(root / np.pi)
    assert band(part.assign_coords(l1=0.1)).low < 1e-3 * band(part).low
