"""A measurement that keeps a log of what it did, and may be made to fail."""

import os
import resource
import time
from pathlib import Path

import numpy as np
import xarray as xr

from validation.sweeps.points import points, seed_of

SEED = 7
GRID = {"n": [2, 3, 5, 8, 9], "l1": [0.1, 0.2, 0.3, 0.4], "kind": ["plain", "other"]}
REPLICATES, BATCH = 3, 2
UNITS = 5 * 4 * 2 * 2
RUNS = 5 * 4 * 2 * 3
TROUBLED = 2  # units of work of the one point
PAUSE = 0.02  # seconds of a run


def measure(seed, n, l1, kind):
    """Note that a run was begun, and give numbers that depend on its seed."""
    with open(os.environ["FAULTS_LOG"], "ab", buffering=0) as log:
        log.write(f"{n} {l1} {kind} {seed}\n".encode())
    trouble(os.environ.get("FAULTS_TROUBLE"), n, l1, kind)
    time.sleep(PAUSE)
    rng = np.random.default_rng(seed)
    values = {
        "energy": rng.normal(n, l1),
        "count": rng.integers(3),
        "ended": kind == "plain",
        "norms": ("neuron", rng.normal(size=4)),
    }
    return xr.Dataset(values, coords={"neuron": [0.5, 1.5, 2.5, 3.5]})


def trouble(what, *point):
    """Fail at one point, in all its runs."""
    if what is None or point != (5, 0.2, "plain"):
        return
    if what == "raise":
        raise ZeroDivisionError("no such\nnumber")
    if what == "hang":
        time.sleep(1000)
    if what == "kill":
        os.kill(os.getpid(), 9)
    if what == "memory":
        held = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (held + 2**28, resource.RLIM_INFINITY))
        try:
            np.ones(2**30)
        finally:
            resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


def runs_of(unit):
    """Return as the log has them the runs of a unit of work, given by its place in the ledger."""
    *place, batch = map(int, unit.parts[:4])
    point = points(GRID).at(place)
    replicates = range(batch * BATCH, min((batch + 1) * BATCH, REPLICATES))
    return [" ".join(map(str, (*point.values(), seed_of(SEED, point, k)))) for k in replicates]
