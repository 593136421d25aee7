"""Without interference the largest initial weight wins, always."""

import numpy as np
import xarray as xr

from sim import sparsify
from sim.progress import track
from validation.experiments.experiment import Experiment, Quantity, Setting, grid
from validation.experiments.sparsification.decay import trained_encodings
from validation.report.statistics import share


def settings(full: bool) -> list[Setting]:
    """Return how many encodings race, by their flow and trained."""
    runs = [("simulation", 1000, 1000 if full else 300), ("training", 1024, 400 if full else 64)]
    return grid({"source, m, encodings": runs, "l1": 1e-3})


def measure(source: str, m: int, encodings: int, l1: float, seed: int) -> xr.Dataset:
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


EXPERIMENTS = (
    Experiment(
        "winner",
        "Without interference the largest initial weight wins the race, always.",
        "seed 001, “The winning neuron takes it all”; own derivation",
        settings,
        measure,
        {
            "kept": Quantity(
                "share won by the largest initial weight, one encoding",
                lambda part, level: share(int(part.kept.sum()), part.sizes["replicate"], level),
                1.0,
            )
        },
    ),
)
