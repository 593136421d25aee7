from . import (
    capacity,
    co_occurrence,
    collisions,
    derivation,
    fourth_norm,
    interference,
    noise,
    schema,
    sparsification,
    two_layer,
)
from .catalogue import derivations
from .model import Autoencoder

__all__ = [
    "Autoencoder",
    "capacity",
    "co_occurrence",
    "collisions",
    "derivation",
    "derivations",
    "fourth_norm",
    "interference",
    "noise",
    "schema",
    "sparsification",
    "two_layer",
]
