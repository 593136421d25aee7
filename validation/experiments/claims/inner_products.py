"""A positive inner product of two encodings decays exponentially."""

import numpy as np

from sim import simulate
from theory import Autoencoder, interference
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import within

START = 0.05


def _measure(seed: int, full: bool) -> list[Finding]:
    angle = np.arccos(START)
    turn = np.random.default_rng(seed).uniform(0, 2 * np.pi)  # no direction is special without L1
    start = np.array([[np.cos(a), np.sin(a)] for a in (turn, turn + angle)])
    findings = []
    for time in (1.0, 4.0):
        run = simulate(
            Autoencoder(2, 2, 0.0),
            initial=start,
            until=time,
            forces=("feature_benefit", "interference"),
            rtol=1e-8,
        )
        product = float(run.final[0] @ run.final[1])
        findings.append(
            Finding(
                "simulation",
                f"inner product at t = {time:g}, from {START:g} at unit length",
                float(interference.inner_product(START, np.array([time]))[0]),
                within(product, 1e-3 * product, "integration error"),
            )
        )
    rate = -np.log(product / START) / time
    findings.append(
        Finding(
            "simulation", "rate of its decay", 2.0, within(rate, START**2, "the square of the inner product")
        )
    )
    return findings


claim = Claim(
    "inner_products",
    "A positive inner product of two encodings of unit length decays like e^(−2t) when no third one matters.",
    "seed 001, “How strong is the interference?”; closed form own",
    "agrees",
    _measure,
)
