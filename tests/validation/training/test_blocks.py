"""Threads that have no replicate of their own: they help, and change nothing."""

import threading

import numba
import numpy as np
import pytest

from theory import TwoLayer
from validation.training import train
from validation.training.blocks import Team

MODEL = TwoLayer(24, 12, 32, 0.1)


@pytest.mark.parametrize("bias", [0.0, -0.5])
def test_one_replicate_is_the_same_on_any_number_of_threads(monkeypatch, bias):
    """To the last bit, with half of the neurons on and with few of them."""
    runs = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(numba, "get_num_threads", lambda threads=threads: threads)
        runs.append(train(MODEL, steps=30, batch=50, initial_bias=bias, seed=4))
    for run in runs[1:]:
        for name in runs[0]:
            np.testing.assert_array_equal(run[name], runs[0][name])


@pytest.mark.parametrize(("threads", "workers", "expected"), [(1, 1, 1), (3, 1, 3), (3, 2, 1), (2, 5, 1)])
def test_jobs_are_shared_out_among_threads_that_are_left_over(monkeypatch, threads, workers, expected):
    monkeypatch.setattr(numba, "get_num_threads", lambda: threads)
    meeting, found = threading.Barrier(expected), []

    def job() -> None:
        meeting.wait(timeout=60)
        found.append(threading.current_thread())

    with Team() as team:
        team.helpers(workers)([job] * 6)
    assert len(found) == 6
    assert len(set(found)) == expected


def test_an_error_in_a_helper_is_raised(monkeypatch):
    monkeypatch.setattr(numba, "get_num_threads", lambda: 2)

    def fail() -> None:
        raise MemoryError("no room")

    with Team() as team, pytest.raises(MemoryError, match="no room"):
        team.helpers(1)([lambda: None, fail])
