from . import drift, fourth_norm, random_signs
from .averaged import expected_loss, force

__all__ = [
    "drift",
    "expected_loss",
    "force",
    "fourth_norm",
    "random_signs",
]
