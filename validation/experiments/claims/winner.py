"""Without interference the largest initial weight wins, always."""

import numpy as np

from sim import sparsify
from sim.progress import track
from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import share


def _measure(seed: int, full: bool) -> list[Finding]:
    m, trials = 1000, 1000 if full else 300
    rng = np.random.default_rng(seed)
    wins = 0
    for _ in track(range(trials), "races of 1,000 weights"):
        weights = rng.normal(0, m**-0.5, m)
        wins += np.abs(weights).argmax() == np.abs(sparsify(weights, 1e-3, np.zeros(1)).final.values).argmax()
    trained = runs.trained_encoding(seed, full)
    kept = [
        np.abs(before).argmax() == np.abs(after).argmax()
        for before, after in zip(trained.initial.values, trained.final.values, strict=True)
    ]
    return [
        Finding(
            "simulation", "share won by the largest initial weight, one encoding", 1.0, share(wins, trials)
        ),
        Finding(
            "training",
            "share led by the largest initial weight, one encoding",
            1.0,
            share(sum(kept), len(kept)),
        ),
    ]


claim = Claim(
    "winner",
    "Without interference the largest initial weight wins the race, always.",
    "seed 001, “The winning neuron takes it all”; own derivation",
    "agrees",
    _measure,
)
