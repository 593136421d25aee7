"""Reference models: loss and written-out gradient, one file per model.

A model knows neither the optimiser nor the training loop.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping

from validation.training.backend import Array

Parameters = Mapping[str, Array]  # by name, each with a first axis of replicates
Jobs = list[Callable[[], None]]


def one_by_one(jobs: Jobs) -> None:
    """Do jobs in their order."""
    for job in jobs:
        job()


class Network(ABC):
    """What training asks of a model, for a batch of replicates along the first axis of its parameters.

    Attributes
    ----------
    do : callable
        Does jobs that do not depend on each other; training lets threads help that have nothing else to do.
    """

    do: Callable[[Jobs], None] = staticmethod(one_by_one)

    @abstractmethod
    def gradients(self, parameters: Parameters, step: int) -> Parameters:
        """Return new arrays, the gradient of the loss at this step, without the optimiser's penalties."""

    def constrain(self, parameters: Parameters, step: int) -> None:  # noqa: B027  # most want nothing
        """Change parameters in place, after this step, to what the model wants them to be."""


class Encodings(Network):
    """A network all of whose parameters are in one array, ``weights``."""

    @abstractmethod
    def loss(self, weights: Array, step: int) -> Array:
        """Return the training loss by replicate at this step, in float64."""

    @abstractmethod
    def smooth_gradient(self, weights: Array, step: int) -> Array:
        """Return a new array: the gradient at this step, without the penalties on weights."""

    def gradients(self, parameters: Parameters, step: int) -> Parameters:
        """Return the gradient of the weights."""
        return {"weights": self.smooth_gradient(parameters["weights"], step)}
