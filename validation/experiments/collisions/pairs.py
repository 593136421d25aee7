"""Two features on one neuron: with opposite signs both stay, with one sign the smaller is driven out."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim import simulate
from sim.metrics import benign_pairs, polysemantic_neurons
from theory import Autoencoder, interference
from validation.experiments import networks
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid
from validation.experiments.findings import Findings
from validation.report import plots
from validation.report.statistics import Estimate, share, within

TIMES = (0.5, 2.0, 8.0)
ERROR = 1e-3, 1e-5  # of the integration: of the smaller weight, as a share of it, and of a² − b²
ALONE = ("interference",)


def opposite_signs(full: bool) -> list[Setting]:
    """Return one pair without L1, followed by its flow, and sparse ends of flows and trained networks."""
    model, number = networks.TRAINED, networks.replicates(full)
    size = (model.n_features, model.n_neurons, model.l1, number)
    runs = [("simulation", 2, 2, 0.0, 1), ("simulation", *size), ("training", *size)]
    return grid({"source, n, m, l1, replicates": runs})


def benign(source: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Follow two weights of opposite signs on one neuron under interference alone, to see how far they move.

    Where L1 acts, networks run to their sparse end: of neurons with two weights above ½, those with both
    signs are counted.
    """
    model = Autoencoder(n, m, l1)
    if not l1:
        rng = np.random.default_rng(seed)
        start = np.array([[rng.uniform(0.3, 1), 0.0], [-rng.uniform(0.3, 1), 0.0]])
        run = simulate(model, initial=start, until=10.0, forces=ALONE)
        return xr.Dataset({"moved": ((), float(np.abs(run.final - start).max()))})
    if source == "training":
        weights = networks.trained("gd", replicates, seed).final.values
    else:
        weights = networks.simulated(model, replicates, seed).final.values
    opposite = (benign_pairs(weights) == 1).sum(axis=-1)
    counts = {"polysemantic": polysemantic_neurons(weights), "opposite": opposite}
    return xr.Dataset({name: ("replicate", values) for name, values in counts.items()})


def malign(n: int, m: int, seed: int) -> xr.Dataset:
    """Follow two features under interference alone, with one weight each, of one sign, on one neuron."""
    start = np.zeros((n, m))
    start[:, 0] = np.sort(np.random.default_rng(seed).uniform(0.3, 1, n))[::-1]
    pair = Autoencoder(n, m, 0.0)
    ends = [simulate(pair, initial=start, until=time, forces=ALONE, rtol=1e-6).final[:, 0] for time in TIMES]
    weights = np.stack([start[:, 0], *ends])
    return xr.Dataset({"weights": (("time", "feature"), weights)}, {"time": [0.0, *TIMES]})


def _moved(part: xr.Dataset, level: float) -> Estimate | None:
    return None if part.l1 else within(float(part.moved), 0, "exact")


def _opposite(part: xr.Dataset, level: float) -> Estimate | None:
    return share(int(part.opposite.sum()), int(part.polysemantic.sum()), level) if part.l1 else None


def _smaller(time: float) -> Quantity:
    def estimate(part: xr.Dataset, level: float) -> Estimate:
        value = part.weights.sel(time=time).values[1].item()
        return within(value, ERROR[0] * value, "integration error")

    def predicted(part: xr.Dataset) -> float:
        larger, smaller = part.weights.values[0].tolist()
        return interference.malign_collision(larger, smaller, np.array([time]))[1][0]

    return Quantity(f"smaller weight at t = {time:g}", estimate, predicted)


def _difference(part: xr.Dataset, time: float) -> float:
    larger, smaller = part.weights.sel(time=time).values.tolist()
    return larger**2 - smaller**2


def _draw(ax: Axes, found: Findings) -> None:
    part, times = found.result.isel(setting=0), np.linspace(0, TIMES[-1], 200)
    larger, smaller = part.weights.values[0].tolist()
    theory = interference.malign_collision(larger, smaller, times)
    for values, curve in zip(part.weights.values.T, theory, strict=True):
        ax.plot(part.time, values, "o")
        ax.plot(times, curve, color=plots.COLOUR["theory"])
    ax.set(xlabel=plots.TIME, ylabel="weight on the shared neuron", ylim=(0, None))


EXPERIMENTS = (
    Experiment(
        "benign_collision",
        "Two features with opposite signs on one neuron feel no force from each other, and both stay.",
        "seed 001, “Benign and malign collisions”",
        opposite_signs,
        benign,
        {
            "moved": Quantity("largest change of two weights of opposite signs", _moved, 0.0),
            "opposite": Quantity("share of polysemantic neurons with one + and one −", _opposite, 1.0),
        },
        limits="The single pair, by the flow that theory solves, tests the integrator, not the model.",
    ),
    Experiment(
        "malign_collision",
        "Of two features with the same sign on one neuron the smaller leaves; a² − b² is conserved.",
        "seed 001, “Benign and malign collisions”; closed form own",
        lambda full: grid({"n": 2, "m": 2}),
        malign,
        {f"smaller {time:g}": _smaller(time) for time in TIMES}
        | {
            "conserved": Quantity(
                f"a² − b² at t = {TIMES[-1]:g}",
                lambda part, level: within(_difference(part, TIMES[-1]), ERROR[1], "integration error"),
                lambda part: _difference(part, 0.0),
            )
        },
        (Panel(draw=_draw),),
        limits="One pair, by the flow that theory solves: this tests the integrator, not the model; whole "
        "networks are in malign_by_ratio.",
    ),
)
