"""LAMB: Adam whose step is scaled to the norm of the layer (You et al., arXiv:1904.00962, algorithm 2)."""

from typing import ClassVar

import numba

from validation.training.backend import Array, namespace_of
from validation.training.elementwise import Elementwise, sign, sqrt
from validation.training.optimizers.adam import BETAS
from validation.training.optimizers.descent import descent
from validation.training.optimizers.optimizer import Optimizer


class LAMB(Optimizer):
    """LAMB with the paper's defaults; each replicate's weight matrix is a layer, and φ(z) = z.

    Notes
    -----
    As usual a layer of norm 0, or with a step of norm 0, has trust ratio 1.
    """

    defaults: ClassVar[dict[str, float]] = {**BETAS, "epsilon": 1e-6, "weight_decay": 0.01}
    states = ("mean", "square")
    elementwise = False

    def _update(self, gradient: Array, rate: float) -> None:
        first, second = self.settings["first"], self.settings["second"]
        l1, l2, shrink = self.penalty.settings(rate)
        settings = (
            first,
            1 - first,
            second,
            1 - second,
            self.settings["epsilon"],
            1 / (1 - first**self.steps),
            1 / (1 - second**self.steps),
            self.settings["weight_decay"],
            l1,
            l2,
        )
        direction((self.weights, gradient, self.state["mean"], self.state["square"]), settings)
        gradient *= _trust(self.weights, gradient)
        descent((self.weights, gradient), (rate, 0.0, 0.0, shrink))

    def jitter(self, l1_train: float) -> float:
        """Return ``rate · ‖W‖`` of the largest layer: the norm of its step, which no weight exceeds."""
        xp = namespace_of(self.weights)
        return self.learning_rate * float(xp.max(_norms(self.weights)))


def _norms(layers: Array) -> Array:
    xp = namespace_of(layers)
    return xp.sqrt(xp.sum(layers * layers, axis=tuple(range(-min(2, layers.ndim), 0)), keepdims=True))


def _trust(weights: Array, step: Array) -> Array:
    """Return ``‖W‖ / ‖step‖`` of each layer."""
    xp = namespace_of(weights)
    of_weights, of_step = _norms(weights), _norms(step)
    one = xp.ones_like(of_step)
    regular = (of_weights > 0) & (of_step > 0)
    return xp.where(regular, of_weights / xp.where(regular, of_step, one), one)


def _direction(
    w, g, mean, square,
    first, new_first, second, new_second, epsilon, mean_scale, square_scale, decay, l1, l2,
):  # fmt: skip
    g = g + l1 * sign(w) + l2 * w
    mean = first * mean + new_first * g
    square = second * square + new_second * g * g
    g = mean * mean_scale / (sqrt(square * square_scale) + epsilon) + decay * w
    return g, mean, square


_one = numba.njit(_direction)


@numba.njit(cache=True, nogil=True, error_model="numpy")
def _loop(weights, gradient, mean, square, settings):
    first, new_first, second, new_second, epsilon, mean_scale, square_scale, decay, l1, l2 = settings
    for k in range(weights.size):
        gradient[k], mean[k], square[k] = _one(
            weights[k], gradient[k], mean[k], square[k],
            first, new_first, second, new_second, epsilon, mean_scale, square_scale, decay, l1, l2,
        )  # fmt: skip


direction = Elementwise(_direction, 4, _loop)
