"""Splitting polysemantic neurons in two, and what becomes of their features."""

import numpy as np

from sim.metrics import benign_pairs

TIED = 2**-0.5  # what each copy gets of the weights under tied weights (`theory.co_occurrence.splitting`)
LARGE = 1 / 3  # of the length of an encoding; an equal share of two copies is 0.7
OUTCOMES = ("apart", "together", "split", "other")


def polysemantic_pairs(weights: np.ndarray) -> list[tuple[int, int, int]]:
    """Return both features and the neuron of each benign pair, at the end of the flow."""
    neurons = np.flatnonzero(benign_pairs(weights) == 1).tolist()
    features = (np.flatnonzero(np.abs(weights[:, neuron]) > 0.5).tolist() for neuron in neurons)
    return [(one, two, neuron) for (one, two), neuron in zip(features, neurons, strict=True)]


def split(
    weights: np.ndarray, pairs: list[tuple[int, int, int]], noise: np.ndarray, share: float
) -> np.ndarray:
    """Duplicate polysemantic neurons and add noise to all weights of the copies.

    Parameters
    ----------
    weights : ndarray, shape (feature, neuron)
    pairs : list
        Of `polysemantic_pairs`.
    noise : ndarray, shape (feature, wider)
        As many neurons as are returned; those behind the copies are empty.
    share : float
        What each copy gets of the neuron's weights (`TIED` under tied weights).
    """
    wide = np.zeros(noise.shape)
    wide[:, : weights.shape[1]] = weights
    homes = [home for _, _, home in pairs]
    copies = list(range(weights.shape[1], weights.shape[1] + len(homes)))
    wide[:, copies] = wide[:, homes]
    both = homes + copies
    wide[:, both] = share * wide[:, both] + noise[:, both]
    return wide


def outcome(weights: np.ndarray, features: tuple[int, int], copies: tuple[int, int]) -> str:
    """Say what has become of a pair: one of `OUTCOMES`.

    "apart": each feature alone on a copy of its own; "together": both on one; "split": both are there, and
    one has large weights on both; "other": one has left, or another feature has come.
    """
    large = np.abs(weights) > LARGE * np.linalg.norm(weights, axis=-1, keepdims=True)
    one, two = (tuple(large[feature, list(copies)]) for feature in features)
    if large[:, list(copies)].sum() > sum(one) + sum(two) or not (any(one) and any(two)):
        return "other"
    if all(one) or all(two):
        return "split"
    return "together" if one == two else "apart"
