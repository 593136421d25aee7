"""A positive inner product of two encodings decays exponentially."""

import numpy as np
import xarray as xr

from sim import simulate
from theory import Autoencoder, interference
from validation.experiments.experiment import Experiment, Quantity, grid
from validation.report.statistics import Estimate, within

TIMES = (1.0, 4.0)
FORCES = ("feature_benefit", "interference")


def measure(product: float, seed: int) -> xr.Dataset:
    """Follow two encodings of unit length without L1, turned at random: then no direction is special."""
    turn = np.random.default_rng(seed).uniform(0, 2 * np.pi)
    start = np.array([[np.cos(a), np.sin(a)] for a in (turn, turn + np.arccos(product))])
    model = Autoencoder(2, 2, 0.0)
    ends = [simulate(model, initial=start, until=t, forces=FORCES, rtol=1e-8).final.values for t in TIMES]
    return xr.Dataset({"later": ("time", [first @ second for first, second in ends])}, {"time": [*TIMES]})


def _later(part: xr.Dataset, level: float) -> Estimate:
    return within(part.later.item(), 1e-3 * part.later.item(), "integration error")


def _rate(part: xr.Dataset, level: float) -> Estimate:
    start, last = float(part["product"]), part.later[-1].item()
    return within(-np.log(last / start) / TIMES[-1], start**2, "the square of the inner product")


EXPERIMENTS = (
    Experiment(
        "inner_products",
        "A positive inner product of two unit encodings decays like e^(−2t) when no third one matters.",
        "seed 001, “How strong is the interference?”; closed form own",
        lambda full: grid({"product": 0.05}),
        measure,
        {
            "later": Quantity(
                "inner product",
                _later,
                lambda part: interference.inner_product(float(part["product"]), part.time.values[None])[0],
                along="time",
            ),
            "rate": Quantity("rate of its decay", _rate, 2.0),
        },
    ),
)
