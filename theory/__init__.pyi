from . import (
    capacity,
    co_occurrence,
    collisions,
    derivation,
    dictionaries,
    flow,
    interference,
    noise,
    sparsification,
    two_layer,
)
from .catalogue import derivations
from .common import schema
from .dictionaries import Dictionary
from .model import Autoencoder
from .noise import fourth_norm

__all__ = [
    "Autoencoder",
    "Dictionary",
    "capacity",
    "co_occurrence",
    "collisions",
    "derivation",
    "derivations",
    "dictionaries",
    "flow",
    "fourth_norm",
    "interference",
    "noise",
    "schema",
    "sparsification",
    "two_layer",
]
