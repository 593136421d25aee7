"""Sparsification of one encoding: what was measured of it beside what theory and the paper say."""

from collections.abc import Sequence

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from theory import Autoencoder, sparsification
from validation.experiments import runs
from validation.experiments.claim import Finding
from validation.report import plots
from validation.report.statistics import LEVEL, mean

SIMULATED = (10.0, 100.0, 1e3, 1e4)
TRAINED = (10.0, 50.0)


def findings(quantity: str, label: str, seed: int, full: bool) -> list[Finding]:
    """Return one quantity against the population limit: simulated at the paper's size, and trained."""
    return [
        Finding(
            source,
            f"{label} at λt = {model.l1 * time:.2g}, m = {model.n_neurons:,}",
            float(sparsification.population(model, np.array([time]))[quantity][0]),
            mean(run[quantity].sel(time=time)),
        )
        for source, model, run, time in _measured(seed, full)
    ]


def heuristic_findings(seed: int, full: bool) -> list[Finding]:
    """Return both quantities against the paper's heuristic."""
    return [
        Finding(
            "simulation",
            f"{label} at λt = {runs.PAPER.l1 * time:.2g}",
            float(sparsification.paper_heuristic(runs.PAPER, np.array([time]))[quantity][0]),
            mean(runs.decay(seed, full)[quantity].sel(time=time)),
        )
        for quantity, label in (("l1_norm", "‖w‖₁"), ("active", "active weights"))
        for time in (1e3, 1e4)
    ]


def picture(quantities: tuple[str, ...], seed: int, full: bool) -> Figure:
    """Return decay curves of the simulation beside theory and heuristic, one panel for each quantity."""
    figure, axes = plots.panels(1, len(quantities))
    overlay(axes[0], quantities, runs.PAPER, simulation=runs.decay(seed, full))
    figure.suptitle("One encoding sparsifies: 100,000 weights, λ = 10⁻⁵")
    return figure


def overlay(
    axes: Sequence[Axes],
    quantities: Sequence[str],
    model: Autoencoder,
    level: float = LEVEL,
    **measured: xr.Dataset,
) -> None:
    """Draw decay curves, a quantity on each axis: as measured, by source, beside theory and heuristic."""
    ends = np.concatenate([run.time[run.time > 0] for run in measured.values()])
    times = np.geomspace(ends.min(), ends.max(), 200)
    theory = sparsification.population(model, times)
    heuristic = sparsification.paper_heuristic(model, times)
    for ax, quantity in zip(axes, quantities, strict=True):
        rough = {"heuristic": heuristic} if quantity in heuristic else {}
        plots.decay(ax, quantity, level, theory=theory, **rough, **measured)


def _measured(seed: int, full: bool) -> list[tuple]:
    simulated, trained = runs.decay(seed, full), runs.trained_encoding(seed, full)
    recorded = trained.time.sel(time=list(TRAINED), method="nearest").values
    return [("simulation", runs.PAPER, simulated, time) for time in SIMULATED] + [
        ("training", runs.TRAINED_ENCODING, trained, float(time)) for time in recorded
    ]
