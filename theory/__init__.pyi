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
    superposition,
    two_layer,
)
from .catalogue import derivations
from .common import schema
from .dictionaries import Dictionary
from .model import Autoencoder
from .noise import fourth_norm
from .superposition import Superposition
from .two_layer.model import TwoLayer

__all__ = [
    "Autoencoder",
    "Dictionary",
    "Superposition",
    "TwoLayer",
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
    "superposition",
    "two_layer",
]
