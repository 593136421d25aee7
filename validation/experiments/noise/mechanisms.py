"""Mechanisms that may make winners of some weights, as options of training and as forces of the flow."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numba
import numpy as np

from sim.flow import Flow
from sim.forces import Force, l2_decay, noise_drift, own_force
from sim.replicates import observe
from theory import Autoencoder
from validation.training import train
from validation.training.noise import Gaussian, Signs

L1, NOISE = 0.01, 0.1  # λ, and the deviation of noise
L2 = 0.01  # rate of the decay of weights, in flow units: half of its strength in the training loss
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
    rate: float = 0.02
    steps: int = 20_000


def _noisy(label: str, noise: type[Gaussian], *kurtosis: float) -> Mechanism:
    def forces() -> tuple[str | Force, ...]:
        return *FREE, noise_drift(NOISE, *kurtosis)

    return Mechanism(label, {"noise": noise(NOISE)}, 0.0, forces, "euler", rate=0.05, steps=40_000)


def _relu_alone() -> tuple[Force]:
    return (own_force("hidden_relu", smooth=hidden_relu),)


RELU, ON_ACTIVATIONS = {"activation": "relu"}, {"l1_on": "activations"}
MECHANISMS = {
    "none": Mechanism("none", forces=lambda: FREE, steps=4000),
    "l1": Mechanism("L1", l1=L1, forces=lambda: (*FREE, "l1")),
    "l1_activations": Mechanism("L1 on activations", ON_ACTIVATIONS, L1),
    "l2": Mechanism("L2", {"l2": 2 * L2}, forces=lambda: (*FREE, l2_decay(L2))),
    "relu": Mechanism("hidden ReLU", RELU, forces=_relu_alone, method="euler"),
    "relu_l1": Mechanism("hidden ReLU, L1 on activations", RELU | ON_ACTIVATIONS, L1),
    "gelu": Mechanism("hidden GELU", {"activation": "gelu"}),
    "layer_norm": Mechanism("layer norm", {"activation": "layer_norm"}, rate=0.005),
    "signs": _noisy("random signs", Signs, -2.0),
    "gaussian": _noisy("Gaussian noise", Gaussian),
    "adam": Mechanism("none, trained by Adam", optimizer="adam", rate=1e-3, steps=8000),
}


def trained(model: Autoencoder, chosen: Mechanism, instances: int, seed: int) -> list[np.ndarray]:
    """Train, and return weights after half of the steps and all of them; the second half has fresh noise."""
    found: list[Any] = [None]
    size = {"steps": chosen.steps // 2, "replicates": instances, **chosen.options}
    for fresh in (seed, int(np.random.SeedSequence((seed, 1)).generate_state(1)[0])):
        run = train(model, chosen.optimizer, learning_rate=chosen.rate, seed=fresh, initial=found[-1], **size)
        found.append(run.final.values.astype(float))
    return found[1:]


def simulated(model: Autoencoder, chosen: Mechanism, instances: int, seed: int) -> list[np.ndarray]:
    """Follow the flow for the time that training takes."""
    end = 4 * chosen.rate * chosen.steps

    def look(flow: Flow) -> dict[str, np.ndarray]:
        flow.advance(end / 2)
        halfway = flow.weights.copy()
        flow.advance(end)
        return {"halfway": halfway, "final": flow.weights}

    forces = chosen.forces()  # type: ignore[misc]
    seen = observe(look, model, instances, seed, method=chosen.method, forces=forces)
    return [seen["halfway"], seen["final"]]
