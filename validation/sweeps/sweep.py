"""The sweep: one measurement over a grid of settings, on all cores or on a cluster, kept on disk."""

import inspect
import itertools
import os
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import xarray as xr

from sim.progress import track
from theory.common import arguments
from theory.common.arguments import ArgumentTypeError
from validation.sweeps import provenance, store as stores
from validation.sweeps.engine import Executor, Failure, Pool, completed
from validation.sweeps.layout import Layout
from validation.sweeps.points import Point, points
from validation.sweeps.units import Measure, Measuring, Unit

WORTH = 2.0  # seconds of a unit of work, beside which writing it is nothing, and which may be lost
TIMED = 2  # runs of a point that are timed; the first one may have to load kernels
LOADED = 2**26  # bytes of results up to which they are returned in memory
BLOCK = 4096  # bytes of a disk that a file takes at least


class SweepError(RuntimeError):
    """Some units of a sweep failed; the message says how many and why, the store has all others.

    Attributes
    ----------
    failures : list of (Unit, Failure)
    total : int
        Units that were to be done.
    """

    def __init__(self, failures: list[tuple[Unit, Failure]], total: int) -> None:
        self.failures, self.total = failures, total
        unit, failure = failures[0]
        at = ", ".join(f"{name} = {value}" for name, value in unit.point.items())
        runs = f"replicate {unit.first}" + (f" to {unit.stop - 1}" if unit.stop - unit.first > 1 else "")
        super().__init__(
            f"{len(failures)} of {total} units of work failed, the others are kept; "
            f"at {at}, {runs}: {failure.cause}"
        )


class Interrupted(KeyboardInterrupt):
    """A sweep was interrupted; the store has what was finished.

    Attributes
    ----------
    left, total : int
        Units of work that are left, and that were to be done.
    """

    def __init__(self, left: int, total: int) -> None:
        self.left, self.total = left, total
        super().__init__(f"{left} of {total} units of work left")


@dataclass(frozen=True)
class Estimate:
    """What a sweep is expected to take.

    Parameters
    ----------
    runs : int
        That are left.
    units : int
        Of work, in which they are done.
    seconds : float
        On one worker.
    size : int
        Bytes on disk, of the whole.
    """

    runs: int
    units: int
    seconds: float
    size: int


class Timed(NamedTuple):
    """A unit of one run that was timed, and what it gave."""

    unit: Unit
    result: xr.Dataset
    seconds: float


def sweep(
    measure: Measure,
    grid: Mapping[str, Any] | Sequence[Point],
    replicates: int | None = 1,
    seed: int = 0,
    store: str | os.PathLike | None = None,
    executor: Executor | None = None,
) -> xr.Dataset:
    """Measure at every point of a grid, several times each, and keep the results on disk.

    Parameters
    ----------
    measure : callable
        ``measure(seed=…, **point)`` returns numbers by name, or a Dataset of them. `seed` is a whole number,
        made from the seed of the sweep, the point, and the replicate alone.
    grid : mapping or sequence of mappings
        By name the values of a setting, whose combinations are the points; or the points one by one. Values
        are numbers, truth values or text.
    replicates : int or None
        Runs at each point. None if a measurement makes replicates of its own: then there is one run, and
        what it returns may have a dimension ``replicate``.
    seed : int
        Of the sweep, at least 0.
    store : path, optional
        Folder that keeps the results (Zarr), made if need be. Whatever stopped a sweep, the same call goes
        on, and runs only what is missing; points and replicates may be added to the call.
    executor : Pool, Here, or anything with ``submit``, optional
        Where runs are made, by default a `Pool` of worker processes, one for each core. An executor of
        `concurrent.futures` and a client of Dask will do.

    Returns
    -------
    Dataset
        Over the grid, or over ``setting`` if points are listed, and ``replicate``. Attributes: ``measure``,
        ``seed``, ``code`` (hash of the measuring code), ``versions``, ``platform``. Above 64 MiB it is read
        from the store when used.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, or the store holds another sweep or is in use.
    SweepError
        If runs fail, once all others are done. The same call tries them again.
    KeyboardInterrupt
        If interrupted: the store has what was finished.

    Examples
    --------
    >>> def measure(seed, n):
    ...     return {"square": n * n}
    >>> sweep(measure, {"n": [1, 2, 3]}).square.values[:, 0].tolist()
    [1, 4, 9]
    """
    with using(executor) as running, tempfile.TemporaryDirectory() as scratch:
        planned = Sweep(measure, grid, replicates, seed, scratch if store is None else store, running)
        planned.run()
        result = planned.dataset()
        return result.load() if store is None or result.nbytes <= LOADED else result


@contextmanager
def using(executor: Executor | None) -> Iterator[Executor]:
    """Give an executor, by default a pool of worker processes that is closed in the end."""
    if executor is not None:
        if not callable(getattr(executor, "submit", None)):
            raise ArgumentTypeError(f"executor must have a method submit, got {executor!r:.80}")
        yield executor
        return
    pool = Pool()
    try:
        yield pool
    finally:
        pool.close()


