from .encoding import sparsify
from .flow import simulate
from .metrics import polysemantic_neurons
from .replicates import ensemble

__all__ = ["ensemble", "polysemantic_neurons", "simulate", "sparsify"]
