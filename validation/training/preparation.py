"""What the settings of an autoencoder's training determine: room, initial weights, networks, trainer."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np

from theory import Autoencoder
from theory.common import arguments, memory
from theory.common.arguments import ArgumentError
from validation.training import backend, checkpoints
from validation.training.activations import Activation, Identity
from validation.training.backend import Array
from validation.training.blocks import Blocks
from validation.training.initial_weights import Initial
from validation.training.inputs import Basis, Inputs, Orthogonal
from validation.training.models import Encodings
from validation.training.models.general import General
from validation.training.models.tied import Tied
from validation.training.noise import HiddenNoise, NoNoise
from validation.training.optimizers import Penalty, Stepper
from validation.training.parts import PART, Parts, large
from validation.training.settings import Run

RECORD = 5000  # bytes that a replicate takes beside its weights
STEP = 16  # bytes for the flow time of each step


@dataclass(frozen=True)
class AutoencoderRun(Run):
    """The checked settings of a run of the autoencoder."""

    l1_on: str
    l1_step: str
    l2: float
    noise: HiddenNoise
    inputs: Inputs
    activation: Activation
    tied: bool
    init: Initial

    @classmethod
    def checked(cls, **given: Any) -> Self:
        """Return the settings, or raise a TypeError or ValueError that names the argument."""
        given["tied"] = arguments.yes_or_no("tied", given["tied"])
        given["l2"] = arguments.real("l2", given["l2"], least=0)
        run = super().checked(**given)
        if run.l1_on == "activations" and run.l1_step == "proximal":
            raise ArgumentError("l1_step must be subgradient for L1 on activations, got 'proximal'")
        if isinstance(run.inputs, Orthogonal) and run.tied:
            raise ArgumentError("tied must be false for orthogonal inputs, whose outputs are basis vectors")
        return run

    @property
    def plain(self) -> bool:
        """Whether this is the model of the seed, for which there is a shorter way to the gradient."""
        settings = (self.l1_on, self.noise, self.inputs, self.activation, self.tied)
        return settings == ("weights", NoNoise(), Basis(), Identity(), True)

    def attributes(self, drawn: bool) -> dict[str, Any]:
        """Return the settings as attributes of a result; the seed only if it had a say."""
        settings = self.written() | {"tied": int(self.tied)}
        if not drawn:
            del settings["init"]
            if self.plain:
                del settings["seed"]
        return settings


def room(model: Autoencoder, run: AutoencoderRun) -> None:
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
    model: Autoencoder, run: AutoencoderRun, initial: np.ndarray | str | os.PathLike | None
) -> np.ndarray:
    """Return initial weights in float64, drawn or given; untied ones have an axis (encoder, decoder)."""
    one = (model.n_features, model.n_neurons) if run.tied else (2, model.n_features, model.n_neurons)
    if initial is None:
        draw = run.init.draw
        rngs = [np.random.default_rng(child) for child in run.children()]
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


def networks(model: Autoencoder, run: AutoencoderRun) -> Callable[[slice], Encodings]:
    """Return what gives the network of some of the replicates."""
    if run.plain:
        return lambda part: Tied(model.l1_train, run.l2)
    keys = run.keys()
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
    model: Autoencoder, run: AutoencoderRun, weights: Array, network: Callable[[slice], Encodings]
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
    return Blocks({"weights": weights}, network, lambda name, part: stepper(part))
