"""LAMB: Adam whose step is scaled to the norm of the layer (You et al., arXiv:1904.00962, algorithm 2)."""

from dataclasses import dataclass
from typing import ClassVar

import numba

from validation.training.backend import Array, namespace_of
from validation.training.elementwise import Elementwise, sign, sqrt
from validation.training.optimizers.descent import descent
from validation.training.optimizers.optimizer import Optimizer, Stepper


@dataclass(frozen=True)
class LAMB(Optimizer):
    """LAMB with the paper's defaults; each replicate's weight matrix, or vector, is a layer, and φ(z) = z.

    Notes
    -----
    As usual a layer of norm 0, or with a step of norm 0, has trust ratio 1.
    """

    first: float = 0.9
    second: float = 0.999
    epsilon: float = 1e-6
    weight_decay: float = 0.01
    states: ClassVar[tuple[str, ...]] = ("mean", "square")
    shares: ClassVar[tuple[str, ...]] = ("first", "second")
    elementwise: ClassVar[bool] = False

    def step(self, run: Stepper, gradient: Array, rate: float) -> None:
        """Do a step."""
        l1, l2, shrink = run.penalty.settings(rate)
        settings = (
            self.first,
            1 - self.first,
            self.second,
            1 - self.second,
            self.epsilon,
            1 / (1 - self.first**run.steps),
            1 / (1 - self.second**run.steps),
            self.weight_decay,
            l1,
            l2,
        )
        direction((run.weights, gradient, run.state["mean"], run.state["square"]), settings)
        gradient *= _trust(run.weights, gradient)
        descent((run.weights, gradient), (rate, 0.0, 0.0, shrink))

    def jitter(self, run: Stepper, l1_train: float) -> float:
        """Return ``rate · ‖W‖`` of the largest layer: the norm of its step, which no weight exceeds."""
        xp = namespace_of(run.weights)
        return run.learning_rate * float(xp.max(_norms(run.weights)))


def _norms(layers: Array) -> Array:
    xp = namespace_of(layers)
    axes = max(1, min(2, layers.ndim - 1))  # the first one is that of replicates
    return xp.sqrt(xp.sum(layers * layers, axis=tuple(range(-axes, 0)), keepdims=True))


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
