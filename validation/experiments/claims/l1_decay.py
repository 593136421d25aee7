"""The L1 norm of an encoding falls as the population limit says."""

from matplotlib.figure import Figure

from validation.experiments.claim import Claim, Finding
from validation.experiments.decay import findings, picture


def _measure(seed: int, full: bool) -> list[Finding]:
    return findings("l1_norm", "‖w‖₁", seed, full)


def _plot(seed: int, full: bool) -> Figure:
    return picture(("l1_norm", "l2_norm"), seed, full)


claim = Claim(
    "l1_decay",
    "The L1 norm of an encoding falls as the population limit says, with no free constant.",
    "seed 001, “How fast does it sparsify?”; own derivation",
    "agrees",
    _measure,
    _plot,
)
