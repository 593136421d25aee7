"""Two features with opposite signs on one neuron leave each other alone."""

import numpy as np
import xarray as xr

from sim import simulate
from sim.metrics import benign_pairs, polysemantic_neurons
from theory import Autoencoder
from validation.experiments import networks
from validation.experiments.experiment import Experiment, Quantity, Setting, grid
from validation.report.statistics import Estimate, share, within


def settings(full: bool) -> list[Setting]:
    """Return one pair without L1, followed by its flow, and sparse ends of flows and trained networks."""
    model, number = networks.TRAINED, networks.replicates(full)
    size = (model.n_features, model.n_neurons, model.l1, number)
    runs = [("simulation", 2, 2, 0.0, 1), ("simulation", *size), ("training", *size)]
    return grid({"source, n, m, l1, replicates": runs})


def measure(source: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Follow two weights of opposite signs on one neuron under interference alone, to see how far they move.

    Where L1 acts, networks run to their sparse end: of neurons with two weights above ½, those with both
    signs are counted.
    """
    model = Autoencoder(n, m, l1)
    if not l1:
        rng = np.random.default_rng(seed)
        start = np.array([[rng.uniform(0.3, 1), 0.0], [-rng.uniform(0.3, 1), 0.0]])
        run = simulate(model, initial=start, until=10.0, forces=("interference",))
        return xr.Dataset({"moved": ((), float(np.abs(run.final - start).max()))})
    if source == "training":
        weights = networks.trained("gd", replicates, seed).final.values
    else:
        weights = networks.simulated(model, replicates, seed).final.values
    opposite = (benign_pairs(weights) == 1).sum(axis=-1)
    counts = {"polysemantic": polysemantic_neurons(weights), "opposite": opposite}
    return xr.Dataset({name: ("replicate", values) for name, values in counts.items()})


def _moved(part: xr.Dataset, level: float) -> Estimate | None:
    return None if part.l1 else within(float(part.moved), 0, "exact")


def _opposite(part: xr.Dataset, level: float) -> Estimate | None:
    return share(int(part.opposite.sum()), int(part.polysemantic.sum()), level) if part.l1 else None


EXPERIMENTS = (
    Experiment(
        "benign_collision",
        "Two features with opposite signs on one neuron feel no force from each other, and both stay.",
        "seed 001, “Benign and malign collisions”",
        settings,
        measure,
        {
            "moved": Quantity("largest change of two weights of opposite signs", _moved, 0.0),
            "opposite": Quantity("share of polysemantic neurons with one + and one −", _opposite, 1.0),
        },
    ),
)
