from .crowding import cost, interference
from .nearly_orthogonal import failures, features, features_at_most, features_chosen

__all__ = [
    "cost",
    "failures",
    "features",
    "features_at_most",
    "features_chosen",
    "interference",
]
