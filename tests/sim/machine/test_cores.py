import os
import subprocess
import sys
import threading
from itertools import pairwise

import numba
import numpy as np
import pytest
from numba import njit
from threadpoolctl import threadpool_info

from sim import ensemble, simulate
from sim.machine import cores
from theory import Autoencoder

LARGE = cores.PART, 2  # rows and columns of two parts
MODEL = Autoencoder(128, 2 * cores.PART // 128, 3e-3)  # so large that it is split


def blas_threads():
    return {pool["num_threads"] for pool in threadpool_info() if pool["user_api"] == "blas"}


@pytest.mark.parametrize("parts", [1, 2, 3, 16])
@pytest.mark.parametrize("rows", [0, 1, 7, 100])
def test_parts_are_all_rows_once(rows, parts):
    pieces = [cores.bounds(rows, part, parts) for part in range(parts)]
    assert pieces[0][0] == 0
    assert pieces[-1][1] == rows
    assert all(one[1] == other[0] for one, other in pairwise(pieces))
    assert max(b - a for a, b in pieces) - min(b - a for a, b in pieces) <= 1


@pytest.mark.parametrize("together", [True, False])
def test_each_part_is_worked_on_once(together):
    @cores.on_all_cores
    @njit
    def count(part, parts, counts):
        counts[part] += parts

    counts = np.zeros(16)
    count(cores.Split(16, together), counts)
    np.testing.assert_array_equal(counts, 16)


def test_parts_follow_the_size_alone():
    with cores.split(10, 10) as few, cores.split(*LARGE) as two, cores.split(2**16, 2**16) as many:
        assert few is None
        assert (two.parts, many.parts) == (2, cores.MOST)


def test_blas_is_on_one_thread_meanwhile():
    before = blas_threads()
    with cores.split(*LARGE):
        assert blas_threads() == {1}
    assert blas_threads() == before


def test_one_caller_at_a_time_has_the_cores():
    inner = []

    def other():
        with cores.split(*LARGE) as split:
            inner.append(split.together)

    with cores.split(*LARGE):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert inner == [False]


def test_cores_and_blas_are_given_back_after_an_error():
    def fail():
        with cores.split(*LARGE):
            raise KeyboardInterrupt

    before = blas_threads()
    with pytest.raises(KeyboardInterrupt):
        fail()
    with cores.split(*LARGE) as split:
        assert split.together == (numba.get_num_threads() > 1)
    assert blas_threads() == before


IN_OTHER_WAYS = """
import os, sys
import numpy as np
from sim import simulate
from tests.sim.machine.test_cores import MODEL
result = simulate(MODEL, until=2.0, times=[2.0]).final.values
if sys.argv[2] == "fork":
    child = os.fork()
    if child:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
    result = simulate(MODEL, until=2.0, times=[2.0]).final.values
np.save(sys.argv[1], result)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="forks")
@pytest.mark.parametrize(("threads", "way"), [("1", "plain"), ("2", "plain"), ("2", "fork")])
def test_same_result_with_any_number_of_threads(threads, way, tmp_path):
    subprocess.run(
        [sys.executable, "-c", IN_OTHER_WAYS, str(tmp_path / "there.npy"), way],
        check=True,
        timeout=300,
        env={**os.environ, "NUMBA_NUM_THREADS": threads},
    )
    expected = simulate(MODEL, until=2.0, times=[2.0]).final.values
    np.testing.assert_array_equal(np.load(tmp_path / "there.npy"), expected)


def test_same_result_in_an_ensemble():
    """Replicates are run side by side there, each on one core."""
    one, two = (ensemble(MODEL, replicates=2, seed=3, workers=workers) for workers in (1, 2))
    np.testing.assert_array_equal(one.final, two.final)
    alone = simulate(MODEL, initial=one.initial[1].values, times=[0.0])
    np.testing.assert_array_equal(alone.final, one.final[1])
