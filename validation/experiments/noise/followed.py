"""Encodings under hidden noise without L1, followed in four ways from the same initial weights."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from sim.flow import Flow
from sim.forces import noise_drift
from sim.progress import track
from sim.replicates import observe
from theory import Autoencoder
from theory.noise import averaged, drift, fourth_norm, random_signs
from validation.training import train
from validation.training.noise import Gaussian, Signs

MODEL = Autoencoder(8, 16, 0.0)
RATE, STEPS, LOOKS = 0.02, 100_000, 50
STEPS_PER_TIME = 1 / (4 * RATE)
TIMES = np.linspace(0.0, STEPS / STEPS_PER_TIME, LOOKS + 1)
NOISE = {"signs": Signs, "gaussian": Gaussian}
KURTOSIS = {"signs": -2.0, "gaussian": 0.0}  # in excess of that of normal noise
EXACT = {"signs": random_signs.force, "gaussian": averaged.force}  # averages over all noise
Norms = tuple[np.ndarray, np.ndarray]  # fourth norms and L2 norms, (replicate, time, feature)


def _trained(law: str, std: float, starts: np.ndarray, seed: int) -> Norms:
    """Train by gradient descent, which has no state: from look to look it goes on with fresh noise."""
    weights, noise = [starts], NOISE[law](std)
    size: dict[str, Any] = {"steps": STEPS // LOOKS, "learning_rate": RATE, "replicates": len(starts)}
    for fresh in np.random.SeedSequence((seed, 1)).generate_state(LOOKS):
        run = train(MODEL, "gd", initial=weights[-1], seed=int(fresh), noise=noise, **size)
        weights.append(run.final.values)
    return _norms(np.stack(weights, axis=1))


def _simulated(law: str, std: float, starts: np.ndarray, seed: int) -> Norms:
    def look(flow: Flow) -> dict[str, np.ndarray]:
        weights = []
        for time in TIMES:
            flow.advance(time)
            weights.append(flow.weights.copy())
        return {"weights": np.array(weights)}

    forces = ("feature_benefit", "interference", noise_drift(std, KURTOSIS[law]))
    return _norms(observe(look, MODEL, len(starts), seed, forces=forces)["weights"])


def _averaged(law: str, std: float, starts: np.ndarray, seed: int) -> Norms:
    force = partial(EXACT[law], noise_std=std)
    found = [fourth_norm.averaged(start, TIMES, force) for start in track(starts, "exact averages")]
    return np.array([run.fourth_norm for run in found]), np.array([run.l2_norm for run in found])


def _norms(weights: np.ndarray) -> Norms:
    return (weights**4).sum(axis=-1), np.linalg.norm(weights, axis=-1)


def _closed_form(law: str, std: float, starts: np.ndarray, seed: int) -> Norms:
    rate = drift.rate(MODEL.n_features, MODEL.n_neurons, std, KURTOSIS[law])
    fourth = np.array([fourth_norm.closed_form(start, rate, TIMES) for start in starts])
    return fourth, np.ones_like(fourth)


FOLLOW: dict[str, Callable[..., Norms]] = {
    "training": _trained,
    "simulation": _simulated,
    "theory": _averaged,
    "closed form": _closed_form,
}
