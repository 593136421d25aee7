"""How often interference revives a weight that had reached zero."""

import numpy as np

from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import bootstrap


def _measure(seed: int, full: bool) -> list[Finding]:
    findings = []
    for m in (256, 64, 16):
        run = runs.careful(m, seed, full)
        findings.append(
            Finding(
                "simulation",
                f"rebirths for each death, n = {run.n_features}, m = {m}, λ = {run.l1:g}",
                0.0,
                bootstrap(np.column_stack([run.rebirths, run.deaths]), _share, seed),
            )
        )
    return findings


def _share(rebirths: np.ndarray, deaths: np.ndarray, axis: int) -> np.ndarray:
    return rebirths.sum(axis=axis) / deaths.sum(axis=axis)


claim = Claim(
    "rebirths",
    "Interference will probably not be strong enough to revive weights that are zero.",
    "seed 001, “Benign and malign collisions”",
    "rough",
    _measure,
)
