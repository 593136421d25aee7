"""Which function trains which kind of model."""

from typing import Any

import xarray as xr

from theory import Autoencoder, Dictionary, Superposition, TwoLayer
from theory.common import kinds

TRAINED: dict[type, str] = {
    Autoencoder: "validation.training.autoencoder:train",
    Dictionary: "validation.training.dictionaries.training:train",
    Superposition: "validation.training.superposition:train",
    TwoLayer: "validation.training.two_layer:train",
}
"""By kind of model what trains it; a further kind is one line."""


def train(model: Any, *arguments: Any, **options: Any) -> xr.Dataset:
    """Train a reference model, many replicates at once.

    Parameters
    ----------
    model : Autoencoder, Superposition, TwoLayer or Dictionary
        What is trained; `TRAINED` has all kinds.
    *arguments, **options
        Those of its kind: `validation.training.autoencoder.train` for an `Autoencoder`,
        `validation.training.superposition.train` for a `Superposition`,
        `validation.training.two_layer.train` for a `TwoLayer`,
        `validation.training.dictionaries.training.train` for a `Dictionary`. All take
        ``optimizer``, ``steps``, ``learning_rate``, ``schedule``, ``replicates``, ``seed``, ``dtype``,
        ``device`` and ``checkpoint``.

    Returns
    -------
    Dataset
        Parameters in the end, over ``replicate``, and what was recorded on the way.

    Raises
    ------
    TypeError, ValueError
        If this kind of model is not trained here, or an argument is not what its kind takes.
    """
    trained = kinds.serving(model, TRAINED, "can be trained")
    kinds.known(trained, options)
    return trained(model, *arguments, **options)
