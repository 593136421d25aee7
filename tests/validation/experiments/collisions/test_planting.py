"""Planted pairs: rare ones are frequent, and every mean is what it is without them."""

import itertools

import numpy as np
import pytest

from sim.metrics import benign_pairs, winners
from theory import collisions
from validation.experiments.collisions.planting import PLANTED, likelihood, plant, rank_chance

DRAWS = 4000


def draws(n, m, seed=0):
    return np.random.default_rng(seed).normal(size=(DRAWS, n, m))


def planted(n, m, look):
    """Return what is seen of each draw once it is planted, and by how much that counts."""
    every = draws(n, m)
    weights = np.array([plant(draw) for draw in every])
    return np.array([look(draw) for draw in every]), weights


def held(values, expected):
    error = values.std(ddof=1) / DRAWS**0.5
    assert abs(values.mean() - expected) < 4 * error
    return error


@pytest.mark.parametrize(("n", "m"), [(2, 16), (3, 5), (5, 64), (2, 2)])
def test_means_are_those_of_random_weights(n, m):
    known = collisions.independent_slots(n, m)
    seen, counts = planted(n, m, lambda w: np.count_nonzero(benign_pairs(winners(w), 0.5)))
    held(counts, 1.0)
    error = held(counts * seen, known)
    if known < 0.1:  # where pairs are rare, planting makes the error smaller
        assert error < 0.7 * (known / DRAWS) ** 0.5
    assert seen.mean() > known


@pytest.mark.parametrize("look", [lambda w: (w[0] @ w[1]) ** 2, lambda w: float(w[0].max() > w[1].max())])
def test_so_are_means_of_anything_that_names_no_feature_or_neuron(look):
    every = draws(3, 6, seed=1)
    pairs = list(itertools.permutations(range(3), 2))
    plain = np.array([np.mean([look(w[[i, j]]) for i, j in pairs]) for w in every])
    seen, counts = planted(3, 6, lambda w: np.mean([look(w[[i, j]]) for i, j in pairs]))
    error = np.hypot((counts * seen).std(), plain.std()) / DRAWS**0.5
    assert abs((counts * seen).mean() - plain.mean()) < 4 * error


def test_likelihood_by_hand():
    first, second = rank_chance(3)[:2]
    weights = np.array([[3.0, 2.0, 1.0], [-3.0, 2.0, -1.0]])  # shared so: ranks 0 and 0, 2 and 2
    shared = first**2 + rank_chance(3)[2] ** 2
    assert likelihood(weights) == pytest.approx(2 * 3 * shared)
    assert likelihood(weights * [[1], [-1]]) == pytest.approx(2 * 3 * second**2)


def test_half_are_planted_and_the_weights_stay_the_same_but_for_place_and_sign():
    every = draws(2, 40)
    before = every.copy()
    counts = np.array([plant(draw) for draw in every])
    changed = (every != before).any(axis=(1, 2)).mean()
    assert changed == pytest.approx(PLANTED, abs=4 * 0.5 / DRAWS**0.5)
    np.testing.assert_array_equal(np.sort(np.abs(every), axis=2), np.sort(np.abs(before), axis=2))
    assert 0 < counts.min() < counts.max() <= 1 / (1 - PLANTED)
