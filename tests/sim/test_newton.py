import numpy as np
import pytest

from sim import newton
from sim.cores import Split

RNG = np.random.default_rng(3)
ONE = Split(1, together=False)


def symmetric(n):
    a = RNG.normal(size=(n, n))
    return a + a.T


def problem(n, touching):
    weights = RNG.normal(size=(n, 3 * n)) / np.sqrt(3 * n)
    slope = np.triu(RNG.random((n, n)) < touching, 1) * 1.0
    slope += slope.T + np.diag(RNG.uniform(0.5, 2.0, n))
    return 0.01 * symmetric(n), 0.01 * symmetric(n), slope, weights @ weights.T


def solution(mismatch, target, slope, gram, c):
    """Solve D + s∘c(D K + K D) = μ − M as a plain linear system of all entries."""
    n = len(gram)
    image = np.kron(np.eye(n), gram) + np.kron(gram.T, np.eye(n))
    system = np.eye(n * n) + c * slope.reshape(-1, 1) * image
    return np.linalg.solve(system, (target - mismatch).reshape(-1)).reshape(n, n)


@pytest.mark.parametrize("c", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("touching", [0.0, 0.03, 0.5, 1.0])
def test_correction_solves_the_linear_system(touching, c):
    n = 9
    mismatch, target, slope, gram = problem(n, touching)
    expected = solution(mismatch, target, slope, gram, c)
    along, image = np.empty((n, n)), np.empty((n, n))
    moved = newton.correction(ONE, mismatch, target, slope, gram, c, along, image)
    residual = target - mismatch - along - slope * c * (along @ gram + gram @ along)
    first = target - mismatch - np.where(slope == 0, target - mismatch, 0)
    known = np.where(slope == 0, target - mismatch, 0)
    first = first - np.where(slope > 0, slope * c * (known @ gram + gram @ known), 0)
    assert np.linalg.norm(residual / np.where(slope > 0, slope, 1)) <= 1.01 * newton.ENOUGH * np.linalg.norm(
        first / np.where(slope > 0, slope, 1)
    )
    np.testing.assert_allclose(along, along.T, rtol=0, atol=1e-15)
    exact = c * np.sqrt(np.trace(along @ gram @ along) / n)
    assert moved == pytest.approx(exact, rel=1e-9 if touching == 1.0 else 0.5)
    assert np.linalg.norm(along - expected) < 0.5 * np.linalg.norm(expected)


@pytest.mark.parametrize("n", [1, 12, 70])
@pytest.mark.parametrize("share", [0.05, 1.0])
def test_few_entries_and_many_respond_alike(n, share):
    gram, along = symmetric(n), symmetric(n)
    along *= np.abs(along) >= np.quantile(np.abs(along), 1 - share)
    image = np.full((n, n), np.nan)
    newton.respond(ONE, along, gram, image)
    np.testing.assert_allclose(image, along @ gram + gram @ along, rtol=0, atol=1e-12)


def test_the_secant_finds_the_root_of_a_linear_equation():
    """In one dimension a secant through two points of a line meets its root."""
    mismatch, last, past = np.array([[0.0]]), np.empty((1, 1)), np.empty((1, 1))
    for number in range(2):
        newton.follow(mismatch, 0.6 * (5.0 - mismatch), last, past, number > 0)
    assert mismatch[0, 0] == pytest.approx(5.0, abs=1e-12)
