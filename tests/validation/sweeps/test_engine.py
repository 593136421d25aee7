"""Tasks side by side: each has an outcome, whatever the others do."""

import os
import signal
import threading
import time
from concurrent.futures import BrokenExecutor, Future, ThreadPoolExecutor

import numba
import pytest

from sim.machine import blas
from validation.sweeps.engine import Failure, Here, Pool, completed, line


class TwoArgumentsError(Exception):
    """An error that pickle writes, but cannot read."""

    def __init__(self, one, two):
        super().__init__(one + two)


def work(task):
    if task == "raise":
        raise ValueError("two\nlines")
    if task == "unreadable":
        raise TwoArgumentsError("odd", "ity")
    if task == "exit":
        raise SystemExit(3)
    if task == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if task == "hang":
        time.sleep(1000)
    return 2 * task


def outcomes(tasks, executor):
    return {task: getattr(outcome, "cause", outcome) for task, outcome in completed(work, tasks, executor)}


def test_outcomes_are_those_of_the_tasks(pool):
    tasks = list(range(30))
    right = {task: 2 * task for task in tasks}
    with ThreadPoolExecutor(3) as threads:
        for executor in (Here(), pool, threads):
            assert outcomes(tasks, executor) == right
            assert outcomes(iter(tasks), executor) == right
            assert outcomes([], executor) == {}


def test_a_task_that_raises_is_told_apart(pool):
    with ThreadPoolExecutor(2) as threads:
        for executor in (pool, threads, Here()):
            told = outcomes(["raise", 1, "unreadable", 2], executor)
            assert told.pop("unreadable").endswith("TwoArgumentsError: oddity")
            assert told == {"raise": "ValueError: two lines", 1: 2, 2: 4}
    assert outcomes(["exit", 1], pool) == {"exit": "SystemExit: 3", 1: 2}


def test_a_task_that_kills_its_worker_fails_alone(pool):
    told = outcomes([1, "die", 2, 3, 4, 5], pool)
    assert told.pop("die") == "its worker died: killed, or out of memory"
    assert told == {k: 2 * k for k in range(1, 6)}
    assert outcomes([7], pool) == {7: 14}


def test_a_task_that_hangs_is_given_up():
    pool = Pool(2, timeout=2.0)
    try:
        assert outcomes([1, "hang", 2, 3], pool) == {1: 2, "hang": "took longer than 2 s", 2: 4, 3: 6}
    finally:
        pool.close()


def test_a_task_that_hangs_is_given_up_while_others_go_on():
    """Looked at each time, not only when nothing else is completed."""

    class Slow:
        timeout = 0.2

        def submit(self, call, task):
            future = Future()
            if task != "hang":
                threading.Timer(0.01, lambda: future.cancelled() or future.set_result(task)).start()
            return future

    told = completed(work, ["hang", *range(50_000)], Slow())
    assert next(outcome.cause for task, outcome in told if task == "hang") == "took longer than 0.2 s"
    told.close()


def test_another_executor_that_breaks_is_not_gone_on_with():
    class Broken:
        def submit(self, call, task):
            raise BrokenExecutor("gone")

    with pytest.raises(BrokenExecutor):
        list(completed(work, [1], Broken()))


def test_tasks_are_read_as_there_is_room_for_them(pool):
    read = []

    def tasks():
        for task in range(10**6):
            read.append(task)
            yield task

    for executor, ahead in ((pool, 2), (Here(), 1)):
        read.clear()
        running = completed(work, tasks(), executor)
        for _ in range(5):
            next(running)
        assert len(read) <= 5 + ahead
        running.close()


def test_a_worker_has_one_thread_and_this_process_keeps_its_own(pool):
    before = numba.get_num_threads()
    (outcome,) = completed(threads, [0], pool)
    assert outcome == (0, (1, {1}))
    with ThreadPoolExecutor(1) as one:
        (outcome,) = completed(threads, [0], one)
    assert outcome == (0, (1, {1}))
    assert numba.get_num_threads() == before


def threads(task):
    return numba.get_num_threads(), {library["num_threads"] for library in blas._blas().info()}


def test_ctrl_c_here_is_no_failure():
    def interrupted(task):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        list(completed(interrupted, [1], Here()))


def test_an_error_is_one_line():
    assert line(ValueError("a\n  b")) == "ValueError: a b"
    assert line(MemoryError()) == "MemoryError"


@pytest.mark.parametrize(
    ("name", "value"), [("workers", 0), ("workers", 1.5), ("timeout", 0), ("timeout", "x")]
)
def test_bad_pools(name, value):
    with pytest.raises((ValueError, TypeError), match=rf"^{name} must be [^\n]*$"):
        Pool(**{name: value})


def test_failures_keep_the_error(pool):
    ((_, failure),) = completed(work, ["raise"], pool)
    assert isinstance(failure, Failure)
    assert isinstance(failure.error, ValueError)
