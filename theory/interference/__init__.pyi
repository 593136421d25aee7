from .first_steps import end_of_interference, leads_kept
from .initial import initial_along, initial_length, initial_share, initial_strength, initial_variance
from .malign import death_time, free_collision
from .mean_field import mean_cosine, third_party
from .rebirth import rebirth_until
from .shared_neuron import decision_time, saddle
from .two_encodings import inner_product, malign_collision

__all__ = [
    "death_time",
    "decision_time",
    "end_of_interference",
    "free_collision",
    "initial_along",
    "initial_length",
    "initial_share",
    "initial_strength",
    "initial_variance",
    "inner_product",
    "leads_kept",
    "malign_collision",
    "mean_cosine",
    "rebirth_until",
    "saddle",
    "third_party",
]
