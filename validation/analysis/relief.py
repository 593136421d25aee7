"""What a network could be instead: one feature moved to a free neuron, or every feature on one of its own."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from validation.analysis.structure import Structure


def interference(found: Structure) -> np.ndarray:
    """Return what each feature suffers: Σ_{j≠i} ReLU(W_i·W_j)² / ‖W_i‖⁴; a copy of it elsewhere would add 1.

    Zero for dead features.
    """
    positive = np.square(np.maximum(found.gram, 0))
    total = positive.sum(axis=1, dtype=np.float64) - positive.diagonal()
    return np.divide(np.maximum(total, 0), found.lengths**4, out=np.zeros_like(total), where=found.alive)


@dataclass(frozen=True)
class Move:
    """What moving each feature wholly to the best free neuron, at the same length, would do.

    Parameters
    ----------
    neuron : int
        The free neuron, -1 if there is none. A neuron is free if no feature is on it; the best one is where,
        with the better of the two signs, what is left of other features interferes least.
    change : ndarray, shape (feature,)
        Change of each feature's interference; infinite if it cannot move. The L1 norm never grows.
    """

    neuron: int
    change: np.ndarray


def move(found: Structure, suffered: np.ndarray) -> Move:
    """Return what moving features one at a time would do; `suffered` is their interference."""
    free = np.flatnonzero(found.on_neuron == 0)
    if not free.size:
        return Move(-1, np.full(len(found.alive), np.inf))
    costs = np.stack([_squares(found.weights, sign)[free] for sign in (1, -1)])
    sign, best = np.unravel_index(costs.argmin(), costs.shape)
    neuron = int(free[best])
    own = np.square(np.maximum((1, -1)[sign] * found.weights[:, neuron], 0), dtype=np.float64)
    after = np.divide(
        costs[sign, best] - own, found.lengths**2, out=np.full(own.shape, np.inf), where=found.alive
    )
    return Move(neuron, after - suffered)


def nearest_monosemantic(found: Structure) -> np.ndarray:
    """Return the neuron of each feature in the nearest network with a neuron for each, -1 for dead features.

    Nearest in ‖W − W'‖ among those whose encodings keep their lengths: a linear assignment that maximises
    Σ_i ‖W_i‖ |W_{i, a(i)}|. With more living features than neurons there is none, and all are -1.

    Notes
    -----
    No loss ¼‖ReLU(WWᵀ) − I‖² + λ‖W‖₁ grows: the norms' part is the same, interference is zero, and an L1 norm
    is never less than the L2 norm, to which it falls.
    """
    assigned = np.full(len(found.alive), -1)
    living = np.flatnonzero(found.alive)
    if living.size <= found.weights.shape[1]:
        costs = found.weights[living].astype(np.float64)
        np.abs(costs, out=costs)
        costs *= -found.lengths[living, None]
        assigned[living] = linear_sum_assignment(costs)[1]
    return assigned


def _squares(weights: np.ndarray, sign: int) -> np.ndarray:
    """Return Σ ReLU(± w)² for each neuron."""
    return np.square(np.maximum(sign * weights, 0)).sum(axis=0, dtype=np.float64)
