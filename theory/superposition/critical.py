"""Critical points of the expected loss: where they are, and in how many directions the loss falls there."""

import numpy as np
from scipy import optimize

from theory.superposition import expected, one_feature
from theory.superposition.model import Superposition

CLOSE = 1e-12  # of the gradient, at a critical point
FLAT = 1e-9  # size of an eigenvalue of the Hessian that counts as 0
STEPS, LONGEST = 40, 0.2  # of Newton's method


def newton(
    weights: np.ndarray, biases: np.ndarray, model: Superposition
) -> tuple[np.ndarray, np.ndarray, float]:
    """Return where Newton's method comes to from weights and biases, and the largest slope that is left.

    Directions without curvature, such as rotations, are left alone.

    Parameters
    ----------
    weights : array_like, shape (feature, neuron)
    biases : array_like, shape (feature,)
    model : Superposition

    Raises
    ------
    TypeError, ValueError
        If weights or biases do not fit the model.
    """
    weights, biases = model.checked(weights, biases)
    best = weights, biases, np.inf
    for _ in range(STEPS):
        by_weights, by_biases = expected.gradient(weights, biases, model)
        fall = np.concatenate([by_weights.ravel(), by_biases])
        slope = float(np.abs(fall).max())
        if slope < best[2]:
            best = weights, biases, slope
        if slope <= CLOSE:
            break
        step = np.linalg.lstsq(expected.hessian(weights, biases, model), -fall, rcond=FLAT)[0]
        step *= min(1.0, LONGEST / max(np.abs(step).max(), LONGEST))
        weights = weights + step[: weights.size].reshape(weights.shape)
        biases = biases + step[weights.size :]
    return best


def directions(weights: np.ndarray, biases: np.ndarray, model: Superposition) -> tuple[int, int]:
    """Return in how many directions the loss falls at a critical point, and in how many it is flat.

    To second order; rotations of the hidden space, in which it is always flat, do not count.

    Parameters
    ----------
    weights : array_like, shape (feature, neuron)
    biases : array_like, shape (feature,)
    model : Superposition

    Raises
    ------
    TypeError, ValueError
        If weights or biases do not fit the model.
    """
    weights, biases = model.checked(weights, biases)
    bend = expected.hessian(weights, biases, model)
    eigenvalues, vectors = np.linalg.eigh(bend)
    falling = eigenvalues < -FLAT
    flat = int((np.abs(eigenvalues) <= FLAT).sum()) - _rotations(weights)
    kinks = one_feature.kinks(weights @ weights.T, biases)
    if model.probability > 0 or not kinks.any() or not falling.any():
        return int(falling.sum()), flat
    starts = np.vstack([vectors.T[falling], -vectors.T[falling]])
    return (int(falling.sum()) if _falls(weights, model, bend, kinks, starts) else 0), flat


def _rotations(weights: np.ndarray) -> int:
    """Return in how many ways a rotation of the hidden space moves the encodings."""
    rank = int(np.linalg.matrix_rank(weights, tol=FLAT))
    return rank * (rank - 1) // 2 + rank * (weights.shape[1] - rank)


def _falls(
    weights: np.ndarray, model: Superposition, bend: np.ndarray, kinks: np.ndarray, starts: np.ndarray
) -> bool:
    """Say whether the loss falls from a point where its slope has kinks, sought from some directions.

    The Hessian is that of one side of the kinks. What they add is positive, and also of second order.
    """
    inputs, outputs = np.nonzero(kinks)
    turns = expected.product_turns(weights)[inputs, outputs].reshape(len(inputs), -1)
    scale = model.importances[outputs] / model.n_features

    def change(displacement: np.ndarray) -> tuple[float, np.ndarray]:
        size = np.linalg.norm(displacement)
        displacement = displacement / size
        by_weights, by_biases = displacement[: weights.size], displacement[weights.size :]
        powers, by_product, by_bias = one_feature.power_slopes(turns @ by_weights, by_biases[outputs])
        slope = bend @ displacement
        slope[: weights.size] += turns.T @ (by_product * scale)
        np.add.at(slope, weights.size + outputs, by_bias * scale)
        total = displacement @ bend @ displacement / 2 + powers @ scale
        return total, (slope - 2 * total * displacement) / size

    if min(change(start)[0] for start in starts) < 0:
        return True
    lowest = min(optimize.minimize(change, at, jac=True, method="L-BFGS-B").fun for at in starts)
    return bool(lowest < -FLAT)
