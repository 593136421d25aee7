import itertools
from collections import Counter
from fractions import Fraction

import mpmath
import numpy as np
import pytest
from scipy import stats

from theory.collisions import exclusion


def enumerated(n, m):
    """Probability of each number of doubly used neurons, by listing the subsets of the 2m slots."""
    counts = Counter()
    for slots in itertools.combinations(range(2 * m), n):
        counts[n - len({slot // 2 for slot in slots})] += 1
    return {d: Fraction(count, counts.total()) for d, count in counts.items()}


@pytest.mark.parametrize(("n", "m"), [(1, 1), (2, 1), (2, 4), (3, 3), (5, 5), (6, 4), (8, 4), (7, 5)])
def test_law_is_that_of_enumeration(n, m):
    law, exact = exclusion.polysemantic_neurons(n, m), enumerated(n, m)
    mean = sum(d * p for d, p in exact.items())
    variance = sum((d - mean) ** 2 * p for d, p in exact.items())
    assert law.support() == (min(exact), max(exact))
    np.testing.assert_allclose(law.pmf(list(exact)), [float(p) for p in exact.values()], rtol=1e-12)
    assert law.mean() == pytest.approx(float(mean), rel=1e-14)
    assert law.var() == pytest.approx(float(variance), rel=1e-12, abs=1e-15)


@pytest.mark.parametrize(("n", "m"), [(4, 6), (6, 4), (7, 5)])
def test_higher_moments_are_those_of_enumeration(n, m):
    exact = enumerated(n, m)
    mean = sum(d * p for d, p in exact.items())
    second, third = (sum((d - mean) ** power * p for d, p in exact.items()) for power in (2, 3))
    skewness = exclusion.polysemantic_neurons(n, m).stats("s")
    assert skewness == pytest.approx(float(third) / float(second) ** 1.5, rel=1e-10)
    for order in (1, 2, 3, 4):
        moment = sum(int(np.prod([d - k for k in range(order)])) * p for d, p in exact.items())
        assert exclusion.factorial_moment(n, m, order) == pytest.approx(float(moment), rel=1e-13)


def test_law_at_64_features_and_128_neurons():
    law = exclusion.polysemantic_neurons(64, 128)
    assert law.mean() == pytest.approx(7.906, abs=5e-4)
    assert law.var() / law.mean() == pytest.approx(0.568, abs=5e-4)
    assert law.pmf(np.arange(33)).sum() == pytest.approx(1, rel=1e-11)


@pytest.mark.parametrize("m", [50_000, 60_000, 200_000, 10_000_000])
def test_law_with_many_features(m):
    n = 100_000
    law = exclusion.polysemantic_neurons(n, m)
    d = round(law.mean())
    with mpmath.workdps(50):
        exact = mpmath.binomial(m, d) * mpmath.binomial(m - d, n - 2 * d)
        exact *= mpmath.mpf(2) ** (n - 2 * d) / mpmath.binomial(2 * m, n)
    assert law.pmf(d) == pytest.approx(float(exact), rel=1e-8)
    assert 0 <= law.var() < law.mean()


def test_draws_follow_the_law():
    law = exclusion.polysemantic_neurons(12, 10)
    draws = law.rvs(size=20_000, random_state=np.random.default_rng(1))
    values, counts = np.unique(draws, return_counts=True)
    common = law.pmf(values) * draws.size > 10
    expected = law.pmf(values[common])
    expected *= counts[common].sum() / expected.sum()
    assert stats.chisquare(counts[common], expected).pvalue > 0.01


@pytest.mark.parametrize(
    ("n", "m", "error", "name"),
    [
        (9, 4, ValueError, "n_features"),
        (0, 4, ValueError, "n_features"),
        (4, 0, ValueError, "n_neurons"),
        (2.0, 4, TypeError, "n_features"),
    ],
)
def test_bad_sizes_are_named(n, m, error, name):
    with pytest.raises(error, match=name):
        exclusion.polysemantic_neurons(n, m)


@pytest.mark.parametrize(("n", "m"), [(10**9, 10**12), (10**12, 10**12), (10**12, 6 * 10**11)])
def test_law_with_very_many_features(n, m):
    law = exclusion.polysemantic_neurons(n, m)
    d = round(law.mean() + 2 * law.std())
    above, below = (m, n, 2 * m - n), (d, n - 2 * d, m - n + d, 2 * m)
    with mpmath.workdps(60):
        log = (n - 2 * d) * mpmath.log(2) + sum(mpmath.loggamma(k + 1) for k in above)
        exact = float(mpmath.exp(log - sum(mpmath.loggamma(k + 1) for k in below)))
    assert law.pmf(d) == pytest.approx(exact, rel=1e-9)


def test_distribution_function_sums_only_where_there_is_probability():
    assert exclusion.polysemantic_neurons(10**10, 10**10).cdf(25 * 10**8) == pytest.approx(0.5, abs=1e-4)
    law = exclusion.polysemantic_neurons(1000, 1000)
    np.testing.assert_allclose(law.cdf([200, 250]), [law.pmf(np.arange(k + 1)).sum() for k in (200, 250)])
