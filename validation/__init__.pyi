from .analysis.networks import analyze
from .checking import check
from .metrics import polysemantic_neurons
from .training import train

__all__ = ["analyze", "check", "polysemantic_neurons", "train"]
