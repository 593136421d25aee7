"""The length of an encoding relaxes to the slow manifold on which feature benefit and L1 balance."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure
from scipy.special import logit

from sim import sparsify
from theory import Autoencoder, sparsification
from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report import plots
from validation.report.statistics import within

PRECISION = {"simulation": 1e-9, "training": 1e-6}  # of the integrator, and single precision


def _encoding(seed: int) -> xr.Dataset:
    """Return an encoding that starts at half its later length."""
    m = 100_000
    model = Autoencoder(1, m, 1e-6, 0.5 * m**-0.5)
    return sparsify(model.initial(np.random.default_rng(seed))[0], model.l1, np.geomspace(0.1, 1e5, 121))


def _measure(seed: int, full: bool) -> list[Finding]:
    run = _encoding(seed)
    trained = runs.trained_encoding(seed, full).isel(feature=0, replicate=0)
    return [
        _first_rate(run.sel(time=slice(0, 1))),
        *(_distance("simulation", run.sel(time=time, method="nearest")) for time in (100, 1e4, 1e5)),
        _distance("training", trained.sel(time=50, method="nearest")),
    ]


def _first_rate(early: xr.Dataset) -> Finding:
    """Return the rate of the logistic growth; L1 lowers it by 2 λ‖w‖₁ / (N(1 − N))."""
    squared = early.l2_norm**2
    rate = float((logit(squared[-1]) - logit(squared[0])) / (early.time[-1] - early.time[0]))
    lowered = float((2 * early.l1 * early.l1_norm / (squared * (1 - squared))).max())
    return Finding(
        "simulation",
        "rate at which the odds of ‖w‖² grow until t = 1",
        2.0,
        within(rate, lowered, "2 λ‖w‖₁ / (N(1 − N)), what L1 takes away"),
    )


def _distance(source: str, now: xr.Dataset) -> Finding:
    l1, active = now.l1, float(now.active)
    return Finding(
        source,
        f"1 − ‖w‖ at t = {float(now.time):.3g}, λ = {l1:g}, {active:,.0f} active weights",
        1 - float(sparsification.slow_manifold(l1, now.l1_norm.values, now.active.values)),
        within(
            1 - float(now.l2_norm),
            3 * (l1 * active**0.5) ** 3 + PRECISION[source],
            "3 (λ√k)³, the next order",
        ),
    )


def _plot(seed: int, full: bool) -> Figure:
    run = _encoding(seed)
    figure, axes = plots.panels()
    ax = axes[0, 0]
    ax.plot(
        run.time,
        1 - run.l2_norm,
        color=plots.COLOUR["simulation"],
        label=plots.LABEL["simulation"],
        linewidth=3,
    )
    slow = sparsification.slow_manifold(run.l1, run.l1_norm, run.active)
    ax.plot(run.time, 1 - slow, "--", color=plots.COLOUR["theory"], label="slow manifold (1 − N)N ≈ λ‖w‖₁")
    ax.set(xscale="log", yscale="log", xlabel=plots.TIME, ylabel="distance from unit length, 1 − ‖w‖")
    ax.set_title("100,000 weights, λ = 10⁻⁶")
    ax.legend()
    return figure


claim = Claim(
    "norm_relaxation",
    "The squared length N of an encoding grows logistically at rate 2, then stays where (1 − N)N ≈ λ‖w‖₁.",
    "seed 001, “How fast does it sparsify?”; own derivation",
    "agrees",
    _measure,
    _plot,
)
