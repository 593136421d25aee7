"""Gradient descent in the paper's own run sparsifies as fast as the population limit says."""

import numpy as np
from matplotlib.figure import Figure

from theory import sparsification
from validation.experiments import experimenting
from validation.experiments import sparsification_speed as experiment
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import mean

# Early, some of the many weights are so near 0 that gradient descent, whose steps jump about it, does not
# count them as active.
TIMES = {"l1_norm": (10.0, 100.0, 1e3, 1e4), "active": (1e3, 1e4)}


def _measure(seed: int, full: bool) -> list[Finding]:
    run = experimenting.shared("sparsification_speed", seed, full).isel(setting=0)
    model = experiment.model(run)
    trained = run.sel(source="training")
    return [
        Finding(
            "training",
            f"{experiment.QUANTITIES[name]} at λt = {model.l1 * time:.2g}, m = {model.n_neurons:,}",
            float(sparsification.population(model, np.array([time]))[name][0]),
            mean(trained[name].sel(time=time)),
        )
        for name, times in TIMES.items()
        for time in trained.time.sel(time=list(times), method="nearest").values
    ]


def _plot(seed: int, full: bool) -> Figure:
    return experiment.experiment.figure(experimenting.shared("sparsification_speed", seed, full))


claim = Claim(
    "sparsification_speed",
    "Gradient descent in the paper's own run sparsifies as fast as the population limit says.",
    "seed 001, “How fast does it sparsify?”; arXiv:2312.03096",
    "agrees",
    _measure,
    _plot,
    only_full=True,
)
