"""The settings of a training run, checked, and what they determine: initial weights, networks, optimiser."""

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any

import numpy as np

from theory import Autoencoder
from theory.common import arguments
from theory.common.arguments import ArgumentError
from validation.training import backend, checkpoints, options
from validation.training.activations import ACTIVATIONS
from validation.training.backend import Array
from validation.training.blocks import Blocks
from validation.training.initial_weights import INITIALS
from validation.training.inputs import INPUTS
from validation.training.models import Network
from validation.training.models.general import General
from validation.training.models.tied import Tied
from validation.training.noise import NOISES
from validation.training.optimizers import OPTIMIZERS, Penalty
from validation.training.parts import Parts, large
from validation.training.schedules import SCHEDULES

PRECISIONS = ("float32", "float64")
L1_ON = ("weights", "activations")
L1_STEPS = ("subgradient", "proximal")


@dataclass(frozen=True)
class Run:
    """The checked settings of a run, which with the model and the initial weights determine it."""

    optimizer: str
    steps: int
    learning_rate: float
    schedule: str
    l1_on: str
    l1_step: str
    l2: float
    noise: str
    inputs: str
    activation: str
    tied: bool
    init: str
    replicates: int
    seed: int
    dtype: str
    device: str

    def __post_init__(self) -> None:
        for name, choices in (
            ("schedule", SCHEDULES),
            ("l1_on", L1_ON),
            ("l1_step", L1_STEPS),
            ("activation", ACTIVATIONS),
            ("init", INITIALS),
            ("dtype", PRECISIONS),
            ("device", backend.DEVICES),
        ):
            arguments.choice(name, getattr(self, name), choices)
        if self.l1_on == "activations" and self.l1_step == "proximal":
            raise ArgumentError("l1_step must be subgradient for L1 on activations, got 'proximal'")
        options.split("optimizer", self.optimizer, OPTIMIZERS)
        options.make("noise", self.noise, NOISES)
        options.make("inputs", self.inputs, INPUTS)

    @property
    def plain(self) -> bool:
        """Whether this is the model of the seed, for which there is a shorter way to the gradient."""
        settings = (self.l1_on, self.noise, self.inputs, self.activation, self.tied)
        return settings == ("weights", "none", "basis", "none", True)

    def attributes(self, drawn: bool) -> dict[str, Any]:
        """Return the settings as attributes of a result; the seed only if it had a say."""
        settings = asdict(self) | {"tied": int(self.tied)}
        if not drawn:
            del settings["init"]
            if self.plain:
                del settings["seed"]
        return settings


def initial_weights(
    model: Autoencoder, run: Run, initial: np.ndarray | str | os.PathLike | None
) -> np.ndarray:
    """Return initial weights in float64, drawn or given; untied ones have an axis (encoder, decoder)."""
    one = (model.n_features, model.n_neurons) if run.tied else (2, model.n_features, model.n_neurons)
    if initial is None:
        draw = INITIALS[run.init]
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


def networks(model: Autoencoder, run: Run) -> Callable[[slice], Network]:
    """Return what gives the network of some of the replicates."""
    if run.plain:
        return lambda part: Tied(model.l1_train, run.l2)
    keys = np.stack([child.spawn(1)[0].generate_state(2, np.uint64) for child in _children(run)])
    on_weights = model.l1_train if run.l1_on == "weights" else 0.0
    network = partial(
        General,
        options.make("inputs", run.inputs, INPUTS),
        options.make("noise", run.noise, NOISES),
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
    name, texts = options.split("optimizer", run.optimizer, OPTIMIZERS)
    on_weights = model.l1_train if run.l1_on == "weights" else 0.0
    optimizer = partial(
        OPTIMIZERS[name],
        learning_rate=run.learning_rate,
        penalty=Penalty(on_weights, run.l2, run.l1_step == "proximal"),
        schedule=SCHEDULES[run.schedule](run.steps),
        **{key: options.number(f"optimizer {key}", text) for key, text in texts.items()},
    )
    if run.plain and backend.is_numpy(weights) and large(weights) and OPTIMIZERS[name].elementwise:
        return Parts(weights, optimizer)
    return Blocks(weights, network, optimizer)


def _children(run: Run) -> list[np.random.SeedSequence]:
    return np.random.SeedSequence(run.seed).spawn(run.replicates)
