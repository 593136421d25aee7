"""Running tasks side by side: on worker processes of this machine, or on anything with ``.submit``.

A task that fails is told apart from one that succeeds, and the others go on. A worker that dies takes down
its pool: the pool is opened again, and what was under way is tried again, one task at a time, so that only
the task which kills its worker fails.
"""

import os
import pickle
import queue
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator
from concurrent.futures import BrokenExecutor, Future
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import loky
import numba
from loky.backend import get_context

from sim import progress
from sim.machine.blas import one_thread
from theory.common import arguments

T = TypeVar("T")

QUEUED = 1000  # tasks that are with an executor of someone else's at a time: enough for hundreds of workers
DEATHS = 2  # of a worker that ran nothing else, after which a task is given up
GLANCE = 0.5  # seconds between looks for tasks that take too long


class Executor(Protocol):
    """What runs tasks: of `concurrent.futures`, of Dask, or one of ours."""

    def submit(self, call: Callable[..., Any], /, *args: Any) -> Any:
        """Return a future."""
        ...


@dataclass(frozen=True)
class Failure:
    """Why a task has no result, in one line, and the error behind it."""

    cause: str
    error: BaseException


class Pool:
    """Worker processes on this machine, one thread each.

    Parameters
    ----------
    workers : int, optional
        How many, by default one for each core.
    timeout : float, optional
        Seconds after which a task is given up and its worker stopped.
    """

    def __init__(self, workers: int | None = None, timeout: float | None = None) -> None:
        cores = loky.cpu_count()
        self.workers = cores if workers is None else arguments.whole("workers", workers, least=1)
        self.timeout = None if timeout is None else arguments.real("timeout", timeout, above=0)
        self._open()

    def submit(self, call: Callable[..., Any], /, *args: Any) -> Future:
        """Run a call in a worker."""
        with _deaf():  # as what is started here will be: workers
            return self._pool.submit(call, *args)

    def restart(self) -> None:
        """Stop all workers, whatever they do, and begin with new ones."""
        self.close()
        self._open()

    def close(self) -> None:
        """Stop all workers."""
        self._pool.shutdown(wait=True, kill_workers=True)

    def _open(self) -> None:
        started = get_context().Semaphore(0)
        given = (os.getpid(), started)
        self._pool = loky.ProcessPoolExecutor(self.workers, initializer=_ready, initargs=given)
        if self.timeout is not None:  # which is not for workers to start
            first = self.submit(os.getpid)
            for _ in range(self.workers):
                while not started.acquire(timeout=GLANCE):
                    if first.done() and first.exception():
                        return  # which the first task will say


class Here:
    """Runs tasks one after another in this process, where they share what is cached."""

    def submit(self, call: Callable[..., Any], /, *args: Any) -> Future:
        """Run a call at once."""
        future: Future = Future()
        try:
            future.set_result(call(*args))
        except SystemError:  # so Numba calls Ctrl-C in a kernel
            raise
        except Exception as error:
            future.set_exception(error)
        return future


def completed(
    call: Callable[[T], Any], tasks: Iterable[T], executor: Executor
) -> Generator[tuple[T, Any | Failure], None, None]:
    """Yield tasks with what a call returns of them, or why it failed, as they are completed.

    Parameters
    ----------
    call : callable
        Takes a task.
    tasks : iterable
        What is worked through; read no further than there is work for executors.
    executor : Executor
    """
    if not isinstance(executor, Here):
        call = Alone(call)
    yield from _Run(call, tasks, executor).completed()


@dataclass(frozen=True)
class Alone(Generic[T]):
    """A call on one thread, as is right where each core has a task of its own."""

    call: Callable[[T], Any]

    def __call__(self, task: T) -> Any:
        """Call it."""
        before = numba.get_num_threads()
        numba.set_num_threads(1)
        try:
            with one_thread():
                return self.call(task)
        except Exception as error:
            raise _portable(error) from None
        finally:
            numba.set_num_threads(before)


@dataclass
class _Task(Generic[T]):
    """A task on its way."""

    given: T
    begun: float = 0.0
    deaths: int = 0  # of workers that had nothing else to do


class _Run(Generic[T]):
    """Tasks on their way."""

    def __init__(self, call: Callable[[T], Any], tasks: Iterable[T], executor: Executor) -> None:
        self.call, self.executor = call, executor
        self.waiting = map(_Task, tasks)
        self.suspects: deque[_Task[T]] = deque()  # one of which may have killed its worker
        self.alone = False  # whether one of them is under way, and nothing else
        self.running: dict[Any, _Task[T]] = {}  # by future
        self.ready: queue.SimpleQueue = queue.SimpleQueue()
        self.width = {Pool: getattr(executor, "workers", 1), Here: 1}.get(type(executor), QUEUED)

    def completed(self) -> Iterator[tuple[T, Any | Failure]]:
        try:
            while self._fill():
                with suppress(queue.Empty):
                    future = self.ready.get(timeout=GLANCE)
                    if future in self.running:  # else of a pool that is closed
                        yield from self._outcome(future)
                yield from self._overdue()
        finally:
            for future in self.running:
                future.cancel()

    def _fill(self) -> bool:
        """Give the executor what it has room for, and say whether anything is under way."""
        while len(self.running) < (1 if self.suspects or self.alone else self.width):
            self.alone = bool(self.suspects)
            task = self.suspects.popleft() if self.suspects else next(self.waiting, None)
            if task is None:
                break
            try:
                future = self.executor.submit(self.call, task.given)
            except BrokenExecutor as error:
                self.suspects.appendleft(task)
                self._restart(error)
                continue
            task.begun = time.monotonic()
            self.running[future] = task
            future.add_done_callback(self.ready.put)
        return bool(self.running)

    def _outcome(self, future: Any) -> Iterator[tuple[T, Any | Failure]]:
        task, error = self.running[future], future.exception()
        if isinstance(error, BrokenExecutor):
            task.deaths += len(self.running) == 1
            if task.deaths == DEATHS:
                del self.running[future]
                yield task.given, Failure("its worker died: killed, or out of memory", error)
            self._restart(error)
            return
        del self.running[future]
        self.alone = False
        yield task.given, future.result() if error is None else Failure(line(error), error)

    def _restart(self, error: BaseException) -> None:
        """Open the pool again and put aside what was under way."""
        if not isinstance(self.executor, Pool):
            raise error
        self.suspects.extend(self.running.values())
        self.running.clear()
        self.alone = False
        self.executor.restart()

    def _overdue(self) -> Iterator[tuple[T, Any | Failure]]:
        """Give up what takes too long."""
        limit = getattr(self.executor, "timeout", None)
        late = [f for f, task in self.running.items() if limit and time.monotonic() - task.begun > limit]
        for future in late:
            error = TimeoutError(f"took longer than {limit:g} s")
            yield self.running.pop(future).given, Failure(str(error), error)
        if late:
            self._restart(error)


def _portable(error: Exception) -> Exception:
    """Return an error that comes through to another process: what cannot be pickled breaks a pool."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:
        return RuntimeError(line(error))
    return error


@contextmanager
def _deaf() -> Iterator[None]:
    """Put off Ctrl-C in this thread, and for good in processes and threads that it starts."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def line(error: BaseException) -> str:
    """Return an error in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")


def _ready(parent: int, started: Any) -> None:
    """Prepare a worker: Ctrl-C and the display are for the main process, without which it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    progress.silence()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
    started.release()
