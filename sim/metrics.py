"""What final encodings say: polysemantic neurons, winners, dead features."""

import numpy as np

from theory.common import arguments


def polysemantic_neurons(weights: np.ndarray, threshold: float = 0.5) -> int | np.ndarray:
    """Count the neurons on which two or more features have a weight of size greater than `threshold`.

    Parameters
    ----------
    weights : ndarray, shape (..., feature, neuron)
        Encodings; leading axes are replicates.
    threshold : float
        Size from which on a weight counts, at least 0.

    Returns
    -------
    int or ndarray of int, shape (...)
        The number of polysemantic neurons, by replicate where there are replicates.

    Notes
    -----
    Seed 001, "Benign and malign collisions". At the end of the flow a weight is 0 or about 1, so that
    any threshold between tells the same. The paper's criterion, two weights in [0.8, 1.2], is met by
    the same neurons once training has converged.
    """
    arguments.real("threshold", threshold, least=0)
    large = np.abs(np.asarray(weights)) > threshold
    count = (large.sum(axis=-2) >= 2).sum(axis=-1)
    return int(count) if np.ndim(count) == 0 else count


def winner_kept(initial: np.ndarray, final: np.ndarray) -> np.ndarray:
    """Return the share of features whose largest initial weight is also their largest final one.

    Features that have died (a final encoding of zeros) count as not kept.

    Parameters
    ----------
    initial, final : ndarray, shape (..., feature, neuron)
        Encodings before and after.

    Returns
    -------
    ndarray of float, shape (...)
    """
    before, after = np.abs(initial), np.abs(final)
    kept = (before.argmax(axis=-1) == after.argmax(axis=-1)) & (after.max(axis=-1) > 0)
    return kept.mean(axis=-1)


def dead_features(final: np.ndarray) -> np.ndarray:
    """Return the number of features whose encoding is all zeros, shape (...)."""
    return (~np.asarray(final).any(axis=-1)).sum(axis=-1)
