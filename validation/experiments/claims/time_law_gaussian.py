"""How near Gaussian initial weights are to the universal time law."""

from theory import sparsification
from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import distance, mean


def _measure(seed: int, full: bool) -> list[Finding]:
    law, times = sparsification.time_to_sparsity(), runs.races("Gaussian", seed, full)
    return [
        Finding(
            "simulation", "distance D of λT from its law, Gaussian weights", 0.0, distance(times, law.cdf)
        ),
        Finding("simulation", "mean of λT, Gaussian weights", law.mean(), mean(times)),
    ]


claim = Claim(
    "time_law_gaussian",
    "The law of λT holds for Gaussian initial weights; they come near it only like 1/log m.",
    "own derivation",
    "rough",
    _measure,
)
