"""The experiments that claims and pictures share: each runs once in a process, whatever asks for it.

The default sizes let the whole check end within a minute on two cores; ``full`` runs are larger.
"""

from functools import cache

import numpy as np
import xarray as xr

from sim import ensemble, sparsify
from sim.flow import Flow
from sim.forces import FORCES
from sim.progress import track
from theory import Autoencoder
from validation.training import train

PAPER = Autoencoder(1, 100_000, 1e-5, 0.9 * 100_000**-0.5)  # the paper's sparsification run
DECAY_TIMES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4)
TRAINED_ENCODING = Autoencoder(1, 1024, 1e-3)
TRAINED = Autoencoder(16, 32, 0.01)
RACE = Autoencoder(32, 64, 0.005)
COUNT_FEATURES, COUNT_L1 = 64, 1e-3
PAPER_L1_TRAIN, STEPS, RATE = 1e-3, 7500, 1e-3  # of the paper's training by AdamW


@cache
def decay(seed: int, full: bool) -> xr.Dataset:
    """Return norms and active weights of many single encodings at the paper's size, (replicate, time)."""
    rngs = draws(seed, 100 if full else 24)
    encodings = (PAPER.initial(rng)[0] for rng in track(rngs, "encodings of 100,000 weights"))
    runs = [sparsify(w, PAPER.l1, np.array(DECAY_TIMES)) for w in encodings]
    return _stack(runs)


@cache
def trained_encoding(seed: int, full: bool) -> xr.Dataset:
    """Return trained encodings without a neighbour: n = 1, so that no interference acts."""
    return train(
        TRAINED_ENCODING,
        "gd",
        steps=4000,
        learning_rate=5e-3,
        replicates=400 if full else 64,
        seed=seed,
    )


@cache
def races(law: str, seed: int, full: bool) -> np.ndarray:
    """Return λT for many encodings whose initial weights are "Gaussian" or "Laplace", with ‖w‖ near 1."""
    m, l1 = (10**5, 1e-6) if full else (3000, 1e-5)
    times = []
    for rng in track(draws(seed, 2000 if full else 600), f"races of {m:,} {law} weights"):
        weights = rng.normal(0, m**-0.5, m) if law == "Gaussian" else rng.laplace(0, (2 * m) ** -0.5, m)
        times.append(l1 * sparsify(weights, l1, np.zeros(1)).attrs["time_to_sparsity"])
    return np.array(times)


@cache
def laplace_decay(seed: int, full: bool) -> xr.Dataset:
    """Return norms and active weights when the sizes of the initial weights are exponential."""
    m, l1, times = 100_000, 1e-5, np.array([1e3, 3e3, 1e4])
    rngs = draws(seed, 100 if full else 24)
    sizes = (rng.laplace(0, (2 * m) ** -0.5, m) for rng in track(rngs, "encodings with Laplace weights"))
    runs = [sparsify(w, l1, times) for w in sizes]
    return _stack(runs)


@cache
def counts(n_neurons: int, seed: int, full: bool) -> xr.Dataset:
    """Return an ensemble of the full flow with 64 features at λ = 10⁻³."""
    return _whole(ensemble(Autoencoder(COUNT_FEATURES, n_neurons, COUNT_L1), 400 if full else 60, seed=seed))


@cache
def careful(n_neurons: int, seed: int, full: bool) -> xr.Dataset:
    """Return an ensemble with 16 features by proximal Euler, which counts rebirths as the flow has them.

    In the long steps of the splitting method some weights die and are reborn more often.
    """
    model = Autoencoder(16, n_neurons, 0.01)
    return _whole(ensemble(model, 200 if full else 24, seed=seed, method="euler"))


def count_sizes(full: bool) -> tuple[int, ...]:
    """Return the numbers of neurons at which polysemantic neurons are counted."""
    return (64, 128, 256, 512) if full else (64, 128, 256)


@cache
def trained(optimizer: str, seed: int, full: bool) -> xr.Dataset:
    """Return networks trained until they are sparse; the same initial weights for every optimiser."""
    steps, learning_rate = {"gd": (15_000, 0.02), "adamw": (7500, 1e-3)}[optimizer]
    return train(
        TRAINED,
        optimizer,
        steps=steps,
        learning_rate=learning_rate,
        replicates=_networks(full),
        seed=seed,
    )


@cache
def flow_of_trained(seed: int, full: bool) -> xr.Dataset:
    """Return the simulated flow from the initial weights of `trained`."""
    return _whole(ensemble(TRAINED, _networks(full), seed=seed))


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
        run = _whole(ensemble(model, instances, draws))
    else:
        initial = np.array([model.initial(np.random.default_rng(child)) for child in draws.spawn(instances)])
        run = train(model, "adamw", steps=STEPS, learning_rate=RATE, replicates=instances, initial=initial)
    return run.initial.values, run.final.values


@cache
def race(seed: int) -> xr.DataArray:
    """Return all weights on their way to the sparse fixed point, (time, feature, neuron)."""
    flow = Flow(RACE, RACE.initial(np.random.default_rng(seed)), "splitting", FORCES, None)
    times = np.concatenate([[0.0], np.geomspace(0.1, 5 / RACE.l1, 150)])
    weights = []
    for time in times:
        flow.advance(time)
        weights.append(flow.weights.copy())
    return xr.DataArray(weights, {"time": times}, ("time", "feature", "neuron"), attrs=RACE.parameters())


def _stack(runs: list[xr.Dataset]) -> xr.Dataset:
    """Return the courses of several encodings as replicates of one dataset."""
    courses = [run[["active", "l1_norm", "l2_norm"]] for run in runs]
    return xr.concat(courses, "replicate", combine_attrs="drop_conflicts")


def _whole(run: xr.Dataset) -> xr.Dataset:
    """Return an ensemble, or pass the interruption on that cut it short: no finding rests on a part of it."""
    if run.interrupted:
        raise KeyboardInterrupt
    return run


def _networks(full: bool) -> int:
    return 256 if full else 64


def draws(seed: int, number: int) -> list[np.random.Generator]:
    """Return so many independent generators; the first of many are those of few."""
    return [np.random.default_rng(child) for child in np.random.SeedSequence(seed).spawn(number)]
