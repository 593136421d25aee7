from .pair_at_rest import benign_pair, critical_probability, pair_energy, rebirth_threshold
from .pair_escape import escape_threshold
from .pair_race import least_lead, pairs_left
from .rare_features import checked_probability, expected_loss, force, pair_cost
from .splitting import separation_probability

__all__ = [
    "benign_pair",
    "checked_probability",
    "critical_probability",
    "escape_threshold",
    "expected_loss",
    "force",
    "least_lead",
    "pair_cost",
    "pair_energy",
    "pairs_left",
    "rebirth_threshold",
    "separation_probability",
]
