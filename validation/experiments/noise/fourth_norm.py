"""Do encodings become sparse under hidden noise, without L1? The paper's run, beside averaged forces."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from theory.noise import drift
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, grid, mean_of
from validation.experiments.findings import Findings, parts
from validation.experiments.noise.followed import FOLLOW, MODEL, NOISE, STEPS_PER_TIME, TIMES
from validation.report import plots
from validation.report.statistics import Estimate, mean

FLOOR = drift.of_random_direction(MODEL.n_neurons)  # fourth norm
STDS = (0.07, 0.1, 0.15)
RUNS = [(0.1, 4)], [(std, 16) for std in STDS]
NAMES = {
    "signs": "random signs",
    "gaussian": "Gaussian noise",
    "simulation": "flow to first order",
    "theory": "exact average",
}
PAPER = {"signs": {0.07: 0.3, 0.1: 0.8, 0.15: 0.78}, "gaussian": dict.fromkeys(STDS, 0.17)}  # read off


def measure(source: str, law: str, std: float, instances: int, seed: int) -> xr.Dataset:
    """Follow the mean fourth norm Σ w⁴ of encodings under hidden noise, without L1.

    From the same initial weights: gradient descent at rate 0.02 with fresh noise in each of 100,000 steps;
    the flow under the noise averaged to first order in its kurtosis; under the noise averaged exactly; and a
    closed form, in which encodings of length 1 drift at the rate of a simplex, each one alone.
    """
    starts = np.array([MODEL.initial(rng) for rng in draws(seed, instances)])
    fourth, lengths = FOLLOW[source](law, std, starts, seed)
    found = {"fourth_norm": fourth, "of_direction": fourth / lengths**4}
    dims = ("replicate", "time")  # means over features
    return xr.Dataset({k: (dims, np.float32(v.mean(axis=-1))) for k, v in found.items()}, {"time": TIMES})


def _end(name: str = "fourth_norm", **of: str) -> Callable[..., Estimate | None]:
    """Return what estimates the last value, in settings with these values."""
    return mean_of(lambda part, *_: part[name][:, -1].where(all(part[k] == v for k, v in of.items())))


def _off_training(part: xr.Dataset, trained: xr.Dataset, level: float) -> Estimate:
    gap = float(abs(part.fourth_norm.mean("replicate") - trained.fourth_norm.mean("replicate")).max())
    return Estimate(gap, gap, gap, "largest difference of means over time")


def _exact(part: xr.Dataset, exact: xr.Dataset) -> float:
    return exact.fourth_norm[:, -1].mean()


def _read_off(part: xr.Dataset) -> float | None:
    return PAPER[str(part.law.values)].get(float(part["std"]))


def _courses(law: str) -> Panel:
    """Return a panel of the courses under one kind of noise: training over its exact average."""

    def draw(ax: Axes, found: Findings) -> None:
        steps = TIMES * STEPS_PER_TIME / 1000
        for part in (part for part in parts(found.result) if part.law == law):
            std, course = float(part["std"]), part.fourth_norm.transpose("time", "replicate")
            if part.source == "training":
                style = {"color": plots.sequence(len(STDS))[STDS.index(std)]}
                each = [mean(values, found.level) for values in course]
                plots.band(ax, steps, each, label=f"trained, σ = {std:g}", **style)
                ax.plot(steps[-1], PAPER[law][std], "x", markersize=9, **style)
            elif part.source == "theory":
                ax.plot(steps, course.mean("replicate"), color=plots.BLACK, linewidth=1)
        ax.plot([], [], color=plots.BLACK, linewidth=1, label="exact average")
        ax.axhline(FLOOR, color=plots.GREY, linestyle=":", label="random directions, 3/(m + 2)")
        ax.plot([], [], "x", color=plots.GREY, markersize=9, label="paper's ends, read off")
        ax.set(xlabel="training step, thousands", ylabel="mean fourth norm Σ w⁴", ylim=(0, 1))

    return Panel(draw=draw, options={"title": NAMES[law]})


SIGNS = _end(source="training", law="signs")
DIRECTIONS = _end("of_direction", source="training", law="gaussian")
READ = Band(0.85, 1.15, "read off a plot of few runs")
EXPERIMENTS = (
    Experiment(
        "fourth_norm",
        "Does hidden noise make encodings sparse without L1?",
        "arXiv:2312.03096, noise instead of L1",
        lambda full: grid({"source": FOLLOW, "law": NOISE, "std, instances": RUNS[full]}),
        measure,
        {
            "end": Quantity("mean fourth norm at the end", _end()),
            "gap": Quantity("largest difference from training", _off_training, beside={"source": "training"}),
            "exact": Quantity(
                "end, signs, against exact average", SIGNS, _exact, beside={"source": "theory"}
            ),
            "directions": Quantity("of directions, Gaussian", DIRECTIONS, FLOOR),
            "paper": Quantity("against the paper's plot", _end(source="training"), _read_off, lambda _: READ),
        },
        (_courses("signs"), _courses("gaussian")),
        "At σ = {directions.last[std]} the mean fourth norm of encodings ends at "
        "{end[law=signs].trained.last} under random signs and at {end[law=gaussian].trained.last} under "
        "Gaussian noise; random directions have {directions.last.predicted:.3f}, one neuron a feature 1.",
        "What counts is the kurtosis of the noise, not its size: random signs have the least there is, and "
        "training follows their exact average to within {gap[source=theory].most}. To first order in the "
        "kurtosis the flow is off by up to {gap[source=simulation].most}, the closed form, which keeps "
        "encodings on a simplex, by {gap[source=closed form].most}. Gaussian noise knows no basis: "
        "directions stay as random as they were in {directions.agreeing} settings.",
        "One size, n = 8 and m = 16, and one rate, those of the paper.",
        NAMES,
        lambda setting: setting["source"] in ("training", "theory"),
    ),
)
