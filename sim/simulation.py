"""Which flow belongs to which kind of model."""

from typing import Any

import xarray as xr

from theory.common import kinds
from theory.model import Autoencoder
from theory.superposition.model import Superposition

FLOWS: dict[type, str] = {
    Autoencoder: "sim.flow:simulate",
    Superposition: "sim.superposition.flow:simulate",
}
"""By kind of model what integrates its flow; a further kind is one line."""


def simulate(model: Any, *arguments: Any, **options: Any) -> xr.Dataset:
    """Integrate the gradient flow of a model.

    Parameters
    ----------
    model : Autoencoder or Superposition
        What is simulated; `FLOWS` has all kinds.
    *arguments, **options
        Those of its kind: `sim.flow.simulate` for an `Autoencoder`,
        `sim.superposition.simulate` for a `Superposition`. All take ``seed`` and ``initial``.

    Returns
    -------
    Dataset
        ``initial`` and ``final`` weights, and what was recorded over flow time.

    Raises
    ------
    TypeError, ValueError
        If this kind of model has no flow here, or an argument is not what its kind takes.
    """
    integrated = kinds.serving(model, FLOWS, "has a flow")
    kinds.known(integrated, options)
    return integrated(model, *arguments, **options)
