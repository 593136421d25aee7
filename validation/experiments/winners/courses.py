"""Courses of leaders, the slots of largest weights, in flow and training from the same initial weights."""

from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from sim.flow import Flow
from sim.forces import FORCES
from sim.metrics import leading_slots
from theory import Autoencoder
from validation.training import train
from validation.training.inputs import Basis, Inputs, Single
from validation.training.optimizers import Optimizer
from validation.training.schedules import Constant, Schedule

LOOKS = 28  # at a flow on its way
DECIDED = 1.5  # λt by which leaders no longer change
PAPER, STRONG = 2.5e-4, 8e-3  # λ of the paper, and one with which few steps reach the end
NAMES = {
    "flow": "flow",
    "gd": "gradient descent",
    "sgd": "SGD, mini-batches",
    "momentum": "momentum",
    "adam": "Adam",
    "adamw": "AdamW",
}


class Course(NamedTuple):
    """Weights of runs at both ends (replicate, feature, neuron), and leaders (replicate, look, feature).

    `at` are the steps of the looks, in the flow their times.
    """

    initial: np.ndarray
    final: np.ndarray
    leaders: np.ndarray
    at: np.ndarray


@dataclass(frozen=True)
class Trained:
    """How a method trains: an optimiser, its rate, and how many steps it takes until leaders are winners."""

    optimizer: Optimizer | str
    rate: float
    steps: int
    inputs: Inputs = field(default_factory=Basis)
    schedule: Schedule = field(default_factory=Constant)


def trained(method: str, model: Autoencoder) -> Trained:
    """Return how a method of `NAMES` trains a model."""
    adaptive = adaptive_steps(model, 1e-3)
    return {
        "gd": Trained("gd", 0.05, 600),
        "momentum": Trained("momentum", 0.005, 600),
        "sgd": Trained("gd", 0.025, 1000, Single(model.n_features // 4)),
        "adam": Trained("adam", 1e-3, adaptive),
        "adamw": Trained("adamw", 1e-3, adaptive),
    }[method]


def adaptive_steps(model: Autoencoder, rate: float) -> int:
    """Return the steps in which Adam could carry weights from 0 to 45 σ: by then winners are decided."""
    return round(45 * model.init_std / rate)


def flow(model: Autoencoder, initial: np.ndarray) -> Course:
    """Follow the flow to its end from weights (replicate, feature, neuron)."""
    times = np.append(0.0, np.geomspace(0.01, DECIDED / model.l1, LOOKS))
    final, leaders = initial.copy(), np.empty((len(initial), len(times), model.n_features), np.int32)
    for weights, seen in zip(final, leaders, strict=True):
        run = Flow(model, weights, "splitting", tuple(FORCES), None)
        for look, time in enumerate(times):
            run.advance(time)
            seen[look] = leading_slots(run.weights)
        run.settle()
    return Course(initial, final, leaders, times)


def training(model: Autoencoder, plan: Trained, initial: np.ndarray, seed: int) -> Course:
    """Train from weights (replicate, feature, neuron)."""
    run = train(
        model,
        plan.optimizer,
        steps=plan.steps,
        learning_rate=plan.rate,
        schedule=plan.schedule,
        inputs=plan.inputs,
        initial=initial,
        replicates=len(initial),
        seed=seed,
    )
    return Course(run.initial.values, run.final.values, run.leader.values, run.step.values)


def drawn(model: Autoencoder, seed: int, block: int, instances: int) -> np.ndarray:
    """Return the initial weights of the runs of a block, those of `sim.ensemble` with this seed."""
    draws = np.random.SeedSequence(seed, n_children_spawned=block * instances)
    return np.array([model.initial(np.random.default_rng(child)) for child in draws.spawn(instances)])


def ranks(initial: np.ndarray, final: np.ndarray) -> np.ndarray:
    """Return the rank that the largest final weight of each encoding had at the start, counted from 1."""
    before, place = np.abs(initial), np.abs(final).argmax(axis=-1)[..., None]
    return 1 + (before > np.take_along_axis(before, place, axis=-1)).sum(axis=-1)
