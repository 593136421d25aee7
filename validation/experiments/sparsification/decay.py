"""One encoding sparsifies: its norms and active weights against the population limit and the heuristic."""

from collections.abc import Callable
from functools import cache

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim import sparsify
from sim.progress import track
from theory import Autoencoder, sparsification
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid
from validation.experiments.findings import Findings
from validation.report import plots
from validation.report.statistics import Estimate, mean
from validation.training import train

TIMES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4)
AT = {"simulation": (10.0, 100.0, 1e3, 1e4), "training": (10.0, 50.0)}
LABELS = {"l1_norm": "‖w‖₁", "active": "active weights"}
FINITE = 0.02  # share by which means of few encodings are off their limit
OWN = "seed 001, “How fast does it sparsify?”; own derivation"


def settings(full: bool) -> list[Setting]:
    """Return the paper's run of one encoding, and a smaller one for training."""
    paper = ("simulation", 100_000, 1e-5, 0.9, 100 if full else 24)
    trained = ("training", 1024, 1e-3, 1.0, 400 if full else 64)
    return grid({"source, m, l1, scale, encodings": [paper, trained]})


def measure(source: str, m: int, l1: float, scale: float, encodings: int, seed: int) -> xr.Dataset:
    """Follow single encodings: by their exact flow, or by gradient descent on a model with one feature."""
    if source == "training":
        return trained_encodings(m, l1, encodings, seed)[["active", "l1_norm", "l2_norm"]].squeeze("feature")
    model = model_of(m, l1, scale)
    rngs = track(draws(seed, encodings), f"encodings of {m:,} weights")
    return stack([sparsify(model.initial(rng)[0], l1, np.array(TIMES)) for rng in rngs])


def model_of(m: int, l1: float, scale: float) -> Autoencoder:
    """Return the model of one encoding, the deviation of its initial weights being `scale`/√m."""
    return Autoencoder(1, m, l1, scale * m**-0.5)


@cache
def trained_encodings(m: int, l1: float, encodings: int, seed: int) -> xr.Dataset:
    """Return trained encodings without a neighbour: n = 1, so that no interference acts."""
    return train(Autoencoder(1, m, l1), "gd", steps=4000, learning_rate=5e-3, replicates=encodings, seed=seed)


def stack(runs: list[xr.Dataset]) -> xr.Dataset:
    """Return the courses of several encodings as replicates of one dataset."""
    courses = [run[["active", "l1_norm", "l2_norm"]] for run in runs]
    return xr.concat(courses, "replicate", combine_attrs="drop_conflicts")


def predicted(part: xr.Dataset, name: str, time: float, law: Callable = sparsification.population) -> float:
    """Return what a law says of a quantity at the recorded time next to `time`."""
    model = model_of(int(part.m), float(part.l1), float(part.scale))
    return float(law(model, part.time.sel(time=[time], method="nearest").values)[name][0])


def _quantity(
    source: str, name: str, time: float, predict: Callable, band: Callable | None = None
) -> Quantity:
    def estimate(part: xr.Dataset, level: float) -> Estimate | None:
        return mean(part[name].sel(time=time, method="nearest"), level) if part.source == source else None

    l1 = {"simulation": 1e-5, "training": 1e-3}[source]
    return Quantity(f"{LABELS[name]} at λt = {l1 * time:.2g}", estimate, predict, band)


def _decay(name: str) -> dict[str, Quantity]:
    """Return a quantity over time against the population limit."""
    return {
        f"{source} {time:g}": _quantity(
            source, name, time, lambda part, time=time: predicted(part, name, time)
        )
        for source, times in AT.items()
        for time in times
    }


def _heuristic(name: str, time: float) -> Quantity:
    def heuristic(part: xr.Dataset) -> float:
        return predicted(part, name, time, sparsification.paper_heuristic)

    def band(part: xr.Dataset) -> Band:
        return _near(predicted(part, name, time) / heuristic(part), "population limit over heuristic")

    return _quantity("simulation", name, time, heuristic, band)


def _late(name: str, unit: Callable[[float], float]) -> Quantity:
    """Return a quantity at the end of the paper's run, in units of its late law."""

    def band(part: xr.Dataset) -> Band:
        limit = predicted(part, name, TIMES[-1]) * unit(float(part.l1) * TIMES[-1])
        return _near(limit, "population limit at that time")

    return Quantity(
        f"{LABELS[name]} over the late law at t = 10⁴",
        lambda part, level: mean(part[name].sel(time=TIMES[-1]) * unit(float(part.l1) * TIMES[-1]), level),
        1.0,
        band,
    )


def _near(ratio: float, reason: str) -> Band:
    return Band((1 - FINITE) * ratio, (1 + FINITE) * ratio, f"{reason}, ± {100 * FINITE:g} %")


def course(name: str) -> Callable[[Axes, Findings], None]:
    """Return what draws a quantity over time: simulated, beside theory and heuristic."""

    def draw(ax: Axes, found: Findings) -> None:
        part = found.result.isel(setting=0).dropna("time", how="all")
        model, times = model_of(int(part.m), float(part.l1), float(part.scale)), np.geomspace(1, 1e4, 200)
        curves = {"theory": sparsification.population(model, times)}
        heuristic = sparsification.paper_heuristic(model, times)
        plots.decay(
            ax,
            name,
            found.level,
            **curves | ({"heuristic": heuristic} if name in heuristic else {}),
            simulation=part,
        )

    return draw


def _experiment(name: str, statement: str, source: str, quantities: dict, *panels: Panel) -> Experiment:
    """Return a claim on these runs; without training where nothing is said of it."""
    trained = any(key.startswith("training") for key in quantities)
    return Experiment(
        name, statement, source, lambda full: settings(full)[: 1 + trained], measure, quantities, panels
    )


LIMIT = "of an encoding falls as the population limit says, with no free constant."
EXPERIMENTS = (
    _experiment(
        "l1_decay",
        f"The L1 norm {LIMIT}",
        OWN,
        _decay("l1_norm"),
        Panel(draw=course("l1_norm")),
        Panel(draw=course("l2_norm")),
    ),
    _experiment(
        "active_decay",
        f"The number of active weights {LIMIT}",
        OWN,
        _decay("active"),
        Panel(draw=course("active")),
    ),
    _experiment(
        "decay_heuristic",
        "‖w‖₁ ≈ 1/(1/√m + λt), and the number of active weights is about its square.",
        "seed 001, “How fast does it sparsify?”; arXiv:2312.03096",
        {f"{name} {time:g}": _heuristic(name, time) for name in LABELS for time in (1e3, 1e4)},
    ),
    _experiment(
        "late_law_gaussian",
        "The late law holds for Gaussian initial weights; they come near it only like 1/log m.",
        "own derivation",
        {"l1_norm": _late("l1_norm", lambda x: x), "active": _late("active", lambda x: x**2 / 2)},
    ),
)
