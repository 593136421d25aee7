"""How much of the hidden space each feature has for itself."""

import numpy as np

from theory.common import arguments


def dimensionality(weights: np.ndarray) -> np.ndarray:
    """Return the dimensionality of each feature, ``‖W_i‖² / Σ_j (Ŵ_i·W_j)²``.

    Parameters
    ----------
    weights : array_like, shape (..., feature, neuron)

    Returns
    -------
    ndarray, shape (..., feature)
        From 0, for an encoding of length 0, to 1: 1/2 in an antipodal pair, 2/3 in a triangle, 2/5 in a
        pentagon, 3/4 in a tetrahedron, 3/8 in a square antiprism. They add up to at most m.

    Raises
    ------
    TypeError, ValueError
        If `weights` are no such array.

    Notes
    -----
    Elhage et al. 2022 (arXiv:2209.10652), section 4. Multiplied by ``‖W_i‖²/‖W_i‖²`` it is the *capacity*
    ``(W_i·W_i)² / Σ_j (W_i·W_j)²`` of Scherlis et al. 2022 (arXiv:2210.01892), section 2: one measure with
    two names.
    """
    weights = arguments.array("weights", weights, ("...", "feature", "neuron"))
    largest = np.abs(weights).max(axis=(-1, -2), keepdims=True)
    weights = weights / np.where(largest == 0, 1, largest)  # squares of squares are still floats
    products = weights @ np.swapaxes(weights, -1, -2)
    own = np.diagonal(products, axis1=-2, axis2=-1)
    total = (products**2).sum(axis=-1)
    return np.divide(own**2, total, out=np.zeros(own.shape), where=total > 0)


capacity = dimensionality


def dimensions_per_feature(weights: np.ndarray) -> np.ndarray:
    """Return ``m / ‖W‖²_F``: how many neurons there are for each feature that is represented.

    Parameters
    ----------
    weights : array_like, shape (..., feature, neuron)

    Returns
    -------
    ndarray, shape (...)
        1 where m features have a neuron each, 1/2 where all are in antipodal pairs; infinite without weights.

    Raises
    ------
    TypeError, ValueError
        If `weights` are no such array.

    Notes
    -----
    Elhage et al. 2022 (arXiv:2209.10652), section 4.
    """
    weights = arguments.array("weights", weights, ("...", "feature", "neuron"))
    squares = (weights**2).sum(axis=(-1, -2))
    return np.divide(weights.shape[-1], squares, out=np.full(squares.shape, np.inf), where=squares > 0)
