"""How many polysemantic neurons there are: flows and trained networks against what is predicted of them."""

from functools import partial

import numpy as np
import xarray as xr

from sim.metrics import polysemantic_neurons
from theory import Autoencoder, collisions
from validation.experiments import networks
from validation.experiments.collisions import ratio_law
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.report.statistics import bootstrap


def flows(full: bool) -> list[Setting]:
    """Return flows at several loads."""
    sizes = (64, 128, 256, 512) if full else (64, 128, 256)
    axes = {"method": "flow", "n": 64, "m": sizes, "l1": 1e-3, "replicates": 400 if full else 60}
    return grid({"source": "simulation"} | axes)


def all_of(full: bool) -> list[Setting]:
    """Return these flows, and trained networks."""
    trained, axes = networks.TRAINED, {"source": "training", "method": tuple(networks.OPTIMIZERS)}
    size = {"n": trained.n_features, "m": trained.n_neurons, "l1": trained.l1}
    return flows(full) + grid(axes | size | {"replicates": networks.replicates(full)})


def measure(source: str, method: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Run flow or training to the sparse end, and count neurons with two weights above ½."""
    if source == "training":
        final = networks.trained(method, replicates, seed).final.values
        return xr.Dataset({"polysemantic_neurons": ("replicate", polysemantic_neurons(final))})
    run = networks.simulated(Autoencoder(n, m, l1), replicates, seed)
    return run[["polysemantic_neurons", "winner_kept"]].astype(float)


def _quarter(part: xr.Dataset) -> float:
    return collisions.paper_heuristic(*ratio_law.size(part))


def _of_quarter(part: xr.Dataset) -> Band:
    """Return the same band over n²/(4m), which is a little more than the exclusion law."""
    (n, m), law = ratio_law.size(part), ratio_law.band(part)
    factor = (1 - 1 / n) / (1 - 1 / (2 * m))
    return Band(law.low * factor, law.high * factor, law.reason)


def _dispersion(counts: np.ndarray, axis: int) -> np.ndarray:
    return counts.var(axis=axis, ddof=1) / counts.mean(axis=axis)


def _less_than_poisson(part: xr.Dataset) -> float:
    mean, variance = ratio_law.exclusion(*ratio_law.size(part))
    return variance / mean


def _won(part: xr.Dataset) -> Band:
    expected = 0.283 + 0.0893 * float(np.log2(part.m / 64))
    return Band(expected - 0.06, expected + 0.06, "0.283 + 0.0893 log₂(m/64) ± 0.06 (`winner_decided`)")


COUNT, OF_COUNT = "polysemantic neurons", mean_of("polysemantic_neurons")
WON = Quantity("share of features whose largest initial weight wins", mean_of("winner_kept"), 1.0, _won)
_experiment = partial(Experiment, measure=measure, names=networks.OPTIMIZERS)
EXPERIMENTS = (
    _experiment(
        "exclusion_law",
        "Features take random slots (neuron, sign), no two one: n(n − 1)/(2(2m − 1)) polysemantic neurons.",
        "own derivation",
        all_of,
        quantities={"count": Quantity(COUNT, OF_COUNT, ratio_law.expected, ratio_law.band)},
        panels=(Panel("count", ("n", "m", "l1"), ("method",)),),
    ),
    _experiment(
        "quarter",
        "About n²/(4m) neurons are polysemantic in the end.",
        "seed 001, “Benign and malign collisions”; arXiv:2312.03096",
        all_of,
        quantities={"count": Quantity(COUNT, OF_COUNT, _quarter, _of_quarter)},
    ),
    _experiment(
        "dispersion",
        "The number of polysemantic neurons varies less than a Poisson number, as in the exclusion law.",
        "own derivation",
        lambda full: [setting for setting in flows(full) if setting["m"] == 128],
        quantities={
            "dispersion": Quantity(
                "variance over mean of the count",
                lambda part, level: bootstrap(part.polysemantic_neurons, _dispersion, level),
                _less_than_poisson,
            )
        },
    ),
    _experiment(
        "winner_interference",
        "The neuron that is most correlated with a feature at the start will represent it in the end.",
        "seed 001, introduction and footnote 8",
        flows,
        quantities={"kept": WON},
        panels=(Panel("kept", "m", log="x"),),
    ),
)
