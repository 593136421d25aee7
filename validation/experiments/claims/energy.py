"""The energy never increases along the flow."""

from sim import simulate
from theory import Autoencoder
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import within


def _measure(seed: int, full: bool) -> list[Finding]:
    findings = []
    for method in ("splitting", "euler"):
        energy = simulate(Autoencoder(16, 32, 0.01), seed, method=method).energy
        rise = float(energy.diff("time").max())
        findings.append(
            Finding(
                "simulation",
                f"largest rise of the energy between two times, as a share of its fall, {method}",
                0.0,
                within(max(rise, 0.0) / float(energy[0] - energy[-1]), 1e-6, "integration error"),
            )
        )
    return findings


claim = Claim(
    "energy",
    "The energy ¼‖ReLU(WWᵀ) − I‖² + λ‖W‖₁ never increases.",
    "seed 001, “Loss and dynamics”; own derivation",
    "agrees",
    _measure,
)
