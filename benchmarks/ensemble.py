"""How many final states a second does `ensemble` give, and how does it scale with workers?"""

from functools import partial

import numpy as np

from benchmarks.measuring import RUNS, Row, check, medians
from sim import ensemble
from theory import Autoencoder

MODEL = Autoencoder(64, 256, 1e-3)


def measure(model: Autoencoder = MODEL, replicates: int = 40, runs: int = RUNS) -> list[Row]:
    """Run the same replicates with one worker and with two."""
    one, two = (partial(ensemble, model, replicates, workers=workers) for workers in (1, 2))
    first, second = one(), two()
    check(first["final"].equals(second["final"]), "the result depends on the number of workers")
    check(bool(np.isfinite(second["time_to_sparsity"]).all()), "a replicate has not come to the final state")
    alone, together = medians(runs, one, two)
    rate, scaling = replicates / together, alone / together
    size = f"n = {model.n_features}, m = {model.n_neurons}, λ = {model.l1:g}"
    return [
        Row(f"{size}, {replicates} replicates, 2 workers", f"{rate:.3g} final states/s", "", "", "≥ 100/s",
            rate >= 100),
        Row(f"{size}, 1 → 2 workers", f"{rate:.3g}/s", f"{replicates / alone:.3g}/s with 1",
            f"{scaling:.2f} times", "≥ 1.85", scaling >= 1.85),
    ]  # fmt: skip
