"""Interference is weak at the start."""

import numpy as np

from theory import Autoencoder, interference
from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import mean


def _measure(seed: int, full: bool) -> list[Finding]:
    findings = []
    for m in (64, 256):
        model = Autoencoder(runs.COUNT_FEATURES, m, runs.COUNT_L1)
        strengths = [_strength(model.initial(rng)) for rng in runs.draws(seed, 4000 if full else 400)]
        findings.append(
            Finding(
                "simulation",
                f"E Σ ReLU(W_i·W_j)², n = {model.n_features}, m = {m}",
                float(interference.initial_strength(model)),
                mean(np.array(strengths)),
            )
        )
    return findings


def _strength(weights: np.ndarray) -> float:
    """Return the mean over the features of the interference that each feels along its own encoding."""
    positive = np.maximum(weights @ weights.T, 0)
    np.fill_diagonal(positive, 0)
    return (positive**2).sum() / len(weights)


claim = Claim(
    "initial_interference",
    "At the start a feature feels interference of (n − 1)/(2m) on average: it is weak while n ≪ m.",
    "seed 001, “How strong is the interference?”",
    "agrees",
    _measure,
)
