from .loss import FORCES, derived_energy, derived_forces, energy, forces, relu, terms

__all__ = [
    "FORCES",
    "derived_energy",
    "derived_forces",
    "energy",
    "forces",
    "relu",
    "terms",
]
