"""The settings of a training run, checked, and what they determine: initial weights, networks, optimiser."""

import os
from collections.abc import Callable
from dataclasses import dataclass, fields
from functools import partial
from typing import Any

import numpy as np

from theory import Autoencoder
from theory.common import arguments, memory
from theory.common.arguments import ArgumentError
from validation.training import backend, checkpoints, options
from validation.training.activations import ACTIVATIONS, Activation, Identity
from validation.training.backend import Array
from validation.training.blocks import Blocks
from validation.training.initial_weights import INITIALS, Initial
from validation.training.inputs import INPUTS, Basis, Inputs
from validation.training.models import Network
from validation.training.models.general import General
from validation.training.models.tied import Tied
from validation.training.noise import NOISES, HiddenNoise, NoNoise
from validation.training.optimizers import OPTIMIZERS, Optimizer, Penalty, Stepper
from validation.training.parts import PART, Parts, large
from validation.training.schedules import SCHEDULES, Schedule

MOST_STEPS = 10**9  # days even of a small network
RECORD = 5000  # bytes that a replicate takes beside its weights
STEP = 16  # bytes for the flow time of each step

CHOICES = {
    "l1_on": ("weights", "activations"),
    "l1_step": ("subgradient", "proximal"),
    "dtype": ("float32", "float64"),
    "device": backend.DEVICES,
}


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
    """The checked settings of a run, which with the model and the initial weights determine it."""

    optimizer: Optimizer
    steps: int
    learning_rate: float
    schedule: Schedule
    l1_on: str
    l1_step: str
    l2: float
    noise: HiddenNoise
    inputs: Inputs
    activation: Activation
    tied: bool
    init: Initial
    replicates: int
    seed: int
    dtype: str
    device: str

    @classmethod
    def checked(cls, **given: Any) -> "Run":
        """Return the settings, or raise a TypeError or ValueError that names the argument."""
        for name, kinds in OPTIONS.items():
            given[name] = options.chosen(name, given[name], kinds)
        given["steps"] = arguments.whole("steps", given["steps"], least=1, most=MOST_STEPS)
        given["replicates"] = arguments.whole("replicates", given["replicates"], least=1)
        given["seed"] = arguments.seed_number("seed", given["seed"])
        given["tied"] = arguments.yes_or_no("tied", given["tied"])
        given["learning_rate"] = arguments.real("learning_rate", given["learning_rate"], above=0)
        given["l2"] = arguments.real("l2", given["l2"], least=0)
        for name, choices in CHOICES.items():
            arguments.choice(name, given[name], choices)
        if given["l1_on"] == "activations" and given["l1_step"] == "proximal":
            raise ArgumentError("l1_step must be subgradient for L1 on activations, got 'proximal'")
        return cls(**given)

    @property
    def plain(self) -> bool:
        """Whether this is the model of the seed, for which there is a shorter way to the gradient."""
        settings = (self.l1_on, self.noise, self.inputs, self.activation, self.tied)
        return settings == ("weights", NoNoise(), Basis(), Identity(), True)

    def written(self) -> dict[str, Any]:
        """Return the settings as a file holds them."""
        settings = {field.name: getattr(self, field.name) for field in fields(self)}
        return settings | {name: options.written(settings[name], kinds) for name, kinds in OPTIONS.items()}

    def attributes(self, drawn: bool) -> dict[str, Any]:
        """Return the settings as attributes of a result; the seed only if it had a say."""
        settings = self.written() | {"tied": int(self.tied)}
        if not drawn:
            del settings["init"]
            if self.plain:
                del settings["seed"]
        return settings


def room(model: Autoencoder, run: Run) -> None:
    """Check that there is room for a run.

    Raises
    ------
    ValueError
        If it takes more memory than is free.
    """
    n, m, each = model.n_features, model.n_neurons, np.dtype(run.dtype).itemsize
    sizes = {"n_features": n, "n_neurons": m, "replicates": run.replicates, "steps": run.steps}
    copies = 8 + each * (
        4 + len(run.optimizer.states)
    )  # of the weights: initial ones, its own, what L1 takes
    needed = copies * n * m * (1 if run.tied else 2)
    if run.plain:
        needed += (16 + (3 + n * m // PART) * each) * n * n  # outputs, errors, squares; the shares of parts
    else:
        batch = getattr(run.inputs, "batch", n)
        needed += (40 + 5 * each) * batch * (n + m)  # drawn, stacked, and what is worked out from them
        sizes |= {"inputs__batch": batch} if run.inputs.random else {}
    memory.enough(run.replicates * (RECORD + needed) + STEP * run.steps, **sizes)


def initial_weights(
    model: Autoencoder, run: Run, initial: np.ndarray | str | os.PathLike | None
) -> np.ndarray:
    """Return initial weights in float64, drawn or given; untied ones have an axis (encoder, decoder)."""
    one = (model.n_features, model.n_neurons) if run.tied else (2, model.n_features, model.n_neurons)
    if initial is None:
        draw = run.init.draw
        rngs = [np.random.default_rng(child) for child in _children(run)]
        if run.tied:
            return np.stack([draw(model, rng) for rng in rngs])
        return np.stack([[draw(model, rng), draw(model, rng)] for rng in rngs])
    if isinstance(initial, (str, os.PathLike)):
        initial = checkpoints.weights(initial, model.n_features, model.n_neurons)
    shape = (run.replicates, *one)
    names = ("replicate", "feature", "neuron") if run.tied else ("replicate", "layer", "feature", "neuron")
    axes = names[1:] if np.ndim(initial) == len(one) else names
    given = arguments.array("initial", initial, axes)
    if given.shape not in (shape, one):
        raise ArgumentError(f"initial must have shape {one} or {shape}, got {given.shape}")
    return np.broadcast_to(given, shape).copy()


def in_precision(start: np.ndarray, dtype: str) -> np.ndarray:
    """Return initial weights in the precision of the training, C-ordered.

    Raises
    ------
    ValueError
        If there is no such number in that precision.
    """
    with np.errstate(over="ignore"):
        weights = start.astype(dtype, order="C")
    if not np.isfinite(weights).all():
        raise ArgumentError(
            f"initial must be of numbers that {dtype} has, of at most {np.finfo(dtype).max:g}"
        )
    return weights


def networks(model: Autoencoder, run: Run) -> Callable[[slice], Network]:
    """Return what gives the network of some of the replicates."""
    if run.plain:
        return lambda part: Tied(model.l1_train, run.l2)
    keys = np.stack([child.spawn(1)[0].generate_state(2, np.uint64) for child in _children(run)])
    on_weights = model.l1_train if run.l1_on == "weights" else 0.0
    network = partial(
        General,
        run.inputs,
        run.noise,
        run.activation,
        on_weights,
        model.l1_train - on_weights,
        run.l2,
    )
    return lambda part: network(keys[part])


def trainer(
    model: Autoencoder, run: Run, weights: Array, network: Callable[[slice], Network]
) -> Blocks | Parts:
    """Return what trains these weights."""
    on_weights = model.l1_train if run.l1_on == "weights" else 0.0
    stepper = partial(
        Stepper,
        run.optimizer,
        learning_rate=run.learning_rate,
        penalty=Penalty(on_weights, run.l2, run.l1_step == "proximal"),
        factor=partial(run.schedule.factor, steps=run.steps),
    )
    if run.plain and backend.is_numpy(weights) and large(weights) and run.optimizer.elementwise:
        return Parts(weights, stepper)
    return Blocks(weights, network, stepper)


def _children(run: Run) -> list[np.random.SeedSequence]:
    return np.random.SeedSequence(run.seed).spawn(run.replicates)
