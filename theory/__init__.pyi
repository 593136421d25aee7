from . import (
    capacity,
    co_occurrence,
    collisions,
    derivation,
    flow,
    interference,
    noise,
    sparsification,
    superposition,
    two_layer,
)
from .catalogue import derivations
from .common import schema
from .model import Autoencoder
from .noise import fourth_norm
from .superposition import Superposition
from .two_layer.model import TwoLayer

__all__ = [
    "Autoencoder",
    "Superposition",
    "TwoLayer",
    "capacity",
    "co_occurrence",
    "collisions",
    "derivation",
    "derivations",
    "flow",
    "fourth_norm",
    "interference",
    "noise",
    "schema",
    "sparsification",
    "superposition",
    "two_layer",
]
