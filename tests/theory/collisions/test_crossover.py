import numpy as np
import pytest
from scipy import stats

from theory.collisions import crossover
from theory.collisions.exclusion import polysemantic_neurons


def distance(n, m):
    """Total variation between the exclusion law and the Poisson law of its mean."""
    law, d = polysemantic_neurons(n, m), np.arange(n // 2 + 1)
    poisson = stats.poisson(law.mean())
    return (np.abs(law.pmf(d) - poisson.pmf(d)).sum() + poisson.sf(d[-1])) / 2


@pytest.mark.parametrize(
    ("n", "m"), [(2, 1), (2, 2), (3, 2), (6, 3), (6, 6), (20, 20), (20, 100), (64, 128), (100, 10**4)]
)
def test_poisson_bound_holds(n, m):
    assert distance(n, m) <= crossover.poisson_bound(n, m) * (1 + 1e-12)


@pytest.mark.parametrize("n", [10, 30, 100, 300])
def test_poisson_bound_is_of_the_right_order(n):
    bound = crossover.poisson_bound(n, n**2)
    assert distance(n, n**2) / bound > 0.2
    assert bound < 1 / n


@pytest.mark.parametrize("probability", [0.1, 0.5, 0.9])
def test_crossover_has_the_stated_error(probability):
    def error(n):
        """Of the logarithm of the probability, at the predicted number of neurons."""
        m = crossover.neurons_without_polysemanticity(n, probability)
        floor = int(m)
        low, high = (np.log(polysemantic_neurons(n, k).pmf(0)) for k in (floor, floor + 1))
        return abs(low + (m - floor) * (high - low) - np.log(probability))

    assert error(80) < 2e-3
    assert error(40) / error(80) == pytest.approx(4, rel=0.15)


def test_even_odds_at_a_third_of_the_square():
    assert crossover.neurons_without_polysemanticity(1000) / 1000**2 == pytest.approx(0.3607, abs=3e-4)


@pytest.mark.parametrize("probability", [0, 1, 1.5])
def test_bad_probability_is_named(probability):
    with pytest.raises(ValueError, match="probability"):
        crossover.neurons_without_polysemanticity(10, probability)
