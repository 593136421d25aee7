"""What does a task cost beside its work, and what does a unit of work cost to write?"""

import os
import tempfile
from collections.abc import Callable, Iterable
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import xarray as xr

from benchmarks.measuring import Row, check, duration
from validation.sweeps import opening
from validation.sweeps.engine import Executor, Here, Pool, completed
from validation.sweeps.sweep import Sweep

ROUNDS = 10  # ours and the executor's own in turn
ARRAYS = 5  # of a unit that is written


def nothing(task: int) -> int:
    return task


def measure(tasks: int = 100_000, units: int = 1000) -> list[Row]:
    """Send empty tasks to a pool and to a cluster of two workers each, and write units of one run."""
    from distributed import Client, LocalCluster

    pool = Pool(2)
    rows = [_overhead("Pool, 2 workers", pool, tasks)]
    pool.close()
    cluster = LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None)
    with cluster, Client(cluster) as client:
        rows.append(_overhead("Dask, local cluster of 2 workers", client, tasks))
    return [*rows, _writing(units)]


def _overhead(name: str, executor: Executor, tasks: int) -> Row:
    """Compare `completed` with submitting all tasks and waiting for the results, part by part."""
    parts = np.array_split(np.arange(2 * tasks), 2 * ROUNDS)  # none twice: a cluster knows what it has done
    ours = peers = 0.0
    for k in range(0, len(parts), 2):
        ours += _seconds(_completed, parts[k].tolist(), executor)
        peers += _seconds(_bare, parts[k + 1].tolist(), executor)
    return Row(
        f"{name}, {tasks:,} empty tasks",
        f"{duration(ours / tasks)} a task",
        f"{duration(peers / tasks)}: submit and result",
        f"{ours / peers:.2f} times",
    )


def _seconds(
    run: Callable[[list[int], Executor], Iterable[int]], part: list[int], executor: Executor
) -> float:
    begun = perf_counter()
    results = sorted(run(part, executor))
    seconds = perf_counter() - begun
    check(results == part, "results are not those of the tasks")
    return seconds


def _completed(part: list[int], executor: Executor) -> Iterable[Any]:
    return (result for _, result in completed(nothing, part, executor))


def _bare(part: list[int], executor: Executor) -> Iterable[int]:
    futures = [executor.submit(nothing, task) for task in part]
    return [future.result() for future in futures]


def _writing(units: int) -> Row:
    """Compare the writing of units with the same bytes in as many plain files."""
    numbers = np.random.default_rng(0).normal(size=(units, ARRAYS))
    with tempfile.TemporaryDirectory() as folder:
        planned = Sweep(_measured, {"k": range(units)}, 1, 0, Path(folder) / "store", Here(), 1)
        with opening.opened(planned.store, planned._layout()) as store:
            missing = list(store.missing(planned.points, 1))
            names = [f"x{k}" for k in range(ARRAYS)]
            results = [
                xr.Dataset({n: ("replicate", [x]) for n, x in zip(names, row, strict=True)})
                for row in numbers
            ]
            begun = perf_counter()
            for unit, result in zip(missing, results, strict=True):
                store.write(unit, result, 0.0)
            ours = (perf_counter() - begun) / units
        begun = perf_counter()
        for k, row in enumerate(numbers):
            for j, number in enumerate([*row, 1.0]):
                file = Path(folder) / f"{k}-{j}"
                file.with_suffix(".new").write_bytes(number.tobytes() if j < ARRAYS else b"done")
                os.replace(file.with_suffix(".new"), file)
        peer = (perf_counter() - begun) / units
    return Row(
        f"store, {units:,} units of {ARRAYS} arrays",
        f"{duration(ours)} a unit",
        f"{duration(peer)}: {ARRAYS + 1} plain files",
        f"{ours / peer:.1f} times",
    )


def _measured(seed: int, k: int) -> dict[str, float]:
    return {f"x{j}": 0.0 for j in range(ARRAYS)}
