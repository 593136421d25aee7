"""Slots: the neuron and the sign of the largest weight of each feature, and who meets whom there."""

import numpy as np


def slots(weights: np.ndarray) -> np.ndarray:
    """Return the slot of each feature, shape (feature,).

    ``k + 1`` if its largest weight is positive and on neuron k, ``−(k + 1)`` if it is negative, and 0 for an
    encoding of zeros.

    Parameters
    ----------
    weights : ndarray, shape (feature, neuron)
    """
    neuron = np.abs(weights).argmax(axis=1)
    return (np.sign(weights[np.arange(len(weights)), neuron]) * (neuron + 1)).astype(int)


def benign(taken: np.ndarray) -> int:
    """Return the number of neurons of which both slots are among those `taken`."""
    return int(np.intersect1d(taken[taken > 0], -taken[taken < 0]).size)
