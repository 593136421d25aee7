"""Collisions of three features count as three, in initial weights and in what becomes of them."""

import numpy as np
import xarray as xr
from scipy.special import comb

from theory import Autoencoder, collisions
from validation.experiments.draws import draws
from validation.experiments.experiment import Experiment, Quantity, grid, mean_of


def measure(n: int, m: int, networks: int, seed: int) -> xr.Dataset:
    """Draw initial weights, and count sets of features whose largest weight is on one neuron."""
    counts = []
    for rng in draws(seed, networks):
        top = np.abs(Autoencoder(n, m, 0.0).initial(rng)).argmax(axis=1)
        on = np.bincount(top, minlength=m)
        counts.append([comb(on, 2).sum(), comb(on, 3).sum(), (on > 1).sum()])
    columns = zip(("pairs", "threes", "neurons"), np.transpose(counts), strict=True)
    return xr.Dataset({name: ("replicate", values) for name, values in columns})


def _expected(order: int):
    return lambda part: collisions.expected_collisions(int(part.n), int(part.m), order)


def _neurons(part: xr.Dataset) -> float:
    n, m = int(part.n), int(part.m)
    return m - m * (1 - 1 / m) ** n - n * (1 - 1 / m) ** (n - 1)


EXPERIMENTS = (
    Experiment(
        "three_way_collisions",
        "A three-way collision counts as three: n(n − 1)/(2m) pairs, though fewer neurons have several.",
        "seed 001, footnote 5",
        lambda full: grid({"n": 64, "m": (64, 256), "networks": 2000 if full else 400}),
        measure,
        {
            "pairs": Quantity("pairs of features that collide", mean_of("pairs"), _expected(2)),
            "threes": Quantity("three-way collisions", mean_of("threes"), _expected(3)),
            "neurons": Quantity("neurons with several features", mean_of("neurons"), _neurons),
        },
    ),
)
