"""Mean field of interference: the equations it stands for, its limits, and the flow itself."""

import numpy as np
import pytest
from scipy import stats

from theory import interference


def integrated(crowding, number=4000, step=0.01, time=14.0):
    """Return the mean of cosines, times √m, by the equation that mean field solves, step by step."""
    cosines = stats.norm.ppf((np.arange(number) + 0.5) / number)
    for _ in range(int(time / step)):
        positive = np.maximum(cosines, 0)
        cosines = cosines + step * (-2 * positive - 2 * crowding * positive.mean() * cosines.mean())
    return cosines.mean()


@pytest.mark.parametrize(("n", "m"), [(2, 64), (10, 256), (34, 64), (130, 256)])
def test_closed_form_solves_the_equation(n, m):
    assert interference.mean_cosine(n, m) == pytest.approx(integrated((n - 2) / m**0.5), abs=2e-3)


def test_two_encodings_alone_lose_the_positive_half():
    assert interference.mean_cosine(2, 100) == pytest.approx(-1 / np.sqrt(2 * np.pi))
    assert interference.third_party(2, 100) == 0


def test_few_features_are_lifted_in_proportion():
    assert interference.third_party(12, 10**8) == pytest.approx(10 / 10**4 / (4 * np.pi), rel=1e-2)


def test_the_sum_of_all_encodings_keeps_a_positive_length():
    for n in (10, 100, 1000, 10**6):
        assert -interference.mean_cosine(n, 100) <= 10 / (n - 2) * (1 + 1e-6)
    assert interference.mean_cosine(10**6, 100) == pytest.approx(-(10**-5), rel=1e-2)


@pytest.mark.parametrize("scale", [1.0, 0.3])
def test_the_flow_comes_to_it_from_any_scale(scale):
    n, m, times = 16, 256, 300
    rng, means = np.random.default_rng(0), []
    for _ in range(12):
        weights = rng.normal(scale=scale / m**0.5, size=(n, m))
        for _ in range(times):
            gram = weights @ weights.T
            others = np.maximum(
                gram - 2 * np.diag(np.diag(gram)), 0
            )  # the flow of `theory.flow`, by matrices
            weights += 0.04 * ((1 - np.diag(gram))[:, None] * weights - others @ weights)
        unit = weights / np.linalg.norm(weights, axis=1, keepdims=True)
        means.append(((unit @ unit.T).sum() - n) / (n * (n - 1)) * m**0.5)
    error = np.std(means) / np.sqrt(len(means))
    assert np.mean(means) == pytest.approx(interference.mean_cosine(n, m), abs=4 * error + 0.02)
    assert error < 0.02


@pytest.mark.parametrize(("n", "m"), [(1, 8), (2.5, 8), (2, 0), ("2", 8)])
def test_sizes_are_counted(n, m):
    with pytest.raises((TypeError, ValueError), match=r"^n_(features|neurons)"):
        interference.mean_cosine(n, m)
