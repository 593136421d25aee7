from .response import Response, best_response, critical_probability, interference_std, loss

__all__ = [
    "Response",
    "best_response",
    "critical_probability",
    "interference_std",
    "loss",
]
