import numpy as np
import pytest

from theory import co_occurrence
from theory.co_occurrence.splitting import separation_probability


@pytest.mark.parametrize("std", [1e-4, 0.01, 0.3])
@pytest.mark.parametrize("l1", [0.001, 0.02])
def test_without_co_occurrence_it_is_a_coin(std, l1):
    assert separation_probability(std, l1, 0.0) == pytest.approx(0.5, abs=5e-3)


def test_rises_with_co_occurrence_and_falls_with_noise():
    by_p = [separation_probability(0.1, 0.01, p) for p in (0, 0.001, 0.003, 0.01, 0.1)]
    by_noise = [separation_probability(std, 0.01, 0.003) for std in (0.3, 0.1, 0.01, 0.001)]
    assert (np.diff(by_p) > 0).all()
    assert (np.diff(by_noise) > 0).all()
    assert by_p[-1] > 0.999


def test_what_is_missing_is_a_power_of_weak_noise():
    l1, p = 0.02, 0.01
    missing = [1 - separation_probability(std, l1, p) for std in (1e-4, 1e-5)]
    assert np.log10(missing[0] / missing[1]) == pytest.approx(p / (2**0.5 * l1), rel=0.01)


def forces(weights, p):
    """Return minus the gradient of the exact energy per occurrence of two features, case by case."""
    gram = weights @ weights.transpose(0, 2, 1)
    alone = np.where(gram > 0, gram - np.eye(2), 0) @ weights
    both = gram.sum(axis=2)
    slope = np.where(both > 0, both - 1, 0)[..., None]
    pull = slope * weights.sum(axis=1, keepdims=True) + (slope * weights).sum(axis=1, keepdims=True)
    return -(1 - p) * alone - p / 2 * pull


def test_two_features_do_so_as_often():
    l1, p, std, cases, step = 0.02, 0.01, 0.1, 500, 0.2
    rng = np.random.default_rng(0)
    weights = np.array([[1, 1], [-1, -1]]) / 2**0.5 + rng.normal(0, std, (cases, 2, 2))
    np.testing.assert_allclose(forces(weights, p)[0], co_occurrence.force(weights[0], p), atol=1e-12)
    for _ in range(int(10 / l1 / step)):
        weights += step * forces(weights, p)
        weights = np.sign(weights) * np.maximum(np.abs(weights) - step * l1, 0)
    neuron = np.abs(weights).argmax(axis=2)
    expected = separation_probability(std, l1, p)
    found = (neuron[:, 0] != neuron[:, 1]).mean()
    assert found == pytest.approx(expected, abs=0.01 + 3 * (expected * (1 - expected) / cases) ** 0.5)


@pytest.mark.parametrize(
    ("name", "given"),
    [("noise_std", (0, 0.1, 0.1)), ("l1", (0.1, 0, 0.1)), ("probability", (0.1, 0.1, 1))],
)
def test_bad_arguments_are_named(name, given):
    with pytest.raises(ValueError, match=f"^{name}"):
        separation_probability(*given)


def test_the_weakest_l1_lets_features_end_apart():
    """What is missing to 1 falls as λ does, and nothing stops the calculation on the way."""
    missing = [1 - separation_probability(0.5, l1, 0.1) for l1 in (1e-4, 1e-8, 1e-12, 1e-20, 1e-30)]
    assert missing[1] / missing[0] == pytest.approx(1e-4, rel=0.01)
    assert missing[2] / missing[1] == pytest.approx(1e-4, rel=0.01)
    assert missing[3:] == [0, 0]