class Sweep:
    """A sweep that is checked, can say what it will take, and can be run.

    Parameters
    ----------
    measure, grid, replicates, seed, store, executor
        As in `sweep`; a store and an executor are needed.
    batch : int, optional
        Replicates in a unit of work of a new store, by default as many as take about two seconds.
    """

    def __init__(
        self,
        measure: Measure,
        grid: Mapping[str, Any] | Sequence[Point],
        replicates: int | None,
        seed: int,
        store: str | os.PathLike,
        executor: Executor,
        batch: int | None = None,
    ) -> None:
        self.points = points(grid)
        self.replicates = None if replicates is None else arguments.whole("replicates", replicates, least=1)
        self.seed = arguments.whole("seed", seed)
        _check_takes(measure, self.points.axes)
        self.call = Measuring(measure, self.seed, self.replicates is not None)
        self.measure, self.store, self.executor = measure, Path(store), executor
        self._batch = None if batch is None else arguments.whole("batch", batch, least=1)
        self._timed: list[Timed] = []

    def estimate(self) -> Estimate:
        """Say what the sweep will take, from a few timed runs, or from those in the store.

        Raises
        ------
        SweepError
            If all of these runs fail.
        """
        missing, before = self._missing()
        runs = sum(unit.stop - unit.first for unit in missing)
        timed = [] if before else self._time()
        seconds = before or statistics.mean(one.seconds for one in timed)
        arrays, names = (
            [one.result.nbytes for one in timed] or [0],
            [1, *(timed and timed[0].result.data_vars)],
        )
        size = len(names) * BLOCK * len(missing) + int(statistics.mean(arrays) * runs)
        return Estimate(runs, len(missing), runs * seconds, size)

    def run(self) -> None:
        """Run what is missing.

        Raises
        ------
        SweepError, KeyboardInterrupt
            See `sweep`.
        """
        failures: list[tuple[Unit, Failure]] = []
        with stores.opened(self.store, self._layout()) as opened:
            if opened.layout.batch == 1:
                for unit, result, seconds in self._timed:
                    opened.write(opened.own(unit, self.points), result, seconds)
            total = sum(1 for _ in opened.missing(self.points, self.replicates))
            missing, left = opened.missing(self.points, self.replicates), total
            try:
                with closing(completed(self.call, missing, self.executor)) as outcomes:
                    for unit, outcome in track(outcomes, "sweep", total=total):
                        if isinstance(outcome, Failure):
                            failures.append((unit, outcome))
                        else:
                            opened.write(unit, *outcome)
                            left -= 1
            except KeyboardInterrupt:
                raise Interrupted(left, total) from None
            if failures:
                raise SweepError(failures, total) from failures[0][1].error

    def dataset(self) -> xr.Dataset:
        """Return the results, as `sweep` does; NaN where nothing is done."""
        return stores.peek(self.store, self._layout()).dataset(self.points, self.replicates)

    def parts(self) -> list[tuple[Point, xr.Dataset, float]]:
        """Return point by point what is done of a sweep without replicates, and in how many seconds."""
        store = stores.peek(self.store, self._layout())
        missing = {unit.place[:-1] for unit in store.missing(self.points, None)}
        places = itertools.product(*store.layout.points.places(self.points))
        return [
            (
                store.layout.points.at(place),
                store.part(place),
                float(store.ledger[(*place, 0, stores.SECONDS)]),
            )
            for place in places
            if place not in missing
        ]

    def _missing(self) -> tuple[list[Unit], float]:
        """Return what is to be done, and the seconds of a run that is done, 0 if none is."""
        opened = stores.peek(self.store, self._layout())
        done, seconds = (opened.ledger[..., k].sum() for k in (stores.DONE, stores.SECONDS))
        return list(opened.missing(self.points, self.replicates)), float(seconds / max(1, done))

    def _layout(self) -> Layout:
        """Return what is wanted of a store."""
        return Layout(
            self.points,
            self.replicates,
            self._size_of_batch(),
            self.seed,
            provenance.name(self.measure),
            (provenance.maker(self.measure),),
        )

    def _size_of_batch(self) -> int:
        """Return how many replicates are worth a unit of work."""
        if self._batch is None:
            known = self.replicates in (None, 1) or stores.exists(self.store)
            seconds = WORTH if known else statistics.mean(one.seconds for one in self._time())
            self._batch = max(1, min(self.replicates or 1, round(WORTH / max(seconds, 1e-9))))
        return self._batch

    def _time(self) -> list[Timed]:
        """Return runs of the first, the middle and the last point, the last of which at each are timed."""
        if not self._timed:
            middle = tuple(size // 2 for size in self.points.shape)
            last = tuple(size - 1 for size in self.points.shape)
            places = dict.fromkeys(((0,) * len(last), middle, last))
            runs = min(TIMED, self.replicates or 1)
            units = [
                [Unit((*place, k), self.points.at(place), k, k + 1) for k in range(runs)] for place in places
            ]
            failures: list[tuple[Unit, Failure]] = []
            for some, outcome in completed(partial(_each, self.call), units, self.executor):
                if isinstance(outcome, Failure):
                    failures.append((some[0], outcome))
                else:
                    self._timed += [Timed(unit, *one) for unit, one in zip(some, outcome, strict=True)]
            if not self._timed:
                raise SweepError(failures, len(units)) from failures[0][1].error
        return [one for one in self._timed if one.unit.first == min(TIMED, self.replicates or 1) - 1]


def _each(call: Measuring, units: list[Unit]) -> list[tuple[xr.Dataset, float]]:
    return [call(unit) for unit in units]


def _check_takes(measure: Any, names: Mapping[str, Any]) -> None:
    wanted = f"measure must be a function of seed, {', '.join(names)}"
    if not callable(measure):
        raise ArgumentTypeError(f"{wanted}, got {measure!r:.80}")
    try:
        inspect.signature(measure).bind(seed=0, **names)
    except TypeError as error:
        raise ArgumentTypeError(f"{wanted}: {error}") from None
