import numpy as np
import pytest
from scipy import integrate

from theory import co_occurrence
from theory.splitting_neurons import derivations, separation_probability


def test_derivations_hold():
    for derivation in derivations:
        derivation.verify()


@pytest.mark.parametrize("std", [1e-4, 0.01, 0.3])
@pytest.mark.parametrize("l1", [0.001, 0.02])
def test_without_co_occurrence_it_is_a_coin(std, l1):
    assert separation_probability(std, l1, 0.0) == pytest.approx(0.5, abs=1e-3)


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


def test_agrees_with_the_averaged_force_on_two_features():
    l1, p, std = 0.01, 0.005, 0.1

    def force(_, flat):
        weights = flat.reshape(2, 2)
        return (co_occurrence.force(weights, p) - l1 * np.tanh(weights / 0.01)).ravel()

    rng, apart = np.random.default_rng(0), []
    for _ in range(100):
        start = np.array([1, 1, -1, -1]) / 2**0.5 + rng.normal(0, std, 4)
        end = integrate.solve_ivp(force, (0, 6 / l1), start, rtol=1e-4, method="RK23").y[:, -1]
        one, two = np.abs(end.reshape(2, 2)).argmax(axis=1)
        apart.append(one != two)
    expected = separation_probability(std, l1, p)
    assert np.mean(apart) == pytest.approx(expected, abs=3 * (expected * (1 - expected) / 100) ** 0.5)


@pytest.mark.parametrize(
    ("name", "given"),
    [("noise_std", (0, 0.1, 0.1)), ("l1", (0.1, 0, 0.1)), ("probability", (0.1, 0.1, 1))],
)
def test_bad_arguments_are_named(name, given):
    with pytest.raises(ValueError, match=f"^{name}"):
        separation_probability(*given)
