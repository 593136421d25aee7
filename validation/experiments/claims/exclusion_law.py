"""The number of polysemantic neurons against the exclusion law."""

from matplotlib.figure import Figure

from theory import collisions
from validation.experiments import counting
from validation.experiments.claim import Claim, Finding


def _measure(seed: int, full: bool) -> list[Finding]:
    return counting.findings(lambda n, m: collisions.polysemantic_neurons(n, m).mean(), seed, full)


def _plot(seed: int, full: bool) -> Figure:
    return counting.picture(seed, full)


claim = Claim(
    "exclusion_law",
    "Features take random slots (neuron, sign), no two the same: n(n − 1)/(2(2m − 1)) polysemantic neurons.",
    "own derivation",
    "rough",
    _measure,
    _plot,
)
