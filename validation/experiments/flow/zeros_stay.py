"""Without interference a weight that has reached zero stays there."""

import xarray as xr

from sim import simulate
from theory import Autoencoder
from validation.experiments.experiment import Experiment, Quantity, grid
from validation.report.statistics import within


def measure(n: int, m: int, l1: float, seed: int) -> xr.Dataset:
    """Run the flow with interference switched off, and count the weights that leave zero."""
    run = simulate(Autoencoder(n, m, l1), seed, forces=("feature_benefit", "l1"))
    return xr.Dataset({"deaths": ((), run.deaths), "rebirths": ((), run.rebirths)})


EXPERIMENTS = (
    Experiment(
        "zeros_stay",
        "Without interference a weight that has reached zero stays there: nothing but L1 acts on it.",
        "own derivation",
        lambda full: grid({"n": 16, "m": 64, "l1": 0.01}),
        measure,
        {
            "rebirths": Quantity(
                "rebirths, interference off",
                lambda part, level: within(int(part.rebirths), 0, "a count"),
                0.0,
            )
        },
        limits="Integrators keep such weights at zero by construction: this tests them, not the model.",
    ),
)
