import numpy as np
import pytest
from scipy.stats import kstest

from theory.sparsification import time_to_sparsity, universal

LAW = time_to_sparsity()


def by_definition(replicates, levels, seed):
    """Draw λT = ∫ ds/√q(s) from its definition, with explicit weights and a quadrature."""
    rng = np.random.default_rng(seed)
    gaps = rng.exponential(size=(replicates, levels - 1)) / np.arange(1, levels)
    weights = -np.cumsum(np.hstack([np.zeros((replicates, 1)), gaps]), axis=1)
    nodes, shares = np.polynomial.legendre.leggauss(8)
    total = np.full(replicates, np.sqrt(2 / levels))  # below: weights of density K e^x have q = 2K e^x
    for j in range(2, levels):
        for node, share in zip((nodes + 1) / 2, shares / 2, strict=True):
            depth = gaps[:, j - 1] * node**3  # dense near the top, where q is small
            square = ((weights[:, :j] - weights[:, j - 1 : j] + depth[:, None]) ** 2).sum(axis=1)
            total += 3 * share * node**2 * gaps[:, j - 1] / np.sqrt(square)
    return total


def test_moments_and_quantiles():
    assert LAW.mean() == pytest.approx(1.760, abs=0.003)
    assert LAW.median() == pytest.approx(1.585, abs=0.003)
    x = np.array([6.0, 20.0])
    assert np.diff(LAW.logsf(x)) / np.diff(x) == pytest.approx(-np.sqrt(2), abs=0.001)


def test_law_is_that_of_the_definition():
    drawn = by_definition(3_000, 150, seed=0)
    assert kstest(drawn, LAW.cdf).pvalue > 0.01


def test_levels_and_remainder_are_the_integral():
    rng = np.random.default_rng(1)
    gaps = rng.exponential(size=(4000, 200))
    short, long = universal.times(gaps[:32]), universal.times(gaps)
    difference = short - long
    assert abs(difference.mean()) < 4 * difference.std() / np.sqrt(len(difference))
    assert difference.std() < 0.02


def test_table_is_reproduced_by_another_scramble():
    grid = np.array([0.5, 1.0, 1.5, 2.0, 3.0, 6.0])
    below, above = np.mean([universal.probabilities(grid, seed, 11) for seed in (101, 102, 103, 104)], axis=0)
    np.testing.assert_allclose(LAW.cdf(grid), below, atol=5e-5)
    np.testing.assert_allclose(LAW.sf(grid), above, rtol=3e-4)


def test_table_is_accurate_and_increasing():
    grid, below, above, error = np.loadtxt(universal.TABLE, delimiter=",", encoding="utf-8").T
    assert error.max() < 1e-5
    np.testing.assert_allclose(below + above, 1, atol=1e-9)
    np.testing.assert_allclose(LAW.cdf(grid), below, rtol=1e-6)
    fine = np.linspace(0.0, 40.0, 20_001)
    assert (np.diff(LAW.logcdf(fine[1:2_000])) > 0).all()
    assert (np.diff(LAW.logsf(fine[500:])) < 0).all()
    assert np.trapezoid(LAW.pdf(fine), fine) == pytest.approx(1, abs=1e-8)


def test_interpolation_error():
    left_out = universal.probabilities(np.array([0.7123, 1.4567, 2.3456]), 7, 12)[0]
    np.testing.assert_allclose(LAW.cdf([0.7123, 1.4567, 2.3456]), left_out, atol=5e-5)


def test_quantiles_invert():
    q = np.array([1e-12, 1e-6, 0.01, 0.5, 0.99, 1 - 1e-9])
    np.testing.assert_allclose(LAW.cdf(LAW.ppf(q)), q, rtol=1e-9)
    np.testing.assert_allclose(LAW.sf(LAW.isf(q)), q, rtol=1e-9)
    assert LAW.ppf([0, 1]).tolist() == [0, np.inf]


def test_draws_follow_the_law():
    drawn = LAW.rvs(size=20_000, random_state=3)
    assert kstest(drawn, LAW.cdf).pvalue > 0.01
    assert drawn.mean() == pytest.approx(LAW.mean(), abs=4 * LAW.std() / np.sqrt(20_000))
