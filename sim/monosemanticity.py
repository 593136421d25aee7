"""How monosemantic neurons are, from their activations where one feature at a time is on."""

import numpy as np

from theory.common import arguments

AXES = ("...", "feature", "neuron")


def monosemantic_neurons(activations: np.ndarray, threshold: float = 0.999) -> np.ndarray:
    """Say which neurons are monosemantic: one feature has more than `threshold` of their activation.

    Parameters
    ----------
    activations : array_like, shape (..., feature, neuron)
        Of each feature alone, with value 1. Their sizes count.
    threshold : float
        Share of the largest activation in the sum over features, between 0 and 1.

    Returns
    -------
    ndarray of bool, shape (..., neuron)
        False, too, for dead neurons, which no feature activates.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    arXiv:2211.09169 (seed 000); 0.999 is the threshold of its authors' code.
    """
    return selectivity(activations) > arguments.real("threshold", threshold, least=0, most=1)


def selectivity(activations: np.ndarray) -> np.ndarray:
    """Return the largest activation over the sum of all, by neuron: 1 for one feature, 0 if dead.

    Shapes and errors are those of `monosemantic_neurons`.
    """
    sizes = _sizes(activations)
    return _over(sizes.max(axis=-2), sizes.sum(axis=-2))


def participation(activations: np.ndarray) -> np.ndarray:
    """Return how many features a neuron has, ``(Σ a)² / Σ a²``: r if it answers to r alike, 0 if dead.

    Shapes and errors are those of `monosemantic_neurons`.
    """
    sizes = _sizes(activations)
    shares = _over(sizes, sizes.max(axis=-2, keepdims=True))  # squares of them are no smaller than any float
    return _over(shares.sum(axis=-2) ** 2, (shares**2).sum(axis=-2))


def dead_neurons(activations: np.ndarray) -> np.ndarray:
    """Say which neurons no feature activates; shapes and errors are those of `monosemantic_neurons`."""
    return np.asarray(~_sizes(activations).any(axis=-2))


def own_neurons(activations: np.ndarray, threshold: float = 0.999) -> np.ndarray:
    """Return how many monosemantic neurons each feature has of its own.

    Returns
    -------
    ndarray of int, shape (..., feature)
        Other shapes and errors are those of `monosemantic_neurons`.
    """
    sizes = _sizes(activations)
    largest = sizes.argmax(axis=-2)[..., None, :] == np.arange(sizes.shape[-2])[:, None]
    return (largest & monosemantic_neurons(sizes, threshold)[..., None, :]).sum(axis=-1)


def _sizes(activations: np.ndarray) -> np.ndarray:
    return np.abs(arguments.array("activations", activations, AXES))


def _over(above: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return a ratio, 0 where nothing is below."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)
