from .decay import paper_heuristic, population
from .duration import time_to_sparsity
from .extinction import extinction_threshold
from .norms import slow_manifold
from .order_statistics import active_weights
from .reduction import final_weight

__all__ = [
    "active_weights",
    "extinction_threshold",
    "final_weight",
    "paper_heuristic",
    "population",
    "slow_manifold",
    "time_to_sparsity",
]
