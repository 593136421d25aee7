"""Plain gradient descent, ``W ← W − rate · gradient``."""

from dataclasses import dataclass

import numba
import numpy as np

from validation.training.backend import Array
from validation.training.elementwise import Elementwise, maximum, minimum, sign
from validation.training.optimizers.optimizer import Optimizer, Stepper


@dataclass(frozen=True)
class GradientDescent(Optimizer):
    """Gradient descent without states; it follows the flow."""

    def step(self, run: Stepper, gradient: Array, rate: float) -> None:
        """Do a step."""
        descent((run.weights, gradient), (rate, *run.penalty.settings(rate)))

    def jitter(self, run: Stepper, l1_train: float) -> float:
        """Return ``2 · rate · λ_train``: if the other forces exceed λ_train, the weight leaves 0.

        Proximal steps hold a weight at exactly 0.
        """
        return 0.0 if run.penalty.proximal else 2 * run.learning_rate * l1_train

    def flow_time(self, run: Stepper, steps: np.ndarray) -> np.ndarray:
        """Return ``4 · Σ rate``: training is four times faster than the flow (seed 001, footnote 7)."""
        last = int(steps.max())
        clock = np.zeros(last + 1)
        clock[1:] = np.fromiter(map(run.factor, range(last)), float, last)
        return 4 * run.learning_rate * np.cumsum(clock, out=clock)[steps]


def _descent(w, g, rate, l1, l2, shrink):
    w = w - rate * (g + l1 * sign(w) + l2 * w)
    w = w - minimum(maximum(w, -shrink), shrink)
    return (w,)


_one = numba.njit(_descent)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _loop(weights, gradient, settings):
    rate, l1, l2, shrink = settings
    for k in range(weights.size):
        (weights[k],) = _one(weights[k], gradient[k], rate, l1, l2, shrink)


descent = Elementwise(_descent, 2, _loop)
