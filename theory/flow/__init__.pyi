from .loss import FORCES, derived_energy, derived_forces, energy, forces, relu, terms
from .untied import layers_apart

__all__ = [
    "FORCES",
    "derived_energy",
    "derived_forces",
    "energy",
    "forces",
    "layers_apart",
    "relu",
    "terms",
]
