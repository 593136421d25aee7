"""The sweep: one measurement over a grid of settings, on all cores or on a cluster, kept on disk."""

import inspect
import itertools
import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import xarray as xr

from sim.progress import track
from theory.common import arguments
from theory.common.arguments import ArgumentTypeError
from validation.sweeps import opening, provenance, results, timing
from validation.sweeps.engine import Executor, Failure, Pool, completed
from validation.sweeps.failing import Interrupted, SweepError
from validation.sweeps.layout import Layout
from validation.sweeps.ledger import DONE, SECONDS
from validation.sweeps.points import Point, points
from validation.sweeps.timing import Estimate, FirstRuns
from validation.sweeps.units import Measure, Measuring, Unit

LOADED = 2**26  # bytes of results up to which they are returned in memory


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
        Replicates in a unit of work of a new store, by default as many as take about two seconds, or less if
        the sweep is short. What is measured does not depend on it.
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
        self.first = FirstRuns(self.call, self.points, self.replicates, executor)

    def estimate(self) -> Estimate:
        """Say what the sweep will take, from a few timed runs, or from those in the store.

        Raises
        ------
        SweepError
            If all of these runs fail.
        """
        held = opening.peek(self.store, self._layout())
        missing = list(held.missing(self.points, self.replicates))
        done, seconds = (held.ledger[..., k].sum() for k in (DONE, SECONDS))
        if done:
            return timing.estimate(missing, float(seconds / done), [])
        return timing.estimate(missing, self.first.seconds(), self.first.timed())

    def run(self) -> None:
        """Run what is missing.

        Raises
        ------
        SweepError, KeyboardInterrupt
            See `sweep`.
        """
        failures: list[tuple[Unit, Failure]] = []
        with opening.opened(self.store, self._layout()) as opened:
            if opened.layout.batch == 1:
                for unit, result, seconds in self.first.made:
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
        held = opening.peek(self.store, self._layout())
        return results.dataset(held, self.points, self.replicates)

    def parts(self) -> list[tuple[Point, xr.Dataset, float]]:
        """Return point by point what is done of a sweep without replicates, and in how many seconds."""
        store = opening.peek(self.store, self._layout())
        missing = {unit.place[:-1] for unit in store.missing(self.points, None)}
        places = [
            place
            for place in itertools.product(*store.layout.points.places(self.points))
            if place not in missing
        ]
        seconds = (float(store.ledger[(*place, 0, SECONDS)]) for place in places)
        return list(
            zip(map(store.layout.points.at, places), results.parts(store, places), seconds, strict=True)
        )

    def remove(self) -> None:
        """Delete the store, if there is one.

        Raises
        ------
        ValueError
            If it holds another sweep.
        """
        if opening.exists(self.store):
            opening.peek(self.store, self._layout())
            opening.remove(self.store)

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
        """Return how many replicates are a unit of work; where there is a store, it says that."""
        if self._batch is None:
            known = self.replicates in (None, 1) or opening.exists(self.store)
            self._batch = 1 if known else self.first.batch(self.replicates or 1)
        return self._batch


def _check_takes(measure: Any, names: Mapping[str, Any]) -> None:
    wanted = f"measure must be a function of seed, {', '.join(names)}"
    if not callable(measure):
        raise ArgumentTypeError(f"{wanted}, got {measure!r:.80}")
    try:
        inspect.signature(measure).bind(seed=0, **names)
    except TypeError as error:
        raise ArgumentTypeError(f"{wanted}: {error}") from None
