"""One encoding sparsifies: its norms and active weights against the population limit and the heuristic."""

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import xarray as xr

from sim import sparsify
from sim.progress import track
from theory import Autoencoder, sparsification
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.training import train

TIMES = (1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1e3, 3e3, 1e4)
AT = {"simulation": (10.0, 100.0, 1e3, 1e4), "training": (10.0, 50.0)}
LABELS = {"l1_norm": "‖w‖₁", "active": "active weights"}
FINITE = 0.02  # share by which means of few encodings are off their limit
SOURCE = "seed 001, “How fast does it sparsify?”"
LIMIT = "of an encoding falls as the population limit says, with no free constant."


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


def _laws(part: xr.Dataset, name: str) -> tuple[float, float]:
    """Return population limit and heuristic of a quantity at a time."""
    model = model_of(int(part.m), float(part.l1), float(part.scale))
    laws = sparsification.population, sparsification.paper_heuristic
    limit, heuristic = (law(model, part.time.values[None])[name].item() for law in laws)
    return limit, heuristic


def _decay(name: str) -> Quantity:
    def predicted(part: xr.Dataset) -> float:
        return _laws(part, name)[0]

    at: Any = {"along": "time", "at": lambda part: AT[str(part.source.values)]}
    return Quantity(LABELS[name], mean_of(name), predicted, **at)


def _heuristic(name: str) -> Quantity:
    def predicted(part: xr.Dataset) -> float:
        return _laws(part, name)[1]

    def band(part: xr.Dataset) -> Band:
        limit, heuristic = _laws(part, name)
        return _near(limit / heuristic, "population limit over heuristic")

    at: Any = {"along": "time", "at": lambda part: (1e3, 1e4)}
    return Quantity(LABELS[name], mean_of(name), predicted, band, **at)


def _late(name: str, unit: Callable[[xr.DataArray], xr.DataArray]) -> Quantity:
    """Return a quantity at the end of the paper's run, in units of its late law."""
    scaled = mean_of(lambda part: part[name] * float(unit(part.l1 * part.time)))

    def band(part: xr.Dataset) -> Band:
        return _near(_laws(part, name)[0] * float(unit(part.l1 * part.time)), "population limit")

    at: Any = {"along": "time", "at": lambda part: TIMES[-1:]}
    return Quantity(f"{LABELS[name]} over the late law", scaled, 1.0, band, **at)


def _near(ratio: float, reason: str) -> Band:
    return Band((1 - FINITE) * ratio, (1 + FINITE) * ratio, f"{reason}, ± {100 * FINITE:g} %")


def _claim(name: str, statement: str, runs: int, **quantities: Quantity) -> Experiment:
    """Return a claim on the first of these runs, or on both, with a panel for each quantity over time."""
    origin = f"{SOURCE}; {'own derivation' if runs == 2 else 'arXiv:2312.03096'}"
    panels = tuple(Panel(quantity, "time", ("source",), "xy") for quantity in quantities)
    return Experiment(
        name, statement, origin, lambda full: settings(full)[:runs], measure, quantities, panels
    )


EXPERIMENTS = (
    _claim("l1_decay", f"The L1 norm {LIMIT}", 2, l1_norm=_decay("l1_norm")),
    _claim("active_decay", f"The number of active weights {LIMIT}", 2, active=_decay("active")),
    _claim(
        "decay_heuristic",
        "‖w‖₁ ≈ 1/(1/√m + λt), and the number of active weights is about its square.",
        1,
        l1_norm=_heuristic("l1_norm"),
        active=_heuristic("active"),
    ),
    _claim(
        "late_law_gaussian",
        "The late law holds for Gaussian initial weights; they come near it only like 1/log m.",
        1,
        l1_norm=_late("l1_norm", lambda x: x),
        active=_late("active", lambda x: x**2 / 2),
    ),
)
