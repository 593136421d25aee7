"""Results are the same to the last bit whatever number of threads BLAS, OpenMP and Numba have."""

import hashlib
import os
import subprocess
import sys

import pytest

from sim import simulate
from theory import Autoencoder
from validation import train

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS")
SIZES = {  # features, neurons, flow time: one part, about where products are shared, four parts and more
    "splitting": ((24, 48, 5.0), (256, 256, 1.0), (256, 512, 1.0), (600, 1200, 1.0), (1024, 1024, 0.1)),
    "event": ((24, 48, 0.5), (160, 320, 0.002), (256, 512, 0.0005)),
    "euler": ((24, 48, 5.0), (256, 256, 1.0), (256, 512, 1.0), (600, 1200, 0.2)),
}


def digest(result):
    values = (result[name].values for name in sorted(result.data_vars))
    return hashlib.sha256(b"".join(value.tobytes() for value in values)).hexdigest()


def found():
    """Return what this process finds: of the flow by each method, and of training."""
    flows = {
        (method, n, m): digest(simulate(Autoencoder(n, m, 0.01), 3, until=until, method=method))
        for method, sizes in SIZES.items()
        for n, m, until in sizes
    }
    trained = {
        ("training", n, m): digest(train(Autoencoder(n, m, 0.01), steps=5, learning_rate=0.01))
        for n, m in ((16, 32), (64, 256), (256, 512))
    }
    return flows | trained


@pytest.mark.slow
def test_bits_do_not_depend_on_the_number_of_threads():
    there = []
    for threads in ("1", "2"):
        run = subprocess.run(
            [sys.executable, "-c", "from tests.sim.machine.test_threads import found; print(found())"],
            check=True,
            capture_output=True,
            text=True,
            timeout=500,
            env=os.environ | dict.fromkeys(THREADS, threads),
        )
        there.append(run.stdout)
    assert there[0] == there[1]
    assert there[0].count("(") == 15
