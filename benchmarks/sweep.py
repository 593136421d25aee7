"""What does a sweep cost beside its runs, on disk and in memory?"""

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from time import perf_counter

import numpy as np

from benchmarks.measuring import Row, check
from sim import metrics
from sim.flow import Flow
from sim.forces import FORCES
from theory import Autoencoder
from validation.sweeps.engine import Pool
from validation.sweeps.points import seed_of
from validation.sweeps.sweep import sweep

MB = 2**20
SMALLER = 5  # times, the sweep whose memory is compared


def run(seed: int, n: int, m: int, l1: float) -> dict[str, float]:
    """Return a few numbers of a run to the sparse fixed point."""
    model = Autoencoder(n, m, l1)
    weights = model.initial(np.random.default_rng(seed))
    initial = weights.copy()
    flow = Flow(model, weights, "splitting", tuple(FORCES), None)
    flow.settle()
    return {
        "time": flow.time,
        "polysemantic_neurons": int(metrics.polysemantic_neurons(flow.weights)),
        "winner_kept": float(np.mean(metrics.winner_kept(initial, flow.weights))),
        "deaths": flow.deaths,
        "rebirths": flow.rebirths,
    }


def measure(runs: int = 10_000, n: int = 32, m: int = 128, l1: float = 1e-3, rounds: int = 3) -> list[Row]:
    """Compare a sweep on two workers with two processes that loop over half of the runs each, in turn.

    Both are new processes each time, so that imports count alike.
    """
    point = {"n": n, "m": m, "l1": l1}
    _told(_start("loop", point, 0, 2))  # kernels are on disk from here on
    swept, looped = [], []
    with tempfile.TemporaryDirectory() as folder:
        for k in range(rounds):
            seconds, (ours,) = _timed(("sweep", point, 0, runs, f"{folder}/{k}"))
            swept.append(seconds)
            seconds, halves = _timed(("loop", point, 0, runs // 2), ("loop", point, runs // 2, runs))
            looped.append(seconds)
            total = sum(half["total"] for half in halves)
            check(bool(np.isclose(ours["total"], total, rtol=1e-12)), "the runs differ")
        size = sum(file.stat().st_size for file in Path(folder, "0").rglob("*") if file.is_file())
        few = _told(_start("sweep", point, 0, runs // SMALLER, f"{folder}/few"))
    mine, bare, grown = statistics.median(swept), statistics.median(looped), ours["peak"] / few["peak"]
    what = f"{runs:,} runs at n = {n}, m = {m}, λ = {l1:g}"
    return [
        Row(f"{what}, 2 workers", f"{mine:.3g} s", f"{bare:.3g} s: two bare loops",
            f"{mine / bare:.2f} times", "≤ 1.2", mine / bare <= 1.2),
        Row("its store on disk", f"{size / MB:.2f} MB", "", "", "< 20 MB", size < 20 * MB),
        Row("its peak memory, main process", f"{ours['peak'] / MB:.0f} MB",
            f"{few['peak'] / MB:.0f} MB at {runs // SMALLER:,} runs", f"{grown:.2f} times",
            "≤ 1.1", grown <= 1.1),
    ]  # fmt: skip


def _timed(*calls: tuple) -> tuple[float, list[dict[str, float]]]:
    """Return how long processes take side by side, and what they tell."""
    begun = perf_counter()
    told = [_told(process) for process in [_start(*call) for call in calls]]
    return perf_counter() - begun, told


def _start(*call: object) -> subprocess.Popen:
    threads = {"OMP_NUM_THREADS": "1", "NUMBA_NUM_THREADS": "1"} if call[0] == "loop" else {}
    called = [sys.executable, "-m", "benchmarks.sweep", json.dumps(call)]
    return subprocess.Popen(called, env={**os.environ, **threads}, stdout=subprocess.PIPE, text=True)


def _told(process: subprocess.Popen) -> dict[str, float]:
    out, _ = process.communicate()
    check(process.returncode == 0, "a process failed")
    return json.loads(out)


def _loop(point: dict[str, float], first: int, stop: int) -> float:
    """Sum up flow times of runs in a bare loop; all numbers are kept, as a sweep keeps them."""
    records = [run(seed_of(0, point, k), **point) for k in range(first, stop)]  # type: ignore[arg-type]
    return sum(record["time"] for record in records)


def _sweep(point: dict[str, float], _: int, replicates: int, store: str) -> float:
    pool = Pool(2)
    data = sweep(run, [point], replicates, 0, store, pool)
    pool.close()
    return float(data["time"].sum())


if __name__ == "__main__":
    kind, *given = json.loads(sys.argv[1])
    total = {"loop": _loop, "sweep": _sweep}[kind](*given)
    print(json.dumps({"total": total, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024}))
