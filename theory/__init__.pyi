from . import collisions, derivation, flow, interference, schema, sparsification
from .catalogue import derivations
from .model import Autoencoder

__all__ = [
    "Autoencoder",
    "collisions",
    "derivation",
    "derivations",
    "flow",
    "interference",
    "schema",
    "sparsification",
]
