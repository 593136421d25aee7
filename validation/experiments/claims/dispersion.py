"""The spread of the number of polysemantic neurons is that of the exclusion law."""

import numpy as np

from theory import collisions
from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import bootstrap


def _measure(seed: int, full: bool) -> list[Finding]:
    n, m = runs.COUNT_FEATURES, 128
    law = collisions.polysemantic_neurons(n, m)
    counts = runs.counts(m, seed, full).polysemantic_neurons.values
    return [
        Finding(
            "simulation",
            f"variance over mean of the count, n = {n}, m = {m}",
            law.var() / law.mean(),
            bootstrap(counts, _dispersion, seed),
        )
    ]


def _dispersion(counts: np.ndarray, axis: int) -> np.ndarray:
    return counts.var(axis=axis, ddof=1) / counts.mean(axis=axis)


claim = Claim(
    "dispersion",
    "The number of polysemantic neurons varies less than a Poisson number, as in the exclusion law.",
    "own derivation",
    "agrees",
    _measure,
)
