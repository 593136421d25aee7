"""Two features with opposite signs on one neuron leave each other alone."""

import numpy as np

from sim import simulate
from sim.metrics import benign_pairs, polysemantic_neurons
from theory import Autoencoder
from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report.statistics import share, within


def _measure(seed: int, full: bool) -> list[Finding]:
    rng = np.random.default_rng(seed)
    start = np.array([[rng.uniform(0.3, 1), 0.0], [-rng.uniform(0.3, 1), 0.0]])
    with_neighbour = simulate(Autoencoder(2, 2, 0.0), initial=start, until=10.0, forces=("interference",))
    moved = float(np.abs(with_neighbour.final - start).max())
    return [
        Finding(
            "simulation", "largest change of two weights of opposite signs", 0.0, within(moved, 0, "exact")
        ),
        *(
            Finding(
                source, "share of polysemantic neurons with one + and one −", 1.0, share(*_opposite(weights))
            )
            for source, weights in (
                ("simulation", runs.flow_of_trained(seed, full).final.values),
                ("training", runs.trained("gd", seed, full).final.values),
            )
        ),
    ]


def _opposite(weights: np.ndarray) -> tuple[int, int]:
    """Return how many polysemantic neurons hold one + and one −, and how many there are."""
    return int((benign_pairs(weights) == 1).sum()), int(np.sum(polysemantic_neurons(weights)))


claim = Claim(
    "benign_collision",
    "Two features with opposite signs on one neuron feel no force from each other, and both stay.",
    "seed 001, “Benign and malign collisions”",
    "agrees",
    _measure,
)
