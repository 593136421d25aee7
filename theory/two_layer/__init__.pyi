from .absolute import Shares, absolute_losses, absolute_power
from .interference import Interference, interference_law
from .model import TwoLayer
from .response import Response, best_response, critical_probability, interference_std, loss
from .scaling import monosemantic_share
from .sharing import saved, sharing_bias

__all__ = [
    "Interference",
    "Response",
    "Shares",
    "TwoLayer",
    "absolute_losses",
    "absolute_power",
    "best_response",
    "critical_probability",
    "interference_law",
    "interference_std",
    "loss",
    "monosemantic_share",
    "saved",
    "sharing_bias",
]
