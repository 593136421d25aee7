"""What happens to cost and quality if a tuned constant of "splitting" has another value?

``python -m benchmarks constants [NAME ...]``: each value runs in a process and a cache of Numba of its own,
since constants are compiled in. Times are relative to the value in use; winners (neuron and sign of each
feature's largest weight in the end) and errors (at flow time 20, or in the end if that is earlier) are
against a run with the same value at rtol 3e-4.
"""

import functools
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

STAGE, STEPS, JACOBI, NEURONS = (
    f"sim.integrators.splitting.{name}" for name in ("stage", "steps", "jacobi", "neurons")
)
CORES, BLAS = "sim.machine.cores", "sim.machine.blas"
CAREFUL, EARLY = 3e-4, 20.0
REPEATS = 5  # of which the fastest counts


class Race(NamedTuple):
    """Features, neurons, flow time to stop at (None: when the race is over), seeds; at λ = 1e-3."""

    n: int
    m: int
    until: float | None
    seeds: int


USUAL, CROWDED = Race(64, 128, None, 8), Race(256, 32, 100.0, 1)
TINY, WIDE, LARGE = Race(16, 64, None, 8), Race(256, 512, 100.0, 1), Race(256, 4096, 3.0, 1)


class Constant(NamedTuple):
    """Where a constant is, the values to try beside the one in use, and what shows a difference."""

    module: str
    values: tuple[float, ...]
    race: Race = USUAL


CONSTANTS = {  # those whose name another module has too are called by both
    "FIRST": Constant(STEPS, (0.1, 2.0)),
    "SAFETY": Constant(STEPS, (0.7, 0.95)),
    "SHRINK": Constant(STEPS, (0.1, 0.5)),
    "GROW": Constant(STEPS, (1.5, 10.0)),
    "TOO_FAR": Constant(STEPS, (1.0, 4.0)),
    "SMALLEST": Constant(STEPS, (1e-6, 1e-2)),
    "MANY": Constant(STEPS, (1, 16)),
    "LATE": Constant(STEPS, (0.0, 0.5)),
    "LATER": Constant(STEPS, (1.0, 20.0)),
    "LISTED": Constant(STEPS, (0.2, 0.8), WIDE),
    "LENGTH": Constant(STEPS, (200, 1000)),
    "SINGLE": Constant(STEPS, (1.0,)),
    "WORTH_IT": Constant(STEPS, (0,), TINY),
    "SOLVED": Constant(STAGE, (0.1, 0.9)),
    "UNSOLVED": Constant(STAGE, (0.6, 4.0)),
    "ATTEMPTS": Constant(STAGE, (2, 8)),
    "STRONGER": Constant(STAGE, (1.0, 1.5), CROWDED),
    "WEAKER": Constant(STAGE, (0.7, 1.0), CROWDED),
    "LEAST": Constant(JACOBI, (0.0, -4.0)),
    "MOST": Constant(JACOBI, (0.0, 0.95)),
    "PIECE": Constant(NEURONS, (2**8, 2**15), WIDE),
    "WORTH_DROPPING": Constant(NEURONS, (0.0, 1.0)),
    "SHORT": Constant(NEURONS, (2, 64)),
    "PART": Constant(CORES, (2**16, 2**22), LARGE),
    "WORTH_SHARING": Constant(CORES, (2**23, 2**30), WIDE),
    "cores.MOST": Constant(CORES, (1,), LARGE),
    "SMALL": Constant(BLAS, (2**16, 2**23), WIDE),
    "FEWEST": Constant(BLAS, (2, 64), WIDE),
    "TILE": Constant(BLAS, (8, 128), WIDE),
    "blas.WORTH_IT": Constant(BLAS, (2**10,), WIDE),
}
MAIN = ("FIRST", "SAFETY", "SOLVED", "ATTEMPTS", "LATER", "MOST")


def attribute(name: str) -> str:
    """Return what its module calls a constant."""
    return name.rpartition(".")[2]


def measure(names: tuple[str, ...] = MAIN) -> list[Row]:
    """Vary each constant over its values, the one in use first."""
    cases = [(name, value) for name in names for value in (None, *CONSTANTS[name].values)]
    rows = []
    for name, value in track(cases, "constants"):
        module, _, race = CONSTANTS[name]
        used = getattr(importlib.import_module(module), attribute(name))
        usual = _in_use(race)
        result = usual if value is None else _apart(race, (module, attribute(name), value))
        rows.append(Row(
            f"{name} = {used:g}, in use; n = {race.n}, m = {race.m}" if value is None else f"{value:g}",
            f"{result['evaluations']:.0f} right-hand sides",
            f"{result['wrong']} of {race.n * race.seeds} winners, {result['error']:.1e}",
            f"{result['seconds'] / usual['seconds']:.2f} times as long",
        ))  # fmt: skip
    return rows


@functools.cache
def _in_use(race: Race) -> dict[str, float]:
    return _apart(race, None)


def _apart(race: Race, change: tuple[str, str, float] | None) -> dict[str, float]:
    """Run a race in a process of its own, after a change in a cache of its own."""
    command = [sys.executable, "-W", "ignore", "-m", __name__, json.dumps([race, change])]
    with tempfile.TemporaryDirectory() as cache:
        own = {} if change is None else {"NUMBA_CACHE_DIR": cache}
        done = subprocess.run(command, env={**os.environ, **own}, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)


def _run(race: Race, change: tuple[str, str, float] | None) -> dict[str, float]:
    """Set the constant before anything is compiled, and measure."""
    from sim import simulate
    from theory import Autoencoder

    if change is not None:
        module, name, value = change
        setattr(importlib.import_module(module), name, value)
    model, seeds = Autoencoder(race.n, race.m, 1e-3), range(race.seeds)
    early = EARLY if race.until is None else min(EARLY, race.until)

    def ends(until, rtol=None):
        return [simulate(model, seed, until=until, rtol=rtol, times=[0.0]) for seed in seeds]

    simulate(model, until=0.1, times=[0.0])  # compiles
    seconds = []
    for _ in range(REPEATS):
        start = perf_counter()
        runs = ends(race.until)
        seconds.append(perf_counter() - start)
    pairs = zip(runs, ends(race.until, CAREFUL), strict=True)
    brief = zip(ends(early), ends(early, CAREFUL), strict=True)
    errors = [float(np.sqrt(((one.final - other.final) ** 2).sum("neuron").mean())) for one, other in brief]
    return {
        "seconds": min(seconds),
        "evaluations": float(np.mean([run.attrs["evaluations"] for run in runs])),
        "wrong": sum(int((_winners(one) != _winners(other)).sum()) for one, other in pairs),
        "error": float(np.mean(errors)),
    }


def _winners(run):
    """Return neuron and sign of each feature's largest weight, as one number."""
    weights = run.final.values
    best = np.abs(weights).argmax(axis=1)
    return (best + 1) * np.sign(np.take_along_axis(weights, best[:, None], axis=1)[:, 0])


if __name__ == "__main__":
    race, change = json.loads(sys.argv[1])
    print(json.dumps(_run(Race(*race), change)))
