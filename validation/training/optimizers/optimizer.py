"""What all optimisers share: weights, rate, penalties, states that a checkpoint keeps."""

import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import ClassVar

import numpy as np

from theory.common import arguments
from validation.training.backend import Array, namespace_of


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


class Stepper:
    """An optimiser at work on some weights, which it changes in place.

    Parameters
    ----------
    optimizer : Optimizer
        What a step is.
    weights : array
        What is trained; C-contiguous.
    learning_rate : float
        The rate, before the schedule.
    penalty : Penalty
        What is added to the loss whose gradient is given.
    factor : callable
        Factor of the rate by step, 1 by default.
    """

    def __init__(
        self,
        optimizer: "Optimizer",
        weights: Array,
        learning_rate: float,
        penalty: Penalty | None = None,
        factor: Callable[[int], float] | None = None,
    ) -> None:
        self.optimizer, self.weights, self.learning_rate = optimizer, weights, learning_rate
        self.penalty, self.factor = penalty or Penalty(), factor or (lambda step: 1.0)
        xp = namespace_of(weights)
        self.state = {name: xp.zeros_like(weights) for name in optimizer.states}
        self.steps = 0

    def update(self, gradient: Array) -> None:
        """Do one step, in place; `gradient` may be overwritten."""
        rate = self.learning_rate * self.factor(self.steps)
        self.steps += 1
        self.optimizer.step(self, gradient, rate)

    def jitter(self, l1_train: float) -> float:
        """Return the size below which L1 makes a weight jump about 0 where the flow would hold it at 0."""
        return self.optimizer.jitter(self, l1_train)

    def flow_time(self, steps: np.ndarray) -> np.ndarray | None:
        """Return the time of the flow that is followed for `steps` steps, None if none is."""
        return self.optimizer.flow_time(self, steps)


@dataclass(frozen=True)
class Optimizer(ABC):
    """What a step is: a frozen dataclass whose fields are its settings, none of them negative."""

    states: ClassVar[tuple[str, ...]] = ()
    shares: ClassVar[tuple[str, ...]] = ()
    """The settings that must be less than 1."""
    elementwise: ClassVar[bool] = True
    """Whether a weight's step does not depend on the other weights."""

    def __post_init__(self) -> None:
        for field in fields(self):
            below = 1.0 if field.name in self.shares else math.inf
            arguments.real(f"optimizer {field.name}", getattr(self, field.name), least=0, below=below)

    @abstractmethod
    def step(self, run: Stepper, gradient: Array, rate: float) -> None:
        """Do step number `run.steps`, counted from 1, at this rate."""

    @abstractmethod
    def jitter(self, run: Stepper, l1_train: float) -> float:
        """Answer `Stepper.jitter`."""

    def flow_time(self, run: Stepper, steps: np.ndarray) -> np.ndarray | None:
        """Answer `Stepper.flow_time`."""
        return None
