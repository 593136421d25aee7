"""The energy that the flow descends."""

import numpy as np


def energy(weights: np.ndarray, l1: float) -> float:
    """Return ``E(W) = ¼ ‖ReLU(W Wᵀ) − I‖² + λ ‖W‖₁`` (`theory.flow`).

    Parameters
    ----------
    weights : ndarray, shape (feature, neuron)
    l1 : float
        L1 strength λ.
    """
    mismatch = np.maximum(weights @ weights.T, 0) - np.eye(len(weights))
    return float(0.25 * (mismatch**2).sum() + l1 * np.abs(weights).sum())
