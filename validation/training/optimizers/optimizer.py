"""What all optimisers share: weights, rate, penalties, states that a checkpoint keeps."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from theory.common import arguments
from validation.training.backend import Array, namespace_of
from validation.training.schedules import Schedule, constant


@dataclass(frozen=True)
class Penalty:
    """What the optimiser adds to the loss: ``l1 Σ |w| + l2 Σ w²``.

    Parameters
    ----------
    l1, l2 : float
        Strengths, at least 0.
    proximal : bool
        Whether L1 acts after each step, by soft thresholding at ``rate · l1``, and not as a subgradient
        within it. Like the weight decay of AdamW it then bypasses the states of the optimiser, and
        weights become exactly 0.
    """

    l1: float = 0.0
    l2: float = 0.0
    proximal: bool = False

    def settings(self, rate: float) -> tuple[float, float, float]:
        """Return the strength of the subgradient, that of the gradient of L2, and the soft threshold."""
        return (0.0 if self.proximal else self.l1), 2 * self.l2, (rate * self.l1 if self.proximal else 0.0)


class Optimizer(ABC):
    """An optimiser of some weights, which it changes in place.

    Parameters
    ----------
    weights : array
        What is trained; C-contiguous.
    learning_rate : float
        The rate, before the schedule.
    penalty : Penalty
        What is added to the loss whose gradient is given.
    schedule : callable
        Factor of the rate by step.
    **settings : float
        Settings other than their `defaults`, none of them negative.
    """

    defaults: ClassVar[dict[str, float]] = {}
    states: ClassVar[tuple[str, ...]] = ()
    elementwise: ClassVar[bool] = True
    """Whether a weight's step does not depend on the other weights."""

    def __init__(
        self,
        weights: Array,
        learning_rate: float,
        penalty: Penalty | None = None,
        schedule: Schedule = constant,
        **settings: float,
    ) -> None:
        self.weights, self.learning_rate = weights, learning_rate
        self.penalty, self.schedule = penalty or Penalty(), schedule
        for name in settings:
            arguments.choice("optimizer setting", name, self.defaults)
        self.settings = self.defaults | {k: arguments.real(k, v, least=0) for k, v in settings.items()}
        xp = namespace_of(weights)
        self.state = {name: xp.zeros_like(weights) for name in self.states}
        self.steps = 0

    def update(self, gradient: Array) -> None:
        """Do one step, in place; `gradient` may be overwritten."""
        rate = self.learning_rate * self.schedule(self.steps)
        self.steps += 1
        self._update(gradient, rate)

    @abstractmethod
    def _update(self, gradient: Array, rate: float) -> None:
        """Do step number `steps`, counted from 1, at this rate."""

    @abstractmethod
    def jitter(self, l1_train: float) -> float:
        """Return the size below which L1 makes a weight jump about 0 where the flow would hold it at 0."""

    def flow_time(self, steps: np.ndarray) -> np.ndarray | None:
        """Return the time of the flow that is followed for `steps` steps, None if none is."""
        return None
