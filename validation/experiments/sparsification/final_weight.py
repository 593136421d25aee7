"""The weight that is left ends where feature benefit and L1 balance."""

import numpy as np
import xarray as xr

from sim import simulate
from theory import Autoencoder, sparsification
from validation.experiments import networks
from validation.experiments.experiment import Experiment, Quantity, Setting, grid
from validation.report.statistics import within

TOLERANCE = {"simulation": (1e-6, "convergence"), "training": (1e-4, "jitter about 0")}


def settings(full: bool) -> list[Setting]:
    """Return a small flow by proximal Euler, and trained networks."""
    small, trained = Autoencoder(4, 8, 0.05), networks.TRAINED
    runs = [
        (source, model.n_features, model.n_neurons, model.l1, number)
        for source, model, number in (
            ("simulation", small, 1),
            ("training", trained, networks.replicates(full)),
        )
    ]
    return grid({"source, n, m, l1, replicates": runs})


def measure(source: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Run to the end and average the sizes of weights that are the only active one of their encoding."""
    if source == "training":
        run = networks.trained("gd", replicates, seed)
        threshold = run.active_threshold
    else:
        run, threshold = simulate(Autoencoder(n, m, l1), seed, until=300.0, method="euler"), 0.0
    sizes = np.abs(run.final.values)
    alone = (sizes > threshold).sum(axis=-1) == 1
    return xr.Dataset({"size": ((), sizes.max(axis=-1)[alone].mean())})


EXPERIMENTS = (
    Experiment(
        "final_weight",
        "The weight w that is left of an encoding ends at the larger root of w(1 − w²) = λ.",
        "own derivation",
        settings,
        measure,
        {
            "size": Quantity(
                "mean size of the last weight of an encoding",
                lambda part, level: within(float(part["size"]), *TOLERANCE[str(part.source.values)]),
                lambda part: float(sparsification.final_weight(float(part.l1))),
            )
        },
    ),
)
