from .encoding import sparsify
from .metrics import polysemantic_neurons
from .replicates import ensemble
from .simulation import simulate

__all__ = ["ensemble", "polysemantic_neurons", "simulate", "sparsify"]
