"""The tied autoencoder ``y = ReLU(W Wᵀ x)``, trained on all basis vectors at once."""

import numba

from validation.training.backend import Array, namespace_of
from validation.training.elementwise import Elementwise, where
from validation.training.models import Encodings


class Tied(Encodings):
    """Training loss and gradient of the tied autoencoder, for a batch of replicates.

    Parameters
    ----------
    l1_train : float
        L1 strength λ_train in the training loss, four times that of the flow.
    l2 : float
        Strength of L2 in the training loss.

    Notes
    -----
    Seed 001, section "We consider a model …". Weights have shape (replicate, feature, neuron) and are
    C-contiguous, float32 or float64. The dense products go to BLAS, what is between them is fused.
    """

    def __init__(self, l1_train: float, l2: float = 0.0) -> None:
        self.l1_train, self.l2 = l1_train, l2
        self._identity: Array = None  # of the shape of the Gram matrices, made once

    def loss(self, weights: Array, step: int = 0) -> Array:
        """Return ``Σ_i ‖ReLU(W W_i) − e_i‖² + λ_train ‖W‖₁ + l2 ‖W‖²`` by replicate, in float64."""
        xp = namespace_of(weights)
        outputs = xp.maximum(weights @ xp.matrix_transpose(weights), 0.0)
        error = xp.astype(outputs - xp.eye(weights.shape[-2], dtype=weights.dtype), xp.float64)
        l1_norm = xp.sum(xp.abs(weights), axis=(-1, -2), dtype=xp.float64)
        squares = xp.sum(weights * weights, axis=(-1, -2), dtype=xp.float64)
        return xp.sum(error * error, axis=(-1, -2)) + self.l1_train * l1_norm + self.l2 * squares

    def gradient(self, weights: Array) -> Array:
        """Return ``4 R W + λ_train sign(W) + 2 l2 W``, shape (replicate, feature, neuron)."""
        penalties = self.l1_train * namespace_of(weights).sign(weights) + 2 * self.l2 * weights
        return self.smooth_gradient(weights) + penalties

    def smooth_gradient(self, weights: Array, step: int = 0) -> Array:
        """Return ``4 R W``, the gradient of the squared error; it is the same in every step.

        ``R = ReLU(W Wᵀ) − I`` where ``W Wᵀ`` is positive, and 0 elsewhere: R is symmetric, so both
        factors of the Gram matrix pass back the same ``2 R W``. ReLU and ‖·‖₁ have derivative 0 at 0.
        """
        xp = namespace_of(weights)
        gram = weights @ xp.matrix_transpose(weights)
        if self._identity is None or self._identity.shape != gram.shape or self._identity.dtype != gram.dtype:
            self._identity = xp.zeros_like(gram) + xp.eye(gram.shape[-1], dtype=gram.dtype)
        to_residual((gram, self._identity))
        return gram @ weights


def _residual(gram, identity):
    gram = where(gram > 0, 4 * (gram - identity), 0 * gram)
    return (gram,)


residual = numba.njit(_residual)


@numba.njit(cache=True, nogil=True)
def _loop(gram, identity, settings):
    for k in range(gram.size):
        (gram[k],) = residual(gram[k], identity[k])


to_residual = Elementwise(_residual, 2, _loop)
"""Turns Gram matrices into ``4 R``."""
