"""A made-up experiment, whose numbers are known."""

import numpy as np
import xarray as xr

from validation.experiments.experiment import Band, Experiment, Panel, Quantity, grid, mean_of


def measure(source, n, m, replicates, seed):
    """Count to three.

    Then stop.
    """
    values = n / m + np.linspace(-0.1, 0.1, replicates) + seed
    return xr.Dataset({"value": ("replicate", values)})


def experiment(predicted=1.0, band=None, **changed):
    """Return an experiment that measures n/m, and predicts something else."""
    roughly = band and (lambda part: Band(*band, "so"))
    given = {
        "name": "made_up",
        "question": "Is it <n/m>?",
        "source": "a test",
        "settings": lambda full: grid(
            {"source": "simulation", "n": (2, 3, 4) if full else (2, 3), "m": 2, "replicates": 5}
        ),
        "measure": measure,
        "quantities": {
            "value": Quantity("value", mean_of("value"), predicted, roughly),
        },
        "panels": (Panel("value", "n"),),
    }
    return Experiment(**given | changed)
