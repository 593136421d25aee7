"""The tied autoencoder ``y = ReLU(W Wᵀ x)``, trained on all basis vectors at once."""

import numba
import numpy as np


class Tied:
    """Training loss and gradient of the tied autoencoder, for a batch of replicates.

    Parameters
    ----------
    l1_train : float
        L1 strength λ_train in the training loss, four times that of the flow.

    Notes
    -----
    Seed 001, section "We consider a model …". Weights have shape (replicate, feature, neuron) and are
    C-contiguous, float32 or float64. The dense products go to BLAS, what is between them is fused.
    """

    def __init__(self, l1_train: float) -> None:
        self.l1_train = l1_train

    def loss(self, weights: np.ndarray) -> np.ndarray:
        """Return ``Σ_i ‖ReLU(W W_i) − e_i‖² + λ_train Σ_i ‖W_i‖₁`` by replicate, in float64."""
        error = np.maximum(weights @ weights.swapaxes(-1, -2), 0) - np.eye(weights.shape[-2])
        squared_error = np.einsum("rij,rij->r", error, error)
        return squared_error + self.l1_train * np.abs(weights).sum(axis=(-1, -2), dtype=np.float64)

    def gradient(self, weights: np.ndarray) -> np.ndarray:
        """Return ``4 R W + λ_train sign(W)``, shape (replicate, feature, neuron).

        ``R = ReLU(W Wᵀ) − I`` where ``W Wᵀ`` is positive, and 0 elsewhere: R is symmetric, so both
        factors of the Gram matrix pass back the same ``2 R W``. ReLU and ‖·‖₁ have derivative 0 at 0.
        """
        gram = weights @ weights.swapaxes(-1, -2)
        _to_residual(gram)
        gradient = gram @ weights
        _add_l1_subgradient(gradient.reshape(-1), weights.reshape(-1), weights.dtype.type(self.l1_train))
        return gradient


@numba.njit(cache=True, nogil=True)
def _to_residual(gram):
    """Turn a batch of Gram matrices into ``4 R``, in place."""
    replicates, features, _ = gram.shape
    for r in range(replicates):
        for i in range(features):
            row = gram[r, i]
            active = row[i] > 0
            for j in range(features):
                row[j] = 4 * max(row[j], 0)
            if active:
                row[i] -= 4


@numba.njit(cache=True, nogil=True)
def _add_l1_subgradient(gradient, weights, l1):
    """Add ``l1 sign(weights)`` to `gradient`, in place."""
    for k in range(weights.size):
        gradient[k] += l1 * np.sign(weights[k])
