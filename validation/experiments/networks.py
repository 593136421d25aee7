"""Small networks trained until they are sparse, and the flow from the same weights, which claims share."""

from collections.abc import Collection, Sequence
from functools import cache

import numpy as np
import xarray as xr

from sim import ensemble
from sim.flow import Flow
from sim.forces import FORCES, Force
from sim.progress import track
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
def simulated(
    model: Autoencoder, replicates: int, seed: int | np.random.SeedSequence, method: str = "splitting"
) -> xr.Dataset:
    """Return an ensemble of the flow; if it was interrupted, pass that on: nothing rests on a part of it."""
    run = ensemble(model, replicates, seed=seed, method=method)
    if run.interrupted:
        raise KeyboardInterrupt
    return run


def followed(
    model: Autoencoder,
    starts: np.ndarray,
    times: Sequence[float],
    forces: Collection[str | Force] = tuple(FORCES),
    method: str = "splitting",
) -> np.ndarray:
    """Return what the flow makes of given weights at some times, (time, network, feature, neuron)."""
    found = np.empty((len(times), *starts.shape))
    for r, start in enumerate(track(starts, "flows")):
        flow = Flow(model, np.array(start, order="C"), method, forces, None)
        for k, time in enumerate(times):
            flow.advance(time)
            found[k, r] = flow.weights
    return found


def ends(
    source: str, model: Autoencoder, seed: int, block: int, instances: int
) -> tuple[np.ndarray, np.ndarray]:
    """Return initial and final weights of the flow, or of AdamW at the paper's settings, from the same draws.

    Parameters
    ----------
    source : {"simulation", "training"}
        The flow, or AdamW.
    model : Autoencoder
        What is run.
    seed : int
        Of all instances.
    block, instances : int
        How many instances are in a block, and which block it is, counted from 0.

    Returns
    -------
    initial, final : ndarray, shape (instance, feature, neuron)
    """
    draws = np.random.SeedSequence(seed, n_children_spawned=block * instances)
    if source == "simulation":
        run = simulated(model, instances, draws)
    else:
        initial = np.array([model.initial(np.random.default_rng(child)) for child in draws.spawn(instances)])
        steps, rate = SCHEDULES["adamw"]
        run = train(model, "adamw", steps=steps, learning_rate=rate, replicates=instances, initial=initial)
    return run.initial.values, run.final.values
