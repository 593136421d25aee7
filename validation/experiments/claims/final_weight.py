"""The weight that is left ends where feature benefit and L1 balance."""

import numpy as np

from sim import simulate
from theory import Autoencoder, sparsification
from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import within


def _measure(seed: int, full: bool) -> list[Finding]:
    model = Autoencoder(4, 8, 0.05)
    simulated = simulate(model, seed, until=300.0, method="euler").final.values
    trained = runs.trained("gd", seed, full)
    return [
        Finding(
            source,
            f"mean size of the last weight of an encoding, λ = {l1:g}",
            float(sparsification.final_weight(l1)),
            within(_last(weights, threshold), tolerance, reason),
        )
        for source, l1, weights, threshold, tolerance, reason in (
            ("simulation", model.l1, simulated, 0.0, 1e-6, "convergence"),
            ("training", trained.l1, trained.final.values, trained.active_threshold, 1e-4, "jitter about 0"),
        )
    ]


def _last(weights: np.ndarray, threshold: float) -> float:
    """Return the mean size of the weights that are the only active one of their encoding."""
    sizes = np.abs(weights)
    alone = (sizes > threshold).sum(axis=-1) == 1
    return float(sizes.max(axis=-1)[alone].mean())


claim = Claim(
    "final_weight",
    "The weight w that is left of an encoding ends at the larger root of w(1 − w²) = λ.",
    "own derivation",
    "agrees",
    _measure,
)
