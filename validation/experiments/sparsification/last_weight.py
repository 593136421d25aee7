"""The last weight of an encoding: which one it is, without interference, and where it ends."""

import numpy as np
import xarray as xr

from sim import simulate, sparsify
from sim.progress import track
from theory import Autoencoder, sparsification
from validation.experiments import networks
from validation.experiments.experiment import Experiment, Quantity, Setting, grid, share_of
from validation.experiments.sparsification.decay import trained_encodings
from validation.report.statistics import within

TOLERANCE = {"simulation": (1e-6, "convergence"), "training": (1e-4, "jitter about 0")}


def sizes(full: bool) -> list[Setting]:
    """Return a small flow by proximal Euler, and trained networks."""
    model = networks.TRAINED
    trained = ("training", model.n_features, model.n_neurons, model.l1, networks.replicates(full))
    return grid({"source, n, m, l1, replicates": [("simulation", 4, 8, 0.05, 1), trained]})


def size(source: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Run to the end and average the sizes of weights that are the only active one of their encoding."""
    if source == "training":
        run = networks.trained("gd", replicates, seed)
        threshold = run.active_threshold
    else:
        run, threshold = simulate(Autoencoder(n, m, l1), seed, until=300.0, method="euler"), 0.0
    sizes = np.abs(run.final.values)
    alone = (sizes > threshold).sum(axis=-1) == 1
    return xr.Dataset({"size": ((), sizes.max(axis=-1)[alone].mean())})


def races(full: bool) -> list[Setting]:
    """Return how many encodings race, by their flow and trained."""
    runs = [("simulation", 1000, 1000 if full else 300), ("training", 1024, 400 if full else 64)]
    return grid({"source, m, encodings": runs, "l1": 1e-3})


def race(source: str, m: int, encodings: int, l1: float, seed: int) -> xr.Dataset:
    """Follow single encodings, and see whether the largest initial weight is the largest in the end."""
    if source == "training":
        trained = trained_encodings(m, l1, encodings, seed).squeeze("feature")
        kept = _largest(trained.initial.values) == _largest(trained.final.values)
    else:
        rng = np.random.default_rng(seed)
        starts = (rng.normal(0, m**-0.5, m) for _ in track(range(encodings), f"races of {m:,} weights"))
        kept = [_largest(w) == _largest(sparsify(w, l1, np.zeros(1)).final.values) for w in starts]
    return xr.Dataset({"kept": ("replicate", np.array(kept))})


def _largest(weights: np.ndarray) -> np.ndarray:
    return np.abs(weights).argmax(axis=-1)


KEPT = Quantity("share won by the largest initial weight", share_of(lambda part: part.kept), 1.0)
EXPERIMENTS = (
    Experiment(
        "winner",
        "Without interference the largest initial weight wins the race, always.",
        "seed 001, “The winning neuron takes it all”; own derivation",
        races,
        race,
        {"kept": KEPT},
    ),
    Experiment(
        "final_weight",
        "The weight w that is left of an encoding ends at the larger root of w(1 − w²) = λ.",
        "own derivation",
        sizes,
        size,
        {
            "size": Quantity(
                "mean size of the last weight of an encoding",
                lambda part, level: within(float(part["size"]), *TOLERANCE[str(part.source.values)]),
                lambda part: float(sparsification.final_weight(float(part.l1))),
            )
        },
    ),
)
