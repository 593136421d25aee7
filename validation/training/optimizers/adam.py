"""Adam (Kingma & Ba, arXiv:1412.6980) and AdamW (Loshchilov & Hutter, arXiv:1711.05101, algorithm 2)."""

import math
from dataclasses import dataclass
from typing import ClassVar

import numba

from validation.training.backend import Array
from validation.training.elementwise import Elementwise, maximum, minimum, sign, sqrt
from validation.training.optimizers.optimizer import Optimizer, Stepper


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam with the defaults of ``torch.optim.Adam``; `first` and `second` are β₁ and β₂."""

    first: float = 0.9
    second: float = 0.999
    epsilon: float = 1e-8
    states: ClassVar[tuple[str, ...]] = ("mean", "square")
    shares: ClassVar[tuple[str, ...]] = ("first", "second")

    def step(self, run: Stepper, gradient: Array, rate: float) -> None:
        """Do a step."""
        settings = (
            self.first,
            1 - self.first,
            self.second,
            1 - self.second,
            self.epsilon,
            1 / math.sqrt(1 - self.second**run.steps),
            rate / (1 - self.first**run.steps),
            self._kept(rate),
            *run.penalty.settings(rate),
        )
        adam((run.weights, gradient, run.state["mean"], run.state["square"]), settings)

    def jitter(self, run: Stepper, l1_train: float) -> float:
        """Return ``rate · (1 − β₁)/√(1 − β₂)``, the largest step of Adam (arXiv:1412.6980, section 2.1)."""
        return run.learning_rate * (1 - self.first) / math.sqrt(1 - self.second)

    def _kept(self, rate: float) -> float:
        """Return what the weights are multiplied with."""
        return 1.0


@dataclass(frozen=True)
class AdamW(Adam):
    """Adam with decoupled weight decay and the defaults of ``torch.optim.AdamW``."""

    weight_decay: float = 0.01

    def _kept(self, rate: float) -> float:
        return 1 - rate * self.weight_decay


def _adam(
    w, g, mean, square,
    first, new_first, second, new_second, epsilon, root_scale, rate, keep, l1, l2, shrink,
):  # fmt: skip
    g = g + l1 * sign(w) + l2 * w
    mean = first * mean + new_first * g
    square = second * square + new_second * g * g
    w = keep * w - rate * mean / (sqrt(square) * root_scale + epsilon)
    w = w - minimum(maximum(w, -shrink), shrink)
    return w, mean, square


_one = numba.njit(_adam)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _loop(weights, gradient, mean, square, settings):
    first, new_first, second, new_second, epsilon, root_scale, rate, keep, l1, l2, shrink = settings
    for k in range(weights.size):
        weights[k], mean[k], square[k] = _one(
            weights[k], gradient[k], mean[k], square[k],
            first, new_first, second, new_second, epsilon, root_scale, rate, keep, l1, l2, shrink,
        )  # fmt: skip


adam = Elementwise(_adam, 4, _loop)
