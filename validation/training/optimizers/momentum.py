"""Gradient descent with momentum, as ``torch.optim.SGD`` does it."""

from dataclasses import dataclass
from typing import ClassVar

import numba

from validation.training.backend import Array
from validation.training.elementwise import Elementwise, maximum, minimum, sign
from validation.training.optimizers.optimizer import Optimizer, Stepper


@dataclass(frozen=True)
class Momentum(Optimizer):
    """Heavy-ball momentum: ``v ← μ v + gradient``, ``W ← W − rate · v``, without dampening."""

    momentum: float = 0.9
    states: ClassVar[tuple[str, ...]] = ("velocity",)
    shares: ClassVar[tuple[str, ...]] = ("momentum",)

    def step(self, run: Stepper, gradient: Array, rate: float) -> None:
        """Do a step."""
        settings = (self.momentum, rate, *run.penalty.settings(rate))
        heavy_ball((run.weights, gradient, run.state["velocity"]), settings)

    def jitter(self, run: Stepper, l1_train: float) -> float:
        """Return ``2 · rate · λ_train / (1 − μ)``, the largest step that L1 can make."""
        return 2 * run.learning_rate * l1_train / (1 - self.momentum)


def _heavy_ball(w, g, velocity, momentum, rate, l1, l2, shrink):
    velocity = momentum * velocity + g + l1 * sign(w) + l2 * w
    w = w - rate * velocity
    w = w - minimum(maximum(w, -shrink), shrink)
    return w, velocity


_one = numba.njit(_heavy_ball)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _loop(weights, gradient, velocity, settings):
    momentum, rate, l1, l2, shrink = settings
    for k in range(weights.size):
        weights[k], velocity[k] = _one(weights[k], gradient[k], velocity[k], momentum, rate, l1, l2, shrink)


heavy_ball = Elementwise(_heavy_ball, 3, _loop)
