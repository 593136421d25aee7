"""Dask as what runs a sweep: a cluster that is there, or one of processes of this machine."""

import logging
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sim import progress
from theory.common import arguments
from theory.common.arguments import ArgumentError

PATIENCE = 10  # seconds until a scheduler that does not answer is given up


@contextmanager
def connected(scheduler: str) -> Iterator[Any]:
    """Give a client of a scheduler, and leave it in the end.

    Parameters
    ----------
    scheduler : str
        Its address, ``tcp://host:port``.

    Raises
    ------
    ValueError
        If nothing answers there, or Dask is not installed.
    """
    distributed = _dask("scheduler")
    wanted = f"scheduler must be the address of one of Dask, such as tcp://host:8786, got {scheduler!r:.80}"
    if "://" not in scheduler:
        raise ArgumentError(wanted)
    with _silent():
        try:
            client = distributed.Client(scheduler, timeout=PATIENCE, set_as_default=False)
        except (OSError, ValueError) as error:  # of which the last cause says it best
            reason = " ".join(str(error.__cause__ or error).split())
            raise ArgumentError(f"{wanted}: {reason:.150}") from None
        with client:
            client.register_plugin(_plugin(distributed, ours=False))
            yield client


@contextmanager
def local(workers: int | None) -> Iterator[Any]:
    """Give a client of a cluster of worker processes with one thread each, and end both in the end.

    Raises
    ------
    TypeError, ValueError
        If `workers` is no number of them, or Dask is not installed.
    """
    distributed = _dask("cluster")
    number = None if workers is None else arguments.whole("workers", workers, least=1)
    options = {"threads_per_worker": 1, "processes": True, "dashboard_address": None}
    with (
        _silent(),
        distributed.LocalCluster(n_workers=number, silence_logs=logging.CRITICAL, **options) as cluster,
        distributed.Client(cluster, set_as_default=False) as client,
    ):
        client.register_plugin(_plugin(distributed, ours=True))
        yield client


def threads(client: Any) -> int:
    """Return how many runs a cluster makes at a time, at least 1: it may be waiting for workers."""
    return max(1, sum(client.nthreads().values()))


def _dask(option: str) -> Any:
    try:
        import distributed
    except ImportError:
        raise ArgumentError(
            f"{option} must be left out: it needs Dask, pip install polysem[cluster]"
        ) from None
    return distributed


def _plugin(distributed: Any, ours: bool) -> Any:
    """Return what prepares workers, those too that come later: progress, and Ctrl-C, are shown by us."""

    class Prepare(distributed.WorkerPlugin):
        def setup(self, worker: Any) -> None:
            progress.silence()
            if ours and threading.current_thread() is threading.main_thread():
                signal.signal(signal.SIGINT, signal.SIG_IGN)  # a terminal gives it to them, too

    return Prepare()


@contextmanager
def _silent() -> Iterator[None]:
    """Keep Dask from telling of workers that come and go: what is lost is run again."""
    logger = logging.getLogger("distributed")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
