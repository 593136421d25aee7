from .benign_collision import least_ratio
from .contexts import sharing
from .counting import expected_collisions, independent_slots, paper_heuristic
from .crossover import neurons_without_polysemanticity, poisson_bound
from .early import early_pairs, early_ratio
from .exclusion import factorial_moment, polysemantic_neurons

__all__ = [
    "early_pairs",
    "early_ratio",
    "expected_collisions",
    "factorial_moment",
    "independent_slots",
    "least_ratio",
    "neurons_without_polysemanticity",
    "paper_heuristic",
    "poisson_bound",
    "polysemantic_neurons",
    "sharing",
]
