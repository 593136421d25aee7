"""How many neurons are polysemantic? The paper's experiment, by AdamW and by the flow."""

import numpy as np
import xarray as xr

from sim.metrics import polysemantic_neurons
from theory import Autoencoder
from validation.experiments.collisions import ratio_law
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import by_source
from validation.experiments.networks import ends
from validation.report.statistics import Estimate

IN_RANGE = (0.8, 1.2)  # the paper counts neurons with two weights of such sizes
L1_TRAIN = 1e-3
PAPER_FEATURES = 256
PAPER = {256: 72.0, 512: 24.0, 1024: 10.0, 2048: 5.4, 4096: 3.8}  # means, read off its plot
MANY = range(256, 4097, 256)
BLOCK, BLOCKS = 4, 4  # instances in a setting: an interrupted run loses minutes of training


def settings(full: bool) -> list[Setting]:
    """Return the flow at all sizes, training at those read off the paper's plot, and the rest of training."""
    if not full:
        size = {"m": (64, 128, 256), "n": 64, "block": 0, "instances": 16}
        return grid({"source": ("simulation", "training")} | size)
    blocks, size = range(BLOCKS), {"n": PAPER_FEATURES, "instances": BLOCK}
    others = [m for m in MANY if m not in PAPER]
    return [
        *grid({"source": "simulation", "m": MANY, "block": blocks} | size),
        *grid({"source": "training", "block": blocks, "m": PAPER} | size),
        *grid({"source": "training", "block": blocks, "m": others} | size),
    ]


def measure(source: str, n: int, m: int, block: int, instances: int, seed: int) -> xr.Dataset:
    """Run the flow, or 7,500 steps of AdamW at rate 10⁻³ with λ_train = 10⁻³, and count in the end.

    A neuron counts as polysemantic if two weights on it are 0.8 to 1.2 in size, as in the paper. Flow and
    training begin with the same weights.
    """
    sizes = np.abs(ends(source, Autoencoder.from_training(n, m, L1_TRAIN), seed, block, instances)[1])
    in_range = (sizes >= IN_RANGE[0]) & (sizes <= IN_RANGE[1])
    counted = {
        "by_range": (in_range.sum(axis=-2) >= 2).sum(axis=-1),
        "by_threshold": polysemantic_neurons(sizes),
        "settled": in_range.any(axis=-1).sum(axis=-1),  # features that have their weight
    }
    return xr.Dataset({name: ("replicate", np.int16(found)) for name, found in counted.items()})


def _read_off(group: xr.Dataset) -> float | None:
    return PAPER.get(int(group.m[0])) if group.n[0] == PAPER_FEATURES else None


def _difference(group: xr.Dataset) -> xr.DataArray:
    flow, trained = by_source(group.by_range)  # from the same initial weights
    return trained - flow


def _read(group: xr.Dataset, level: float) -> Estimate | None:
    return COUNT(group, level) if _read_off(group) else None


COUNT, DIFFERENCE = mean_of("by_range"), mean_of(_difference)
LAW = Band(0.7, 1.35, "146 settings of the flow lie within 0.75 and 1.30 (`quarter_constant`); few runs")
PLOT = Band(0.75, 1.3, "means of 16 runs in a plot, read to a tenth")
EACH = ("source", "m")
EXPERIMENTS = (
    Experiment(
        "polysemantic_neurons",
        "How many neurons are polysemantic, against their number m?",
        "seed 001, “Benign and malign collisions”; arXiv:2312.03096, polysemantic neurons against m",
        settings,
        measure,
        {
            "count": Quantity("polysemantic neurons", COUNT, ratio_law.expected, lambda _: LAW, over=EACH),
            "paper": Quantity("against the paper's plot", _read, _read_off, lambda _: PLOT, over=EACH),
            "difference": Quantity("training minus flow", DIFFERENCE, 0.0, over=("m",), source="training"),
        },
        (
            Panel("count", "m", ("source",), "xy"),
            Panel("count", "m", ("source",), "x", ratio=True, options={"ylim": (0, None)}),
        ),
        "{count.flow.first} of {count.flow.first[m]} neurons are polysemantic in the flow and "
        "{count.trained.first} under AdamW; {count.flow.last} and {count.trained.last} of {count.last[m]}.",
        "That is {count.flow.first.ratio} and {count.flow.last.ratio} times the exclusion law, which puts "
        "features into random slots, no two into one, in the flow. The paper's own means lie in "
        "{paper.agreeing} intervals. From the same initial weights training ends with as many as the flow at "
        "{difference.agreeing} sizes (intervals of the difference that hold 0).",
        "One number of features and one λ. The paper's n²/(4m) is the exclusion law within 0.4 % here.",
        in_check=lambda setting: (
            setting["m"] in PAPER
            and (setting["source"] == "simulation" or (setting["block"] == 0 and int(setting["m"]) <= 512))
        ),
    ),
)
