import itertools
import math

import mpmath
import numpy as np
import pytest

from theory import collisions


@pytest.mark.parametrize(("n", "m"), [(1, 2), (2, 2), (3, 2), (4, 3)])
def test_independent_slots_is_the_mean_over_all_choices(n, m):
    total = 0
    for slots in itertools.product(range(2 * m), repeat=n):
        total += sum({2 * k, 2 * k + 1} <= set(slots) for k in range(m))
    assert collisions.independent_slots(n, m) == pytest.approx(total / (2 * m) ** n, rel=1e-13, abs=1e-15)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_expected_collisions_is_the_mean_over_all_choices(order):
    n, m = 5, 3
    total = 0
    for neurons in itertools.product(range(m), repeat=n):
        total += sum(math.comb(count, order) for count in np.bincount(neurons))
    assert collisions.expected_collisions(n, m, order) == pytest.approx(total / m**n, rel=1e-14)


def test_paper_heuristic():
    assert collisions.paper_heuristic(64, 128) == 8


def test_exclusion_law_is_found_here():
    assert collisions.polysemantic_neurons(64, 128).mean() == pytest.approx(7.906, abs=5e-4)


@pytest.mark.parametrize("predict", [collisions.paper_heuristic, collisions.independent_slots])
def test_bad_sizes_are_named(predict):
    with pytest.raises(ValueError, match="n_features"):
        predict(9, 4)


def test_bad_order_is_named():
    with pytest.raises(ValueError, match="order"):
        collisions.expected_collisions(4, 4, 1)


@pytest.mark.parametrize(
    ("n", "m"), [(1, 10**12), (100, 10**8), (64, 10**9), (10**9, 10**12), (10**12, 10**12)]
)
def test_independent_slots_loses_no_digits(n, m):
    with mpmath.workdps(80):
        p = 1 / mpmath.mpf(m)
        exact = float(m * (1 - 2 * (1 - p / 2) ** n + (1 - p) ** n))
    assert collisions.independent_slots(n, m) == pytest.approx(exact, rel=1e-14, abs=1e-60)
