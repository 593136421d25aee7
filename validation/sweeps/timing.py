"""What a sweep will take, by a few runs that are timed before it begins."""

import statistics
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple

import xarray as xr

from validation.sweeps.engine import Executor, Failure, completed
from validation.sweeps.failing import SweepError
from validation.sweeps.points import Points
from validation.sweeps.units import Measuring, Unit

WORTH = 2.0  # seconds of a unit of work, beside which writing it is nothing, and which may be lost
LEAST = 0.1  # seconds of one, if there are so few that workers would wait long for the last one
SEVERAL = 32  # units, beside which the last one is little
TIMED = 2  # runs of a point that are timed; the first one may have to load kernels
BLOCK = 4096  # bytes of a disk that a file takes at least


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


class FirstRuns:
    """Runs of the first, the middle and the last point, made once when they are asked for.

    Parameters
    ----------
    call : Measuring
    points : Points
    replicates : int or None
        As of the sweep.
    executor : Executor
    """

    def __init__(self, call: Measuring, points: Points, replicates: int | None, executor: Executor) -> None:
        self.call, self.points, self.executor = call, points, executor
        self.number = min(TIMED, replicates or 1)  # at each point
        self.made: list[Timed] = []

    def timed(self) -> list[Timed]:
        """Return the last ones at each point.

        Raises
        ------
        SweepError
            If all of them fail.
        """
        if not self.made:
            self._make()
        return [one for one in self.made if one.unit.first == self.number - 1]

    def seconds(self) -> float:
        """Return how long a run takes."""
        return statistics.mean(one.seconds for one in self.timed())

    def batch(self, replicates: int) -> int:
        """Return how many replicates are worth a unit of work."""
        seconds = max(self.seconds(), 1e-9)
        worth = min(WORTH, max(LEAST, self.points.size * replicates * seconds / SEVERAL))
        return max(1, min(replicates, round(worth / seconds)))

    def _make(self) -> None:
        middle = tuple(size // 2 for size in self.points.shape)
        last = tuple(size - 1 for size in self.points.shape)
        places = dict.fromkeys(((0,) * len(last), middle, last))
        units = [
            [Unit((*place, k), self.points.at(place), k, k + 1) for k in range(self.number)]
            for place in places
        ]
        failures: list[tuple[Unit, Failure]] = []
        for some, outcome in completed(partial(_each, self.call), units, self.executor):
            if isinstance(outcome, Failure):
                failures.append((some[0], outcome))
            else:
                self.made += [Timed(unit, *one) for unit, one in zip(some, outcome, strict=True)]
        if not self.made:
            raise SweepError(failures, len(units)) from failures[0][1].error


def estimate(missing: list[Unit], seconds: float, timed: list[Timed]) -> Estimate:
    """Return what units take, each of whose runs takes so many seconds, by what timed ones gave."""
    runs = sum(unit.stop - unit.first for unit in missing)
    variables = len(timed[0].result.data_vars) if timed else 0
    size = statistics.mean(one.result.nbytes for one in timed) if timed else 0.0
    files = (1 + max(1, variables)) * BLOCK * len(missing)  # the ledger's is one of them
    return Estimate(runs, len(missing), runs * seconds, files + int(size * runs))


def _each(call: Measuring, units: list[Unit]) -> list[tuple[xr.Dataset, float]]:
    return [call(unit) for unit in units]
