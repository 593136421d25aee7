"""Adam (Kingma & Ba, arXiv:1412.6980) and AdamW (Loshchilov & Hutter, arXiv:1711.05101, algorithm 2)."""

import math
from typing import ClassVar

import numba

from validation.training.backend import Array
from validation.training.elementwise import Elementwise, maximum, minimum, sign, sqrt
from validation.training.optimizers.optimizer import Optimizer

BETAS = {"first": 0.9, "second": 0.999}


class Adam(Optimizer):
    """Adam with the defaults of ``torch.optim.Adam``; `first` and `second` are β₁ and β₂."""

    defaults: ClassVar[dict[str, float]] = {**BETAS, "epsilon": 1e-8}
    states = ("mean", "square")

    def _update(self, gradient: Array, rate: float) -> None:
        first, second = self.settings["first"], self.settings["second"]
        settings = (
            first,
            1 - first,
            second,
            1 - second,
            self.settings["epsilon"],
            1 / math.sqrt(1 - second**self.steps),
            rate / (1 - first**self.steps),
            1 - rate * self.settings.get("weight_decay", 0.0),
            *self.penalty.settings(rate),
        )
        adam((self.weights, gradient, self.state["mean"], self.state["square"]), settings)

    def jitter(self, l1_train: float) -> float:
        """Return ``rate · (1 − β₁)/√(1 − β₂)``, the largest step of Adam (arXiv:1412.6980, section 2.1)."""
        return self.learning_rate * (1 - self.settings["first"]) / math.sqrt(1 - self.settings["second"])


class AdamW(Adam):
    """Adam with decoupled weight decay and the defaults of ``torch.optim.AdamW``."""

    defaults: ClassVar[dict[str, float]] = {**Adam.defaults, "weight_decay": 0.01}


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
