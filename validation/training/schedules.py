"""Learning-rate schedules: the factor of the rate at each step, counted from 0."""

import math
from collections.abc import Callable

Schedule = Callable[[int], float]


def constant(step: int) -> float:
    """Return 1."""
    return 1.0


def cosine(step: int, steps: int) -> float:
    """Return ``½ (1 + cos(π step / steps))``, from 1 down to 0 (Loshchilov & Hutter, arXiv:1608.03983)."""
    return (1 + math.cos(math.pi * step / steps)) / 2


SCHEDULES: dict[str, Callable[[int], Schedule]] = {
    "constant": lambda steps: constant,
    "cosine": lambda steps: lambda step: cosine(step, steps),
}
"""By name, what gives the schedule of a run of so many steps."""
