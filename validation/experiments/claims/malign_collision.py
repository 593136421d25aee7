"""Two features with the same sign on one neuron: the larger drives the smaller out."""

import numpy as np

from sim import simulate
from theory import Autoencoder, interference
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import within

TIMES = (0.5, 2.0, 8.0)


def _measure(seed: int, full: bool) -> list[Finding]:
    rng = np.random.default_rng(seed)
    smaller, larger = np.sort(rng.uniform(0.3, 1, 2))
    pair = Autoencoder(2, 2, 0.0)
    start = np.array([[larger, 0.0], [smaller, 0.0]])
    findings = []
    for time in TIMES:
        run = simulate(pair, initial=start, until=time, forces=("interference",), rtol=1e-6)
        a, b = run.final.values[:, 0]
        findings.append(
            Finding(
                "simulation",
                f"smaller weight at t = {time:g}, from {smaller:.3f} beside {larger:.3f}",
                float(interference.malign_collision(larger, smaller, np.array([time]))[1][0]),
                within(b, 1e-3 * b, "integration error"),
            )
        )
    conserved = within(a**2 - b**2, 1e-5, "integration error")
    findings.append(Finding("simulation", f"a² − b² at t = {time:g}", larger**2 - smaller**2, conserved))
    return findings


claim = Claim(
    "malign_collision",
    "Of two features with the same sign on one neuron the smaller leaves; interference conserves a² − b².",
    "seed 001, “Benign and malign collisions”; closed form own",
    "agrees",
    _measure,
)
