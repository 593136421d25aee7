"""Optimisers that update weights in place, with the states and defaults of PyTorch.

An optimiser is made for an array of weights and told gradients; it knows neither the model nor the
training loop. A new one is a class and a line in `OPTIMIZERS`.
"""

import math
from typing import Protocol

import numba
import numpy as np


class Optimizer(Protocol):
    """What the training loop asks of an optimiser."""

    def __init__(self, weights: np.ndarray, learning_rate: float) -> None: ...

    def update(self, gradient: np.ndarray) -> None:
        """Do one step on the weights, in place; `gradient` may be overwritten."""

    def jitter(self, l1_train: float) -> float:
        """Return the size below which L1 makes a weight jump about 0 where the flow would hold it at 0."""

    def flow_time(self, steps: np.ndarray) -> np.ndarray | None:
        """Return the time of the flow that is followed for `steps` steps, None if none is."""


class GradientDescent:
    """Plain gradient descent, ``W ← W − rate · gradient``.

    Parameters
    ----------
    weights : ndarray
        What is trained, in place.
    learning_rate : float
        The rate.
    """

    def __init__(self, weights: np.ndarray, learning_rate: float) -> None:
        self.weights = weights
        self.learning_rate = learning_rate

    def update(self, gradient: np.ndarray) -> None:
        """Do one step; `gradient` is overwritten by the step."""
        gradient *= self.learning_rate
        self.weights -= gradient

    def jitter(self, l1_train: float) -> float:
        """Return ``2 · rate · λ_train``: if the other forces exceed λ_train, the weight leaves 0."""
        return 2 * self.learning_rate * l1_train

    def flow_time(self, steps: np.ndarray) -> np.ndarray:
        """Return ``4 · rate · steps``: training is four times faster than the flow (seed 001, footnote 7)."""
        return 4 * self.learning_rate * steps


class AdamW:
    """Adam with decoupled weight decay (Loshchilov & Hutter, arXiv:1711.05101, algorithm 2).

    Parameters
    ----------
    weights : ndarray
        What is trained, in place; C-contiguous.
    learning_rate : float
        The rate.

    Notes
    -----
    The remaining settings are the defaults of ``torch.optim.AdamW``.
    """

    betas = (0.9, 0.999)
    epsilon = 1e-8
    weight_decay = 0.01

    def __init__(self, weights: np.ndarray, learning_rate: float) -> None:
        self.weights = weights
        self.learning_rate = learning_rate
        self.mean = np.zeros_like(weights)
        self.square = np.zeros_like(weights)
        self.steps = 0

    def update(self, gradient: np.ndarray) -> None:
        """Do one step."""
        self.steps += 1
        first, second = self.betas
        settings = (
            first,
            1 - first,
            second,
            1 - second,
            self.epsilon,
            1 / math.sqrt(1 - second**self.steps),
            self.learning_rate / (1 - first**self.steps),
            1 - self.learning_rate * self.weight_decay,
        )
        arrays = (self.weights, gradient, self.mean, self.square)
        _adamw(*(array.reshape(-1) for array in arrays), np.array(settings, self.weights.dtype))

    def jitter(self, l1_train: float) -> float:
        """Return ``rate · (1 − β₁)/√(1 − β₂)``, the largest step of Adam (arXiv:1412.6980, section 2.1)."""
        first, second = self.betas
        return self.learning_rate * (1 - first) / math.sqrt(1 - second)

    def flow_time(self, steps: np.ndarray) -> None:
        """Return None: each weight is on a clock of its own."""


OPTIMIZERS: dict[str, type[Optimizer]] = {"gd": GradientDescent, "adamw": AdamW}


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _adamw(weights, gradient, mean, square, settings):
    """Update moments and weights in one pass, in the precision of the weights.

    `settings` holds β₁, 1 − β₁, β₂, 1 − β₂, ε, 1/√(1 − β₂ᵗ), rate/(1 − β₁ᵗ), 1 − rate · decay.
    """
    first, new_first, second, new_second, epsilon, root_scale, rate, keep = settings
    for k in range(weights.size):
        g = gradient[k]
        new_mean = first * mean[k] + new_first * g
        new_square = second * square[k] + new_second * g * g
        mean[k] = new_mean
        square[k] = new_square
        weights[k] = keep * weights[k] - rate * new_mean / (np.sqrt(new_square) * root_scale + epsilon)
