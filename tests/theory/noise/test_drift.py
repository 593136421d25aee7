import numpy as np
import pytest
from scipy import stats

from theory import noise
from theory.noise import drift, random_signs

N, M = 8, 16


def simplex(seed, m=M):
    """Unit encodings with all inner products −1/(n − 1), in a random direction."""
    basis = stats.ortho_group(m, seed=seed).rvs()[:N]
    return (np.eye(N) - 1 / N) @ basis * np.sqrt(N / (N - 1))


def held(push, W):
    """The part of a push that keeps all inner products: least squares over symmetric changes."""
    values, vectors = np.linalg.eigh(W @ W.T)
    sums = values[:, None] + values
    change = vectors.T @ (push @ W.T + W @ push.T) @ vectors
    change = np.where(sums > 1e-9, change / np.where(sums > 1e-9, sums, 1), 0)
    return push - vectors @ change @ vectors.T @ W


def measured_rate(force, draws=100, m=M):
    """c and its standard error: the growth of the fourth norms F over 16 Σ (Q − F²), that of a unit drift."""
    growth, alone = np.empty((2, draws))
    for seed in range(draws):
        W = simplex(seed, m)
        growth[seed] = (4 * W**3 * held(force(W), W)).sum()
        alone[seed] = 16 * ((W**6).sum() - ((W**4).sum(axis=1) ** 2).sum())
    c = growth.sum() / alone.sum()
    return c, (growth - c * alone).std(ddof=1) / np.sqrt(draws) / alone.mean()


@pytest.mark.parametrize("std", [0.07, 0.1, 0.15])
@pytest.mark.parametrize(("m", "off"), [(M, 0.04), (8 * N, 0.0)])
def test_rate_of_the_edgeworth_force_on_random_simplices(m, off, std):
    """A heuristic: what other encodings hold is taken for its mean, which is right for many neurons."""
    rate = drift.rate(N, m, std, -2.0)
    found, error = measured_rate(lambda W: noise.force(W, std, -2.0), m=m)
    assert found == pytest.approx((1 + off) * rate, abs=3 * error)


@pytest.mark.parametrize(("std", "ratio"), [(0.07, 0.74), (0.1, 1.22), (0.15, 1.45)])
def test_rate_against_exact_random_signs(std, ratio):
    """Sixteen weights are few for Edgeworth's series: the ratios were found, not derived."""
    rate = drift.rate(N, M, std, -2.0)
    exact, error = measured_rate(lambda W: random_signs.force(W, std))
    assert exact / rate == pytest.approx(ratio, abs=3 * error / rate)


def test_gaussian_noise_does_not_drift():
    assert drift.rate(N, M, 0.1, 0.0) == 0
    assert measured_rate(lambda W: noise.force(W, 0.1), draws=2)[0] == pytest.approx(0, abs=1e-15)
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
