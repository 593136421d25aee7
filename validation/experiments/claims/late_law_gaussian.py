"""How near Gaussian initial weights are to the late law when the paper's run has long been sparse."""

from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import mean

LATE = 1e4


def _measure(seed: int, full: bool) -> list[Finding]:
    run = runs.decay(seed, full).sel(time=LATE)
    scaled = runs.PAPER.l1 * LATE
    return [
        Finding("simulation", f"‖w‖₁ · λt at λt = {scaled:.2g}", 1.0, mean(run.l1_norm * scaled)),
        Finding(
            "simulation", f"active · (λt)²/2 at λt = {scaled:.2g}", 1.0, mean(run.active * scaled**2 / 2)
        ),
    ]


claim = Claim(
    "late_law_gaussian",
    "The late law holds for Gaussian initial weights; they come near it only like 1/log m.",
    "own derivation",
    "rough",
    _measure,
)
