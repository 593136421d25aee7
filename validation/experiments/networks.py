"""Small networks trained until they are sparse, and the flow from the same weights, which claims share."""

from functools import cache

import xarray as xr

from sim import ensemble
from theory import Autoencoder
from validation.training import train

TRAINED = Autoencoder(16, 32, 0.01)
SCHEDULES = {"gd": (15_000, 0.02), "adamw": (7500, 1e-3)}  # steps and rate
OPTIMIZERS = {"gd": "gradient descent", "adamw": "AdamW"}


def replicates(full: bool) -> int:
    """Return how many networks are trained."""
    return 256 if full else 64


@cache
def trained(optimizer: str, replicates: int, seed: int) -> xr.Dataset:
    """Return trained networks; the same initial weights for every optimiser."""
    steps, rate = SCHEDULES[optimizer]
    return train(TRAINED, optimizer, steps=steps, learning_rate=rate, replicates=replicates, seed=seed)


@cache
def simulated(model: Autoencoder, replicates: int, seed: int, method: str = "splitting") -> xr.Dataset:
    """Return an ensemble of the flow; if it was interrupted, pass that on: nothing rests on a part of it."""
    run = ensemble(model, replicates, seed=seed, method=method)
    if run.interrupted:
        raise KeyboardInterrupt
    return run
