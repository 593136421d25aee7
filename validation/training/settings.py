"""The settings of training that all kinds of models share, checked, and the seeds of replicates."""

from dataclasses import dataclass, fields
from typing import Any, Self

import numpy as np

from theory.common import arguments
from theory.common.arguments import ArgumentError
from validation.training import backend, options
from validation.training.activations import ACTIVATIONS
from validation.training.initial_weights import INITIALS
from validation.training.inputs import INPUTS
from validation.training.noise import NOISES
from validation.training.optimizers import OPTIMIZERS, Optimizer
from validation.training.schedules import SCHEDULES, Schedule

MOST_STEPS = 10**9  # days even of a small network

CHOICES: dict[str, tuple[str, ...]] = {
    "l1_on": ("weights", "activations"),
    "l1_step": ("subgradient", "proximal"),
    "dtype": ("float32", "float64"),
    "device": backend.DEVICES,
}
"""The arguments of training that are one of a few names."""

OPTIONS: dict[str, dict[str, type]] = {
    "optimizer": OPTIMIZERS,
    "schedule": SCHEDULES,
    "noise": NOISES,
    "inputs": INPUTS,
    "activation": ACTIVATIONS,
    "init": INITIALS,
}
"""The arguments of training that are objects, with their kinds by name."""


@dataclass(frozen=True)
class Run:
    """The checked settings of a run, which with the model and the initial parameters determine it.

    A kind of model that has more of them derives a class with more fields.
    """

    optimizer: Optimizer
    steps: int
    learning_rate: float
    schedule: Schedule
    replicates: int
    seed: int
    dtype: str
    device: str

    @classmethod
    def checked(cls, **given: Any) -> Self:
        """Return the settings, or raise a TypeError or ValueError that names the argument."""
        names = [field.name for field in fields(cls)]
        for name in (name for name in names if name in OPTIONS):
            given[name] = options.chosen(name, given[name], OPTIONS[name])
        given["steps"] = arguments.whole("steps", given["steps"], least=1, most=MOST_STEPS)
        given["replicates"] = arguments.whole("replicates", given["replicates"], least=1)
        given["seed"] = arguments.seed_number("seed", given["seed"])
        given["learning_rate"] = arguments.real("learning_rate", given["learning_rate"], above=0)
        for name in (name for name in names if name in CHOICES):
            arguments.choice(name, given[name], CHOICES[name])
        return cls(**given)

    def written(self) -> dict[str, Any]:
        """Return the settings as a file holds them."""
        settings = {field.name: getattr(self, field.name) for field in fields(self)}
        kinds = {name: OPTIONS[name] for name in settings if name in OPTIONS}
        return settings | {name: options.written(settings[name], kind) for name, kind in kinds.items()}

    def rate(self, step: int) -> float:
        """Return the learning rate of a step, counted from 0."""
        return self.learning_rate * self.schedule.factor(step, self.steps)

    def children(self) -> list[np.random.SeedSequence]:
        """Return a seed for each replicate; that of the r-th depends on nothing but the run's seed and r."""
        return np.random.SeedSequence(self.seed).spawn(self.replicates)

    def keys(self) -> np.ndarray:
        """Return a key for each replicate, shape (replicate, 2), of random numbers that steps draw."""
        return np.stack([child.spawn(1)[0].generate_state(2, np.uint64) for child in self.children()])


def in_precision(start: np.ndarray, dtype: str) -> np.ndarray:
    """Return initial parameters in the precision of the training, C-ordered.

    Raises
    ------
    ValueError
        If there is no such number in that precision.
    """
    with np.errstate(over="ignore"):
        parameters = start.astype(dtype, order="C")
    if not np.isfinite(parameters).all():
        raise ArgumentError(
            f"initial must be of numbers that {dtype} has, of at most {np.finfo(dtype).max:g}"
        )
    return parameters
