"""Gradient descent and the simulated flow end alike from the same initial weights."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.metrics import polysemantic_neurons
from validation.experiments import networks
from validation.experiments.experiment import Experiment, Panel, Quantity, grid, mean_of
from validation.experiments.findings import Findings
from validation.report import plots

MODEL = networks.TRAINED
STAGES = {"start": "At the start", "flow": "At the end of flow", "training": "At the end of training"}


def measure(n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Train networks by gradient descent, run the flow from the same weights, and count in both."""
    trained = networks.trained("gd", replicates, seed)
    flow = networks.simulated(MODEL, replicates, seed)
    counts = polysemantic_neurons(trained.final.values), flow.polysemantic_neurons.values
    most = int(np.argmax(counts[1]))  # there is most to be seen in this one
    shown = [run.isel(replicate=most).values for run in (trained.initial, flow.final, trained.final)]
    ends = (("stage", "feature", "neuron"), np.array(shown))
    difference = ("replicate", counts[0] - counts[1])
    return xr.Dataset({"difference": difference, "shown": ends}, {"stage": list(STAGES)})


def _encodings(stage: str) -> Panel:
    def draw(ax: Axes, found: Findings) -> None:
        plots.encodings(ax, found.result.shown.isel(setting=0).sel(stage=stage).values)

    return Panel(draw=draw, options={"title": STAGES[stage]})


SIZE = {"n": MODEL.n_features, "m": MODEL.n_neurons, "l1": MODEL.l1}
LABEL = "polysemantic neurons, training minus flow, same initial weights"
EXPERIMENTS = (
    Experiment(
        "training_follows_flow",
        "Gradient descent ends with as many polysemantic neurons as the flow that it discretises.",
        "seed 001, “Loss and dynamics” and footnote 7",
        lambda full: grid(SIZE | {"replicates": networks.replicates(full)}),
        measure,
        {"difference": Quantity(LABEL, mean_of("difference"), 0.0, source="training")},
        tuple(map(_encodings, STAGES)),
    ),
)
