"""What encodings say: polysemantic neurons, benign pairs, winners, fourth norms, dead features."""

from typing import TYPE_CHECKING

import numpy as np
import xarray as xr

from theory.common import arguments, schema

if TYPE_CHECKING:
    from scipy import sparse


def features_on(weights: np.ndarray, threshold: float = 0.5) -> np.ndarray:
    """Return the number of features with a weight of size greater than `threshold` on each neuron.

    Parameters
    ----------
    weights : ndarray, shape (..., feature, neuron)
        Encodings; leading axes are replicates.
    threshold : float
        Size from which on a weight counts, at least 0.

    Returns
    -------
    ndarray of int, shape (..., neuron)
    """
    weights = arguments.array("weights", weights, ("...", "feature", "neuron"))
    return (np.abs(weights) > arguments.real("threshold", threshold, least=0)).sum(axis=-2)


def polysemantic_neurons(weights: np.ndarray | xr.Dataset, threshold: float = 0.5) -> int | np.ndarray:
    """Count the neurons on which two or more features have a weight of size greater than `threshold`.

    Parameters
    ----------
    weights : ndarray, shape (..., feature, neuron), or Dataset
        Encodings; leading axes are replicates. Of a result of `simulate` or `train`, those that it ends with.
    threshold : float
        Size from which on a weight counts, at least 0.

    Returns
    -------
    int or ndarray of int, shape (...)
        The number of polysemantic neurons, by replicate where there are replicates.

    Raises
    ------
    TypeError, ValueError
        If the weights are no array of finite numbers with at least these two axes, or the threshold is
        negative.

    Notes
    -----
    Seed 001, "Benign and malign collisions". At the end of the flow a weight is 0 or about 1, so that
    any threshold between tells the same. The paper's criterion, two weights in [0.8, 1.2], is met by
    the same neurons once training has converged.
    """
    count = (features_on(schema.final("weights", weights), threshold) >= 2).sum(axis=-1)
    return int(count) if np.ndim(count) == 0 else count


def benign_pairs(weights: "np.ndarray | sparse.csr_array", threshold: float = 0.5) -> np.ndarray:
    """Return the number of pairs of features with large weights of opposite signs on each neuron.

    Parameters
    ----------
    weights : ndarray, shape (..., feature, neuron), or sparse array, shape (feature, neuron)
        Encodings; leading axes are replicates.
    threshold : float
        Size from which on a weight counts, at least 0.

    Returns
    -------
    ndarray of int, shape (..., neuron)
        At the end of the flow 1 for a polysemantic neuron, of two features, and else 0.

    Notes
    -----
    Seed 001, "Benign and malign collisions".
    """
    arguments.real("threshold", threshold, least=0)
    return (weights > threshold).sum(axis=-2) * (weights < -threshold).sum(axis=-2)


def winners(weights: np.ndarray) -> np.ndarray:
    """Return the sign of the largest weight of each encoding, in its place; 0 elsewhere.

    Parameters
    ----------
    weights : ndarray, shape (..., feature, neuron)

    Returns
    -------
    ndarray of int, shape (..., feature, neuron)
    """
    place = np.abs(weights).argmax(axis=-1)[..., None]
    found = np.zeros(np.shape(weights), np.int8)
    np.put_along_axis(found, place, np.sign(np.take_along_axis(weights, place, axis=-1)).astype(np.int8), -1)
    return found


def leading_slots(weights: np.ndarray) -> np.ndarray:
    """Return the slot of the largest weight of each encoding: 2k on neuron k if it is positive, else 2k + 1.

    Parameters
    ----------
    weights : ndarray, shape (..., feature, neuron)

    Returns
    -------
    ndarray of int32, shape (..., feature)
        −1 where an encoding is all zeros.
    """
    leader = np.abs(weights).argmax(axis=-1)
    largest = np.take_along_axis(weights, leader[..., None], axis=-1)[..., 0]
    return np.where(largest == 0, -1, 2 * leader + (largest < 0)).astype(np.int32)


def fourth_norms(weights: np.ndarray) -> np.ndarray:
    """Return ``‖w‖₄⁴ / ‖w‖⁴`` of encodings, shape (..., feature): 1 on one neuron, 1/k on k equal ones.

    Parameters
    ----------
    weights : ndarray of float, shape (..., feature, neuron)

    Returns
    -------
    ndarray of float, shape (..., feature)
        In the precision of the weights; NaN where an encoding is all zeros.
    """
    lengths = np.linalg.norm(weights, axis=-1, keepdims=True)
    squares = np.divide(weights, lengths, out=np.full_like(weights, np.nan), where=lengths > 0) ** 2
    return np.einsum("...k,...k->...", squares, squares)


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
