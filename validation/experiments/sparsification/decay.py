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
LATE = 1e4
FINITE = 0.02  # share by which means of few encodings are off their limit
Predict = Callable[[Autoencoder, np.ndarray], xr.Dataset]


def settings(full: bool) -> list[Setting]:
    """The paper's run of one encoding, and a smaller one for training."""
    return grid(
        {
            "source, m, l1, scale, encodings": [
                ("simulation", 100_000, 1e-5, 0.9, 100 if full else 24),
                ("training", 1024, 1e-3, 1.0, 400 if full else 64),
            ]
        }
    )


def paper_settings(full: bool) -> list[Setting]:
    """The paper's run alone."""
    return settings(full)[:1]


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


def _model(part: xr.Dataset) -> Autoencoder:
    return model_of(int(part.m), float(part.l1), float(part.scale))


def _predicted(law: Predict, part: xr.Dataset, name: str, time: float) -> float:
    nearest = part.time.sel(time=[time], method="nearest").values
    return float(law(_model(part), nearest)[name][0])


def _at(source: str, name: str, time: float) -> Callable[[xr.Dataset, float], Estimate | None]:
    def estimate(part: xr.Dataset, level: float) -> Estimate | None:
        return mean(part[name].sel(time=time, method="nearest"), level) if part.source == source else None

    return estimate


def _decay(name: str) -> dict[str, Quantity]:
    """Return what is predicted of one quantity over time."""
    scale = {"simulation": 1e-5, "training": 1e-3}
    return {
        f"{source} {time:g}": Quantity(
            f"{LABELS[name]} at λt = {scale[source] * time:.2g}",
            _at(source, name, time),
            lambda part, time=time: _predicted(sparsification.population, part, name, time),
        )
        for source, times in AT.items()
        for time in times
    }


def _over_heuristic(name: str, time: float) -> Callable[[xr.Dataset], Band]:
    def band(part: xr.Dataset) -> Band:
        laws = (sparsification.population, sparsification.paper_heuristic)
        limit, heuristic = (_predicted(law, part, name, time) for law in laws)
        return Band(
            (1 - FINITE) * limit / heuristic,
            (1 + FINITE) * limit / heuristic,
            f"population limit over heuristic ± {FINITE:.0%}",
        )

    return band


def _late(name: str, power: int, factor: float) -> Quantity:
    """Return a norm in units of its late law, at the end of the paper's run."""

    def unit(part: xr.Dataset) -> float:
        return factor * float(part.l1 * LATE) ** power

    def band(part: xr.Dataset) -> Band:
        limit = unit(part) * _predicted(sparsification.population, part, name, LATE)
        return Band(
            (1 - FINITE) * limit, (1 + FINITE) * limit, f"population limit at this time ± {FINITE:.0%}"
        )

    label = {"l1_norm": "‖w‖₁ · λt", "active": "active · (λt)²/2"}[name]
    return Quantity(
        f"{label} at t = {LATE:g}",
        lambda part, level: mean(part[name].sel(time=LATE) * float(part.l1 * LATE) ** power * factor, level),
        lambda part: 1.0,
        band,
    )


def course(name: str) -> Callable[[Axes, Findings], None]:
    """Return what draws a quantity over time: simulated, beside theory and heuristic."""

    def draw(ax: Axes, found: Findings) -> None:
        part = found.result.isel(setting=0)
        times = np.geomspace(TIMES[0], TIMES[-1], 200)
        theory = sparsification.population(_model(part), times)
        heuristic = sparsification.paper_heuristic(_model(part), times)
        rough = {"heuristic": heuristic} if name in heuristic else {}
        plots.decay(ax, name, found.level, theory=theory, **rough, simulation=part.dropna("time", how="all"))

    return draw


SPEED = "seed 001, “How fast does it sparsify?”"
OWN = f"{SPEED}; own derivation"
EXPERIMENTS = (
    Experiment(
        "l1_decay",
        "The L1 norm of an encoding falls as the population limit says, with no free constant.",
        OWN,
        settings,
        measure,
        _decay("l1_norm"),
        (Panel(draw=course("l1_norm")), Panel(draw=course("l2_norm"))),
    ),
    Experiment(
        "active_decay",
        "The number of active weights of an encoding falls as the population limit says, with no free constant.",
        OWN,
        settings,
        measure,
        _decay("active"),
        (Panel(draw=course("active")),),
    ),
    Experiment(
        "decay_heuristic",
        "‖w‖₁ ≈ 1/(1/√m + λt), and the number of active weights is about its square.",
        f"{SPEED}; arXiv:2312.03096",
        paper_settings,
        measure,
        {
            f"{name} {time:g}": Quantity(
                f"{label} at λt = {1e-5 * time:.2g}",
                _at("simulation", name, time),
                lambda part, name=name, time=time: _predicted(
                    sparsification.paper_heuristic, part, name, time
                ),
                _over_heuristic(name, time),
            )
            for name, label in LABELS.items()
            for time in (1e3, LATE)
        },
    ),
    Experiment(
        "late_law_gaussian",
        "The late law holds for Gaussian initial weights; they come near it only like 1/log m.",
        "own derivation",
        paper_settings,
        measure,
        {"l1_norm": _late("l1_norm", 1, 1.0), "active": _late("active", 2, 0.5)},
    ),
)
