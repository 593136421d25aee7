from sim.metrics import polysemantic_neurons

from .analysis.networks import analyze
from .experiments.checking import check
from .training.kinds import train

__all__ = ["analyze", "check", "polysemantic_neurons", "train"]
