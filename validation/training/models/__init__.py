"""Reference models: loss and written-out gradient, one file per model.

A model knows neither the optimiser nor the training loop.
"""

from typing import Protocol

from validation.training.backend import Array


class Network(Protocol):
    """What training asks of a model, for a batch of replicates along the first axis of the weights."""

    def loss(self, weights: Array, step: int) -> Array:
        """Return the training loss by replicate at this step, in float64."""

    def smooth_gradient(self, weights: Array, step: int) -> Array:
        """Return a new array: the gradient at this step, without the penalties on weights."""
