import numpy as np
import pytest
from numpy.polynomial import hermite_e
from scipy import integrate, stats

from theory import noise
from theory.noise import averaged, random_signs


def encodings(seed, n=4, m=6, scale=0.4):
    return np.random.default_rng(seed).normal(0, scale, (n, m))


def integrated_loss(W, std):
    """The expected loss under Gaussian noise, by quadrature over the noise on each output."""
    total = 0.0
    for i, first in enumerate(W):
        for j, second in enumerate(W):
            law = stats.norm(first @ second, std * np.linalg.norm(second))
            reach = (law.mean() - 12 * law.std(), law.mean() + 12 * law.std())
            on, _ = integrate.quad(
                lambda y, law=law, target=float(i == j): (y - target) ** 2 * law.pdf(y),
                max(reach[0], 0.0),
                max(reach[1], 0.0),
                epsabs=1e-13,
            )
            total += on + (i == j) * law.cdf(0)
    return total


def gradient(loss, W, step=1e-5):
    result = np.empty_like(W)
    for at in np.ndindex(W.shape):
        moved = [W.copy(), W.copy()]
        moved[0][at] += step
        moved[1][at] -= step
        result[at] = (loss(moved[0]) - loss(moved[1])) / (2 * step)
    return result


@pytest.mark.parametrize("std", [0.05, 0.3, 1.5])
def test_gaussian_loss_is_exact(std):
    W = encodings(0)
    assert noise.expected_loss(W, std) == pytest.approx(integrated_loss(W, std), rel=1e-8)


def test_only_kurtosis_knows_the_basis():
    W = encodings(1)
    turned = W @ stats.ortho_group(6, seed=2).rvs()
    assert noise.expected_loss(turned, 0.2) == pytest.approx(noise.expected_loss(W, 0.2), rel=1e-12)
    assert abs(noise.expected_loss(turned, 0.2, -2.0) - noise.expected_loss(W, 0.2, -2.0)) > 1e-4


@pytest.mark.parametrize("kurtosis", [-2.0, 0.0, 3.0])
def test_force_is_minus_a_quarter_of_the_gradient(kurtosis):
    W = encodings(3)
    numeric = gradient(lambda W: noise.expected_loss(W, 0.2, kurtosis), W) / -4
    np.testing.assert_allclose(noise.force(W, 0.2, kurtosis), numeric, atol=1e-9)


@pytest.mark.parametrize("x", [-1.5, -1.0, -0.5, 0.5])
def test_correction_against_all_sign_vectors(x):
    """One unit encoding of 16 weights and one with which it has the inner product a = x s.

    What the correction leaves is, up to a third of it, the next order of Edgeworth's series, from
    κ₄ = −2 Σw⁴ and κ₆ = 16 Σw⁶ of a sum of signs: ``2 s² φ(x) (κ₆ He₃(−x)/720 + κ₄² He₅(−x)/1152)``.
    """
    rng = np.random.default_rng(4)
    std, left, following = 0.1, [], []
    signs = np.array(np.meshgrid(*[(-1.0, 1.0)] * 16)).reshape(16, -1)
    for _ in range(10):
        w = rng.normal(size=16)
        w /= np.linalg.norm(w)
        values = np.maximum(x * std + std * (w @ signs), 0) ** 2
        at = (x * std, 1.0, (w**4).sum(), std)
        left.append(values.mean() - averaged._other_output(*at, -2.0))
        series = [0, 0, 0, 16 * (w**6).sum() / 720, 0, (2 * (w**4).sum()) ** 2 / 1152]
        following.append(2 * std**2 * stats.norm.pdf(x) * hermite_e.hermeval(-x, series))
    assert np.mean(left) == pytest.approx(np.mean(following), rel=1 / 3)


def test_error_of_the_correction_falls_with_the_square_of_the_number_of_weights():
    rng = np.random.default_rng(5)
    sizes, errors = (6, 12, 24), []
    for m in sizes:
        off = []
        for _ in range(40):
            W = rng.normal(size=(2, m))
            W /= np.linalg.norm(W, axis=1, keepdims=True)
            W[0] -= (W[0] @ W[1] + 0.1) * W[1]  # W_1·W_2 = −0.1
            off.append(random_signs.expected_loss(W, 0.1) - noise.expected_loss(W, 0.1, -2.0))
        errors.append(np.sqrt(np.mean(np.square(off))))
    slope = np.polyfit(np.log(sizes), np.log(errors), 1)[0]
    assert -2.6 < slope < -1.5


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (([[1.0, 0.0]], 0.0), "noise_std"),
        (([[1.0, 0.0]], 0.1, -3.0), "excess_kurtosis"),
        (([[0.0, 0.0]], 0.1), "weights"),
        (([1.0, 0.0], 0.1), "weights"),
    ],
)
def test_bad_arguments_are_named(arguments, named):
    for function in (noise.expected_loss, noise.force):
        with pytest.raises(ValueError, match=named):
            function(*arguments)
