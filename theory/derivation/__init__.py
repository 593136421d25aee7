"""Derivations that verify themselves.

A derivation is a list of steps. A step states an equation and is *checked*: symbolically, or numerically
at random points with 50 digits where SymPy cannot decide. A wrong step fails loudly. ::

    def _threshold_steps():
        return (
            define(force, (1 - N) * w - lam, "Force on a positive weight."),
            equal(force.subs(w, lam / (1 - N)), 0, "It vanishes at the threshold."),
        )

    threshold = Derivation(
        name="threshold", statement="…", source="seed 001", status="proved", proof=_threshold_steps
    )
    threshold.verify()
"""

from theory.derivation.numeric import function, precisely
from theory.derivation.proof import Derivation, DerivationError, Merit, Step, define, equal, order

__all__ = [
    "Derivation",
    "DerivationError",
    "Merit",
    "Step",
    "define",
    "equal",
    "function",
    "order",
    "precisely",
]
