"""The number of active weights of an encoding falls as the population limit says."""

from matplotlib.figure import Figure

from validation.experiments.claim import Claim, Finding
from validation.experiments.decay import findings, picture


def _measure(seed: int, full: bool) -> list[Finding]:
    return findings("active", "active weights", seed, full)


def _plot(seed: int, full: bool) -> Figure:
    return picture(("active",), seed, full)


claim = Claim(
    "active_decay",
    "The number of active weights of an encoding falls as the population limit says, with no free constant.",
    "seed 001, “How fast does it sparsify?”; own derivation",
    "agrees",
    _measure,
    _plot,
)
