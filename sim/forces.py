"""The three forces on the encodings as kernels; tests hold them against `theory.flow`.

With the Gram matrix ``G = W Wᵀ``, feature benefit and interference together are one product, ``M W``, of
the encodings with the *mismatch* ``M = I − ReLU(G)``: feature benefit is its diagonal, interference the
rest. L1 is never added to them: every integrator applies it as a soft threshold, so that zeros are exact.
"""

import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  # Numba's BLAS: loaded here, so that threadpoolctl sees it
from numba import njit

FORCES = ("feature_benefit", "interference", "l1")


@njit(cache=True, nogil=True)
def smooth_force(weights, feature_benefit, interference, gram, out):
    """Write feature benefit and interference, as far as switched on, to `out`.

    Parameters
    ----------
    weights : ndarray, shape (feature, neuron)
        Encodings W.
    feature_benefit, interference : bool
        Which of the two forces act.
    gram : ndarray, shape (feature, feature)
        Work space; holds the mismatch M afterwards.
    out : ndarray, shape (feature, neuron)
        The force.

    Returns
    -------
    float
        Largest entry of M in absolute value: how far the smooth flow is from rest.
    """
    n = weights.shape[0]
    np.dot(weights, weights.T, gram)
    largest = 0.0
    for i in range(n):
        for j in range(n):
            if i == j:
                gram[i, i] = 1.0 - gram[i, i] if feature_benefit else 0.0
            else:
                gram[i, j] = -gram[i, j] if interference and gram[i, j] > 0.0 else 0.0
            largest = max(largest, abs(gram[i, j]))
    np.dot(gram, weights, out)
    return largest


@njit(cache=True, nogil=True)
def shrink(weights, amount):
    """Move every weight towards 0 by `amount`, and no further: the exact flow of L1 alone."""
    flat = weights.reshape(-1)
    for i in range(flat.size):
        w = flat[i]
        flat[i] = w - amount if w > amount else (w + amount if w < -amount else 0.0)


def energy(weights: np.ndarray, l1: float) -> float:
    """Return ``E(W) = ¼ ‖ReLU(W Wᵀ) − I‖² + λ ‖W‖₁``, the quantity that the flow descends.

    Parameters
    ----------
    weights : ndarray, shape (feature, neuron)
    l1 : float
        L1 strength λ.
    """
    mismatch = np.maximum(weights @ weights.T, 0) - np.eye(len(weights))
    return float(0.25 * (mismatch**2).sum() + l1 * np.abs(weights).sum())
