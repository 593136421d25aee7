"""Rare pairs made frequent: importance sampling of initial weights, by planting a benign pair in them.

Two random features out of few, on many neurons, nearly never share one in the end. So the first two of half
of the runs are made to share a neuron at the start, with opposite signs, by an exchange of weights whose
ranks are drawn at random, and each run counts by its likelihood ratio, which is known exactly. Any mean that
does not depend on the names of features and neurons keeps its expected value. (Owen, *Monte Carlo theory,
methods and examples*, 2013, sections 9.1, 9.2, on mixtures.)
"""

import numpy as np

PLANTED = 0.5  # share of the runs: no run counts more than 1/(1 − PLANTED)
RARE = 0.005  # expected pairs of a run, below which pairs are planted; up to 0.05 errors become smaller


def plant(weights: np.ndarray) -> float:
    """Plant a benign pair in random weights, or leave them, and return by how much the run counts.

    Parameters
    ----------
    weights : ndarray, shape (feature, neuron)
        Independent ones, symmetric about 0 and alike on all neurons; changed in place. Draws depend on their
        bits alone, and so neither on the number of workers nor on their order.
    """
    rng = np.random.default_rng(np.ascontiguousarray(weights).view(np.uint32).ravel()[:8])
    if rng.random() < PLANTED:
        chance = rank_chance(weights.shape[1])
        for encoding, rank in zip(weights[:2], rng.choice(chance.size, 2, p=chance), strict=True):
            _swap(encoding, 0, np.argsort(-np.abs(encoding))[rank])
        weights[1, 0] = -np.sign(weights[0, 0]) * abs(weights[1, 0])
    return 1 / (1 - PLANTED + PLANTED * likelihood(weights))


def likelihood(weights: np.ndarray) -> float:
    """Return the density of planted weights over that of random ones, the mean over pairs of features.

    A pair is planted on the neurons that it shares with opposite signs, each with the chance of both ranks,
    times 2m, as two random weights share a neuron so with probability 1/(2m).
    """
    n, m = weights.shape
    chance = np.empty((n, m))
    order = np.argsort(-np.abs(weights), axis=1)
    np.put_along_axis(chance, order, rank_chance(m)[None], 1)
    pairs = (chance * (weights > 0)).sum(axis=0) @ (chance * (weights < 0)).sum(axis=0)
    return float(pairs * 4 * m / (n * (n - 1)))


def rank_chance(m: int) -> np.ndarray:
    """Return with which chance a weight is planted, by its rank: 6/9, 1.5/9, 0.6/9 …, about as they win."""
    rank = np.arange(1.0, m + 1)
    chance = 1 / (rank * (rank + 1) * (rank + 2))
    return chance / chance.sum()


def _swap(encoding: np.ndarray, first: int, second: int) -> None:
    encoding[[first, second]] = encoding[[second, first]]
