"""Learning-rate schedules: the factor of the rate at each step, counted from 0.

A new one is a frozen dataclass with `factor` and a line in `SCHEDULES`.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from theory.common import arguments


class Schedule(Protocol):
    """How the rate goes on."""

    def factor(self, step: int, steps: int) -> float:
        """Return the factor at a step of a run of so many steps."""


@dataclass(frozen=True)
class Constant:
    """The rate stays."""

    def factor(self, step: int, steps: int) -> float:
        """Return 1."""
        return 1.0


@dataclass(frozen=True)
class Cosine:
    """The rate falls to 0 like a cosine (Loshchilov & Hutter, arXiv:1608.03983)."""

    def factor(self, step: int, steps: int) -> float:
        """Return ``½ (1 + cos(π step / steps))``."""
        return (1 + math.cos(math.pi * step / steps)) / 2


@dataclass(frozen=True)
class Trapezoid:
    """The rate rises from 0, stays, and falls to 0, by lines.

    Parameters
    ----------
    warm_up, decay : float
        Shares of the steps in which it rises and falls, together at most 1.
    """

    warm_up: float = 0.05
    decay: float = 0.2

    def __post_init__(self) -> None:
        arguments.real("schedule warm_up", self.warm_up, least=0, most=1)
        arguments.real("schedule decay", self.decay, least=0, most=1 - self.warm_up)

    def factor(self, step: int, steps: int) -> float:
        """Return the least of 1 and the heights of both lines."""
        rising = (step + 1) / (self.warm_up * steps) if self.warm_up else 1.0
        falling = (steps - step) / (self.decay * steps) if self.decay else 1.0
        return min(1.0, rising, falling)


@dataclass(frozen=True)
class Periodic:
    """The rate goes to 0 and back, again and again, like a cosine.

    Parameters
    ----------
    half : int
        Steps from the full rate to 0; 512 in the code of arXiv:2211.09169.
    """

    half: int = 512

    def __post_init__(self) -> None:
        arguments.whole("schedule half", self.half, least=1)

    def factor(self, step: int, steps: int) -> float:
        """Return ``½ (1 + cos(π step / half))``."""
        return (1 + math.cos(math.pi * step / self.half)) / 2


SCHEDULES: dict[str, type[Schedule]] = {
    "constant": Constant,
    "cosine": Cosine,
    "periodic": Periodic,
    "trapezoid": Trapezoid,
}
