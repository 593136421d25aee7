import numpy as np
import pytest

from theory import noise
from theory.noise import drift, random_signs

N, M = 8, 16


@pytest.mark.parametrize("std", [0.07, 0.1, 0.15])
@pytest.mark.parametrize(("m", "off"), [(M, 0.04), (8 * N, 0.0)])
def test_rate_of_the_edgeworth_force_on_random_simplices(m, off, std):
    """A heuristic: what other encodings hold is taken for its mean, which is right for many neurons."""
    rate = drift.rate(N, m, std, -2.0)
    found, error = drift.measured_rate(lambda W: noise.force(W, std, -2.0), N, m)
    assert found == pytest.approx((1 + off) * rate, abs=3 * error)


@pytest.mark.parametrize(("std", "ratio"), [(0.07, 0.74), (0.1, 1.22), (0.15, 1.45)])
def test_rate_against_exact_random_signs(std, ratio):
    """Sixteen weights are few for Edgeworth's series: the ratios were found, not derived."""
    rate = drift.rate(N, M, std, -2.0)
    exact, error = drift.measured_rate(lambda W: random_signs.force(W, std), N, M)
    assert exact / rate == pytest.approx(ratio, abs=3 * error / rate)


def test_gaussian_noise_does_not_drift():
    assert drift.rate(N, M, 0.1, 0.0) == 0
    assert drift.measured_rate(lambda W: noise.force(W, 0.1), N, M, draws=2)[0] == pytest.approx(0, abs=1e-15)
    assert drift.rate(N, M, 0.1, 3.0) < 0


def test_fourth_norm_of_random_directions():
    W = np.random.default_rng(0).normal(size=(20000, M))
    fourth = ((W / np.linalg.norm(W, axis=1, keepdims=True)) ** 4).sum(axis=1)
    expected = drift.of_random_direction(M)
    assert abs(fourth.mean() - expected) < 4 * fourth.std() / np.sqrt(len(fourth))


@pytest.mark.parametrize(
    ("arguments", "named"),
    [((1, 4, 0.1, -2), "n_features"), ((4, 3, 0.1, -2), "n_neurons"), ((4, 8, 0, -2), "noise_std")],
)
def test_bad_arguments_are_named(arguments, named):
    with pytest.raises(ValueError, match=named):
        drift.rate(*arguments)
