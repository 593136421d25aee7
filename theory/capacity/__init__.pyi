from .crowding import cost, interference
from .nearly_orthogonal import failures, features, features_at_most, features_chosen
from .spherical import cosine_at_least, random_cosine

__all__ = [
    "cosine_at_least",
    "cost",
    "failures",
    "features",
    "features_at_most",
    "features_chosen",
    "interference",
    "random_cosine",
]
