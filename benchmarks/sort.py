"""How does `sparsify` of a very long encoding compare with sorting it?"""

import numpy as np

from benchmarks.measuring import RUNS, Row, check, duration, medians, peak_memory
from sim import sparsify

RULE = "≤ 2 times, ≤ 4 arrays (at m = 1e8)"


def measure(m: int = 10_000_000, l1: float = 1e-5, runs: int = RUNS) -> list[Row]:
    """Compare with `numpy.sort` of the same array."""
    weights = np.random.default_rng(0).normal(0, m**-0.5, m)
    memory, result = peak_memory(lambda: sparsify(weights, l1))
    winner = int(np.abs(weights).argmax())
    check(np.flatnonzero(result["final"].values).tolist() == [winner], "the largest weight has not won")
    del result
    seconds, sorting = medians(runs, lambda: sparsify(weights, l1), lambda: np.sort(weights))
    ratio, arrays = seconds / sorting, memory / weights.nbytes
    return [
        Row(
            f"m = {m:g}, λ = {l1:g}" + (f", {runs} runs" if runs < RUNS else ""),
            f"{duration(seconds)}, {arrays:.2f} arrays more than the input",
            f"numpy.sort {duration(sorting)}",
            f"{ratio:.2f} times",
            RULE,
            ratio <= 2 and arrays <= 4,
        )
    ]
