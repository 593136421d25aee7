"""The length of an encoding relaxes to the slow manifold on which feature benefit and L1 balance."""

from typing import Any

import numpy as np
import xarray as xr
from scipy.special import logit

from sim import sparsify
from theory import sparsification
from validation.experiments.experiment import Experiment, Panel, Quantity, grid
from validation.experiments.sparsification.decay import model_of, trained_encodings
from validation.report.statistics import Estimate, within

AT = {"simulation": (100.0, 1e4, 1e5), "training": (50.0,)}
PRECISION = {"simulation": 1e-9, "training": 1e-6}  # of the integrator, and single precision
RUNS = [("simulation", 100_000, 1e-6, 0.5), ("training", 1024, 1e-3, 1.0)]
TRAINED = 64  # encodings, of which the first is looked at


def measure(source: str, m: int, l1: float, scale: float, seed: int) -> xr.Dataset:
    """Follow norms and active weights of one encoding, by its exact flow or by gradient descent."""
    if source == "training":
        run = trained_encodings(m, l1, TRAINED, seed).isel(feature=0, replicate=0)
    else:
        start = model_of(m, l1, scale).initial(np.random.default_rng(seed))[0]
        run = sparsify(start, l1, np.geomspace(0.1, 1e5, 121))
    return run[["active", "l1_norm", "l2_norm"]].drop_vars("step", errors="ignore")


def _rate(part: xr.Dataset, level: float) -> Estimate | None:
    """Return the rate of the logistic growth; L1 lowers it by 2 λ‖w‖₁ / (N(1 − N))."""
    if part.source == "training":
        return None
    early = part.sel(time=slice(0, 1))
    squared = early.l2_norm**2
    rate = float((logit(squared[-1]) - logit(squared[0])) / (early.time[-1] - early.time[0]))
    lowered = float((2 * early.l1 * early.l1_norm / (squared * (1 - squared))).max())
    return within(rate, lowered, "2 λ‖w‖₁ / (N(1 − N)), what L1 takes away")


def _distance(now: xr.Dataset, level: float) -> Estimate:
    next_order = 3 * (float(now.l1) * float(now.active) ** 0.5) ** 3
    precision = PRECISION[str(now.source.values)]
    return within(1 - float(now.l2_norm), next_order + precision, "3 (λ√k)³, the next order")


def _slow(part: xr.Dataset) -> Any:
    return 1 - sparsification.slow_manifold(float(part.l1), part.l1_norm.values, part.active.values)


EXPERIMENTS = (
    Experiment(
        "norm_relaxation",
        "The squared length N of an encoding grows logistically at rate 2, then keeps (1 − N)N ≈ λ‖w‖₁.",
        "seed 001, “How fast does it sparsify?”; own derivation",
        lambda full: grid({"source, m, l1, scale": RUNS}),
        measure,
        {
            "rate": Quantity("rate at which the odds of ‖w‖² grow until t = 1", _rate, 2.0),
            "distance": Quantity(
                "1 − ‖w‖", _distance, _slow, along="time", at=lambda part: AT[str(part.source.values)]
            ),
        },
        (Panel("distance", "time", ("source",), "xy"),),
    ),
)
