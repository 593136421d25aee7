"""Optimisers that update weights in place, with the states and defaults of PyTorch; one file for each kind.

A `Stepper` works with an optimiser on an array of weights and is told gradients; it knows neither the model
nor the training loop. A new optimiser is a frozen dataclass of its settings and a line in `OPTIMIZERS`.
"""

from validation.training.optimizers.adam import Adam, AdamW
from validation.training.optimizers.descent import GradientDescent
from validation.training.optimizers.lamb import LAMB
from validation.training.optimizers.momentum import Momentum
from validation.training.optimizers.optimizer import Optimizer, Penalty, Stepper

OPTIMIZERS: dict[str, type[Optimizer]] = {
    "gd": GradientDescent,
    "momentum": Momentum,
    "adam": Adam,
    "adamw": AdamW,
    "lamb": LAMB,
}

__all__ = [
    "LAMB",
    "OPTIMIZERS",
    "Adam",
    "AdamW",
    "GradientDescent",
    "Momentum",
    "Optimizer",
    "Penalty",
    "Stepper",
]
