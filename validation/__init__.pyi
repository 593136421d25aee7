from .checking import check
from .metrics import polysemantic_neurons
from .training import train

__all__ = ["check", "polysemantic_neurons", "train"]
