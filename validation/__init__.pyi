from sim.metrics import polysemantic_neurons
from sim.monosemanticity import monosemantic_neurons

from .analysis.networks import analyze
from .analysis.recovery import recovery
from .experiments.checking import check
from .training.kinds import train

__all__ = ["analyze", "check", "monosemantic_neurons", "polysemantic_neurons", "recovery", "train"]
