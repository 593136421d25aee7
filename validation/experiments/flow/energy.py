"""The energy never increases along the flow."""

import xarray as xr

from sim import simulate
from theory import Autoencoder
from validation.experiments.experiment import Experiment, Quantity, grid
from validation.report.statistics import within


def measure(method: str, n: int, m: int, l1: float, seed: int) -> xr.Dataset:
    """Follow a flow, and look for the largest rise of its energy from one time to the next."""
    energy = simulate(Autoencoder(n, m, l1), seed, method=method).energy
    rise = max(float(energy.diff("time").max()), 0.0)
    return xr.Dataset({"rise": ((), rise / float(energy[0] - energy[-1]))})


EXPERIMENTS = (
    Experiment(
        "energy",
        "The energy ¼‖ReLU(WWᵀ) − I‖² + λ‖W‖₁ never increases.",
        "seed 001, “Loss and dynamics”; own derivation",
        lambda full: grid({"method": ("splitting", "euler"), "n": 16, "m": 32, "l1": 0.01}),
        measure,
        {
            "rise": Quantity(
                "largest rise of the energy between two times, as a share of its fall",
                lambda part, level: within(float(part.rise), 1e-6, "integration error"),
                0.0,
            )
        },
    ),
)
