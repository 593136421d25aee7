"""Mechanisms that may make winners of some weights, as options of training and as forces of the flow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numba
import numpy as np

from sim.flow import Flow
from sim.forces import Force, l2_decay, noise_drift, own_force
from sim.replicates import observe
from theory import Autoencoder
from validation.training import train
from validation.training.inputs import Single
from validation.training.noise import Gaussian, Signs

L1, NOISE = 0.01, 0.15  # λ, and the deviation of noise
L2 = 0.01  # rate of the decay of weights, in flow units: half of its strength in the training loss
LOOKS = np.append(0.0, np.geomspace(1e-3, 1.0, 16))  # shares of the time of a run
FREE = ("feature_benefit", "interference")


@numba.njit
def hidden_relu(weights, force):
    """Add the force of ``¼ Σ_i ‖ReLU(W ReLU(W_i)) − e_i‖²``."""
    hidden = np.maximum(weights, 0.0)
    slope = np.dot(hidden, weights.T)  # outputs, input by input
    for i in range(slope.shape[0]):
        for j in range(slope.shape[1]):
            target = 1.0 if i == j else 0.0
            slope[i, j] = 0.5 * (slope[i, j] - target) if slope[i, j] > 0.0 else 0.0
    force -= np.dot(slope.T, hidden)
    force -= np.where(weights > 0.0, np.dot(slope, weights), 0.0)


@dataclass(frozen=True)
class Mechanism:
    """What may make winners: options of training and, where it can be written, forces of the flow."""

    label: str
    options: Mapping[str, Any] = field(default_factory=dict)
    l1: float = 0.0
    forces: Callable[[], tuple[str | Force, ...]] | None = None  # compiled when they are asked for
    method: str = "splitting"  # jitters in long steps where smooth forces, taken explicitly, are stiff
    optimizer: str = "gd"
    rate: float = 0.05
    steps: int = 5000


def _noisy(label: str, noise: type[Gaussian], *kurtosis: float) -> Mechanism:
    def forces() -> tuple[str | Force, ...]:
        return *FREE, noise_drift(NOISE, *kurtosis)

    return Mechanism(label, {"noise": noise(NOISE)}, 0.0, forces, "euler", steps=10_000)


def _relu_alone() -> tuple[Force]:
    return (own_force("hidden_relu", smooth=hidden_relu),)


RELU, ON_ACTIVATIONS = {"activation": "relu"}, {"l1_on": "activations"}
MECHANISMS = {
    "none": Mechanism("none", forces=lambda: FREE, steps=1600),
    "l1": Mechanism("L1", l1=L1, forces=lambda: (*FREE, "l1")),
    "l1_activations": Mechanism("L1 on activations", ON_ACTIVATIONS, L1),
    "l2": Mechanism("L2", {"l2": 2 * L2}, forces=lambda: (*FREE, l2_decay(L2))),
    "relu": Mechanism("hidden ReLU", RELU, forces=_relu_alone, method="euler"),
    "relu_l1": Mechanism("hidden ReLU, L1 on activations", RELU | ON_ACTIVATIONS, L1),
    "gelu": Mechanism("hidden GELU", {"activation": "gelu"}),
    "layer_norm": Mechanism("layer norm", {"activation": "layer_norm"}, rate=0.01),
    "signs": _noisy("random signs", Signs, -2.0),
    "gaussian": _noisy("Gaussian noise", Gaussian),
    "batches": Mechanism("mini-batches of 4", {"inputs": Single(batch=4)}),
    "l1_batches": Mechanism("L1, mini-batches of 4", {"inputs": Single(batch=4)}, L1),
    "adam": Mechanism("none, trained by Adam", optimizer="adam", rate=1e-3, steps=8000),
}


class Ran(NamedTuple):
    """Final weights (run, feature, neuron), and spreads (run, time) at shares of the time of the run."""

    final: np.ndarray
    at: np.ndarray
    spread: np.ndarray


def trained(model: Autoencoder, chosen: Mechanism, instances: int, seed: int) -> Ran:
    """Train; the spread is recorded at steps spaced like a logarithm."""
    run = train(
        model,
        chosen.optimizer,
        learning_rate=chosen.rate,
        steps=chosen.steps,
        seed=seed,
        replicates=instances,
        **chosen.options,
    )
    spread = (run.l1_norm / run.l2_norm) ** 2
    at = run.step.values / chosen.steps
    return Ran(run.final.values.astype(float), at, spread.mean("feature").transpose("replicate", ...).values)


def simulated(model: Autoencoder, chosen: Mechanism, instances: int, seed: int) -> Ran:
    """Follow the flow for the time that training takes."""
    end = 4 * chosen.rate * chosen.steps

    def look(flow: Flow) -> dict[str, np.ndarray]:
        spread = []
        for share in LOOKS:
            flow.advance(share * end)
            norms = np.abs(flow.weights).sum(axis=1) / np.linalg.norm(flow.weights, axis=1)
            spread.append((norms**2).mean())
        return {"spread": np.array(spread), "final": flow.weights}

    forces = chosen.forces()  # type: ignore[misc]
    seen = observe(look, model, instances, seed, method=chosen.method, forces=forces)
    return Ran(seen["final"], LOOKS, seen["spread"])
