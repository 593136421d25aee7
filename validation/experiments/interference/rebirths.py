"""How often interference revives a weight that had reached zero, beside the seed's guess: hardly ever."""

import numpy as np
import xarray as xr
from scipy.stats import norm

from theory import Autoencoder, interference
from validation.experiments import networks
from validation.experiments.experiment import Band, Experiment, Quantity, grid
from validation.report.statistics import Estimate, ratio


def measure(n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Count deaths and rebirths in the flow by proximal Euler, which has them as the flow has them.

    In the long steps of the splitting method some weights die and are reborn more often.
    """
    return networks.simulated(Autoencoder(n, m, l1), replicates, seed, "euler")[["rebirths", "deaths"]]


def _share(part: xr.Dataset, level: float) -> Estimate | None:
    return ratio(part.rebirths, part.deaths, level)


def _passages(part: xr.Dataset) -> Band:
    """Return between what initial interference pushes through zero, and twice that without L1.

    On each weight it is about Gaussian, of variance ρσ², ρ = (n − 1)/(2m), and decays like e^{−2t}; while it
    is stronger than λ, it moves the weight. Rebirths after a rest come on top, up to as many at n = m.
    """
    model = Autoencoder(int(part.n), int(part.m), float(part.l1))
    root, l1 = interference.initial_strength(model) ** 0.5, model.l1
    moved = norm(scale=root * model.init_std).expect(lambda f: f - l1 + l1 * np.log(l1 / f), lb=l1)
    low = moved / (model.init_std * np.sqrt(2 * np.pi))
    return Band(low, root / np.pi, "passages that the first interference causes, to twice those without L1")


EXPERIMENTS = (
    Experiment(
        "rebirths",
        "Interference will probably not be strong enough to revive weights that are zero.",
        "seed 001, “Benign and malign collisions”",
        lambda full: grid({"n": 16, "m": (256, 64, 16), "l1": 0.01, "replicates": 200 if full else 24}),
        measure,
        {"share": Quantity("rebirths for each death", _share, 0.0, _passages)},
    ),
)
