"""How strong interference is at the start."""

import numpy as np
import xarray as xr

from theory import Autoencoder, interference
from validation.experiments.draws import draws
from validation.experiments.experiment import Experiment, Quantity, grid, mean_of


def measure(n: int, m: int, networks: int, seed: int) -> xr.Dataset:
    """Draw initial weights, and sum for each feature the squares of positive inner products with others."""
    drawn = (Autoencoder(n, m, 0.0).initial(rng) for rng in draws(seed, networks))
    products = (np.maximum(weights @ weights.T, 0) * (1 - np.eye(n)) for weights in drawn)
    return xr.Dataset({"strength": ("replicate", [(positive**2).sum() / n for positive in products])})


def _predicted(part: xr.Dataset) -> float:
    return interference.initial_strength(Autoencoder(int(part.n), int(part.m), 0.0))


EXPERIMENTS = (
    Experiment(
        "initial_interference",
        "At the start a feature feels interference of (n − 1)/(2m) on average: it is weak while n ≪ m.",
        "seed 001, “How strong is the interference?”",
        lambda full: grid({"n": 64, "m": (64, 256), "networks": 4000 if full else 400}),
        measure,
        {"strength": Quantity("E Σ ReLU(W_i·W_j)²", mean_of("strength"), _predicted)},
    ),
)
