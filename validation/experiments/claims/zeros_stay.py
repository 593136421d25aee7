"""Without interference a weight that has reached zero stays there."""

from sim import simulate
from theory import Autoencoder
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import within


def _measure(seed: int, full: bool) -> list[Finding]:
    run = simulate(Autoencoder(16, 64, 0.01), seed, forces=("feature_benefit", "l1"))
    return [
        Finding(
            "simulation",
            f"rebirths among {run.deaths} deaths, interference off",
            0.0,
            within(run.rebirths, 0, "a count"),
        )
    ]


claim = Claim(
    "zeros_stay",
    "Without interference a weight that has reached zero stays there: nothing but L1 acts on it.",
    "own derivation",
    "agrees",
    _measure,
)
