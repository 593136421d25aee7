"""What holds all along the flow: its energy falls and, without interference, weights stay at zero."""

import xarray as xr

from sim import simulate
from theory import Autoencoder
from validation.experiments.experiment import Experiment, Quantity, grid
from validation.report.statistics import within


def energy(method: str, n: int, m: int, l1: float, seed: int) -> xr.Dataset:
    """Follow a flow, and look for the largest rise of its energy from one time to the next."""
    energy = simulate(Autoencoder(n, m, l1), seed, method=method).energy
    rise = max(float(energy.diff("time").max()), 0.0)
    return xr.Dataset({"rise": ((), rise / float(energy[0] - energy[-1]))})


def zeros(n: int, m: int, l1: float, seed: int) -> xr.Dataset:
    """Run the flow with interference switched off, and count the weights that leave zero."""
    run = simulate(Autoencoder(n, m, l1), seed, forces=("feature_benefit", "l1"))
    return xr.Dataset({"deaths": ((), run.deaths), "rebirths": ((), run.rebirths)})


RISE = "largest rise of the energy between two times, as a share of its fall"
EXPERIMENTS = (
    Experiment(
        "energy",
        "The energy ¼‖ReLU(WWᵀ) − I‖² + λ‖W‖₁ never increases.",
        "seed 001, “Loss and dynamics”; own derivation",
        lambda full: grid({"method": ("splitting", "euler"), "n": 16, "m": 32, "l1": 0.01}),
        energy,
        {"rise": Quantity(RISE, lambda part, _: within(float(part.rise), 1e-6, "integration error"), 0.0)},
    ),
    Experiment(
        "zeros_stay",
        "Without interference a weight that has reached zero stays there: nothing but L1 acts on it.",
        "own derivation",
        lambda full: grid({"n": 16, "m": 64, "l1": 0.01}),
        zeros,
        {"rebirths": Quantity("rebirths", lambda part, _: within(int(part.rebirths), 0, "a count"), 0.0)},
        limits="Integrators keep such weights at zero by construction: this tests them, not the model; whole "
        "networks, where interference moves weights at zero, are in rebirth.",
    ),
)
