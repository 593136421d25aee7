"""What happens to cost and quality if a tuned constant of "splitting" has another value?

``python -m benchmarks constants [NAME ...]``: each value runs in a process and a cache of Numba of its own,
since constants are compiled in. Times are relative to the value in use, winners are against a run at rtol
3e-4, and the error is at flow time 20, against "event".
"""

import importlib
import json
import os
import subprocess
import sys
import tempfile
from time import perf_counter
from typing import NamedTuple

import numpy as np

from benchmarks.measuring import Row
from sim.progress import track

STEPS, JACOBI, NEURONS = (
    "sim.integrators.splitting.steps",
    "sim.integrators.splitting.jacobi",
    "sim.integrators.splitting.neurons",
)
CORES, BLAS = "sim.machine.cores", "sim.machine.blas"
CAREFUL = 3e-4


class Constant(NamedTuple):
    """Where a constant is, and the values to try beside the one in use."""

    module: str
    values: tuple[float, ...]


CONSTANTS = {
    "GAMMA": Constant(STEPS, (0.25, 0.4)),
    "FIRST": Constant(STEPS, (0.1, 2.0)),
    "SAFETY": Constant(STEPS, (0.7, 0.95)),
    "SHRINK": Constant(STEPS, (0.1, 0.5)),
    "GROW": Constant(STEPS, (1.5, 10.0)),
    "TOO_FAR": Constant(STEPS, (1.0, 4.0)),
    "SOLVED": Constant(STEPS, (0.1, 1.0)),
    "UNSOLVED": Constant(STEPS, (0.5, 4.0)),
    "ATTEMPTS": Constant(STEPS, (2, 8)),
    "STRONGER": Constant(STEPS, (1.0, 1.5)),
    "WEAKER": Constant(STEPS, (0.7, 1.0)),
    "MANY": Constant(STEPS, (1, 16)),
    "LATE": Constant(STEPS, (0.0, 0.5)),
    "LATER": Constant(STEPS, (1.0, 20.0)),
    "LISTED": Constant(STEPS, (0.2, 0.8)),
    "LENGTH": Constant(STEPS, (200, 1000)),
    "SINGLE": Constant(STEPS, (1.0, 0.0)),
    "WORTH_IT": Constant(STEPS, (0, 2**20)),
    "LEAST": Constant(JACOBI, (0.0, -4.0)),
    "MOST": Constant(JACOBI, (0.0, 0.95)),
    "PIECE": Constant(NEURONS, (2**8, 2**15)),
    "WORTH_DROPPING": Constant(NEURONS, (0.0, 1.0)),
    "SHORT": Constant(NEURONS, (2, 64)),
    "PART": Constant(CORES, (2**16, 2**22)),
    "SMALL": Constant(BLAS, (2**16, 2**23)),
    "FEWEST": Constant(BLAS, (2, 64)),
    "TILE": Constant(BLAS, (8, 128)),
}
MAIN = ("FIRST", "SOLVED", "ATTEMPTS", "LATER", "MOST", "STRONGER")


def measure(names: tuple[str, ...] = MAIN, size: tuple[int, int] = (64, 256), seeds: int = 4) -> list[Row]:
    """Vary each constant over its values, the one in use first."""
    cases = [(name, value) for name in names for value in (None, *CONSTANTS[name].values)]
    rows, used = [], {}
    for name, value in track(cases, "constants"):
        result = _apart(name, value, size, seeds)
        if value is None:
            used = result
        rows.append(Row(
            f"{name} = {result['value']:g}" + (", in use" if value is None else ""),
            f"{result['evaluations']:.0f} and {result['crowded']:.0f} right-hand sides, few neurons",
            f"{result['wrong']} of {result['winners']} winners wrong",
            f"{result['seconds'] / used['seconds']:.2f} times as long, error {result['error']:.1e}",
        ))  # fmt: skip
    return rows


def _apart(name: str, value: float | None, size: tuple[int, int], seeds: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as cache:
        command = [sys.executable, "-W", "ignore", "-m", __name__, json.dumps([name, value, size, seeds])]
        done = subprocess.run(
            command, env={**os.environ, "NUMBA_CACHE_DIR": cache}, capture_output=True, text=True, check=True
        )
    return json.loads(done.stdout)


def _run(name: str, value: float | None, size: tuple[int, int], seeds: int) -> dict[str, float]:
    """Set the constant before anything is compiled, and measure."""
    from sim import simulate
    from theory import Autoencoder

    module = importlib.import_module(CONSTANTS[name].module)
    if value is not None:
        setattr(module, name, value)
    model, few = Autoencoder(*size, 1e-3), Autoencoder(size[0], size[0] // 2, 1e-3)
    end = {"times": [0.0]}
    simulate(model, **end)  # compiles
    start = perf_counter()
    runs = [simulate(model, seed, **end) for seed in range(seeds)]
    seconds = perf_counter() - start
    crowded = [simulate(few, seed, until=500.0, **end).attrs["evaluations"] for seed in range(seeds)]
    careful = [simulate(model, seed, rtol=CAREFUL, **end).final for seed in range(seeds)]
    wrong = sum(
        int((np.sign(run.final) != np.sign(exact)).any("neuron").sum())
        for run, exact in zip(runs, careful, strict=True)
    )
    small = Autoencoder(16, 64, 0.01)
    one, exact = (simulate(small, until=20.0, method=way, **end).final for way in ("splitting", "event"))
    return {
        "value": float(getattr(module, name)), "seconds": seconds, "wrong": wrong,
        "winners": seeds * size[0], "crowded": float(np.mean(crowded)),
        "evaluations": float(np.mean([run.attrs["evaluations"] for run in runs])),
        "error": float(np.sqrt(((one - exact) ** 2).sum("neuron").mean())),
    }  # fmt: skip


if __name__ == "__main__":
    print(json.dumps(_run(*json.loads(sys.argv[1]))))
