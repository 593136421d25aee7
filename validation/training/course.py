"""A training run on its way, of whatever model: what is recorded, Ctrl-C, and checkpoints to go on from."""

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

import numpy as np

from sim.progress import track
from theory.common import signals
from theory.common.arguments import ArgumentError
from validation.training import checkpoints
from validation.training.backend import Array, to_numpy
from validation.training.blocks import Team
from validation.training.settings import Run

RECORDS = 30
SPANS = 100
CHECKPOINT_SECONDS = 60.0

Record = dict[str, np.ndarray]  # by name, the first axis that of replicates


class Trainer(Protocol):
    """What does the steps: `validation.training.blocks`, or `validation.training.parts`."""

    @property
    def steps(self) -> int:
        """Number of steps done."""

    @property
    def parameters(self) -> Mapping[str, Array]:
        """What is trained, by name, each with a first axis of replicates."""

    def advance(self, steps: int, team: Team) -> bool:
        """Do `steps` steps and say whether Ctrl-C asked to stop meanwhile."""

    def state(self) -> Mapping[str, Array]:
        """Return what else the next steps depend on, by name."""

    def resume(self, parameters: Mapping[str, Array], state: Mapping[str, Array], steps: int) -> None:
        """Go on from there, after so many steps."""


def spaced(steps: int) -> np.ndarray:
    """Return the steps that are recorded by default: 0, the last, and between them like a logarithm."""
    return np.unique(np.append(0, np.geomspace(1, steps, RECORDS).round().astype(int)))


class Course:
    """A run on its way.

    Parameters
    ----------
    run : Run
        The settings.
    trainer : Trainer
        What does the steps.
    measure : callable
        Takes the parameters and the step, and returns what is recorded, by name, each with a first axis of
        replicates; where it is not finite, training diverges.
    recorded : ndarray of int
        Increasing steps that are recorded; 0 and the last one are among them.
    """

    def __init__(
        self,
        run: Run,
        trainer: Trainer,
        measure: Callable[[Mapping[str, Array], int], Record],
        recorded: np.ndarray,
    ) -> None:
        self.run, self.trainer, self.measure, self.recorded = run, trainer, measure, recorded
        self.stops = np.union1d(recorded, np.linspace(0, run.steps, SPANS + 1).astype(int))
        self.records: list[Record] = []

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The parameters as they are, by name."""
        return {name: to_numpy(array) for name, array in self.trainer.parameters.items()}

    def columns(self) -> Record:
        """Return what was recorded, by name, along (replicate, record, ...)."""
        return {name: np.stack([r[name] for r in self.records], axis=1) for name in self.records[0]}

    def clock(self, times: np.ndarray | None = None) -> tuple[str, dict[str, Any]]:
        """Return the dimension of what was recorded, and its coordinates: flow times if any, or steps."""
        steps = self.recorded[: len(self.records)]
        if times is None:
            return "step", {"step": steps}
        return "time", {"time": times, "step": ("time", steps)}

    def follow(
        self,
        checkpoint: str | os.PathLike | None,
        parameters: Mapping[str, Any],
        start: Mapping[str, np.ndarray],
    ) -> bool:
        """Train to the end, or from and to a checkpoint, and say whether training was interrupted.

        Parameters
        ----------
        checkpoint : path or None
            Without it, Ctrl-C is raised.
        parameters : mapping
            Those of the model, which with the run and where it starts say what a checkpoint belongs to.
        start : mapping
            Initial parameters.
        """
        if checkpoint is None:
            if any(self.advance()):
                raise KeyboardInterrupt
            return False
        this = {"model": dict(parameters), **self.run.written(), "initial": _digest(start)}
        if (saved := checkpoints.load(Path(checkpoint), this)) is not None:
            self.resume(saved)
        try:
            with signals.held() as waiting:  # those that end the process do so once the file is written
                due = monotonic() + CHECKPOINT_SECONDS
                for interrupted in self.advance():
                    stopped = interrupted or bool(waiting)
                    if stopped or monotonic() > due:
                        checkpoints.save(checkpoint, self.arrays(), this)
                        due = monotonic() + CHECKPOINT_SECONDS
                    if stopped:
                        return True
                checkpoints.save(checkpoint, self.arrays(), this)
        except KeyboardInterrupt:
            if not Path(checkpoint).exists():
                raise
            return True
        return False

    def advance(self) -> Iterator[bool]:
        """Train to the end, and after each span say whether Ctrl-C asked to stop."""
        if not self.records:
            self.record()
        stops = self.stops[self.stops >= self.trainer.steps].tolist()
        with Team() as team:
            for before, stop in track(list(pairwise(stops)), f"training ({self.run.written()['optimizer']})"):
                interrupted = self.trainer.advance(stop - before, team)
                if stop in self.recorded:
                    self.record()
                yield interrupted

    def record(self) -> None:
        """Record the parameters as they are."""
        with np.errstate(over="ignore", invalid="ignore"):
            self.records.append(self.measure(self.trainer.parameters, self.trainer.steps))
        if not all(np.isfinite(values).all() for values in self.records[-1].values()):
            raise ArgumentError(
                f"learning_rate must be smaller: training diverges at {self.run.learning_rate:g}"
            )

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all that training needs to go on."""
        arrays = self.parameters | {"steps": np.array([self.trainer.steps])}
        arrays |= {f"state.{name}": to_numpy(array) for name, array in self.trainer.state().items()}
        for name in self.records[0]:
            arrays[f"record.{name}"] = np.stack([record[name] for record in self.records])
        return arrays

    def resume(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from there.

        Raises
        ------
        ValueError
            If this is not what such a run would have had there.
        """
        self.record()
        if unfit := self._unfit(arrays, self.arrays()):
            raise ArgumentError(f"checkpoint must hold what this run would have there, got another {unfit}")
        state, columns = (
            {k.removeprefix(kind): a for k, a in arrays.items() if k.startswith(kind)}
            for kind in ("state.", "record.")
        )
        self.trainer.resume({name: arrays[name] for name in self.parameters}, state, int(arrays["steps"][0]))
        (length,) = {len(column) for column in columns.values()}
        self.records = [{name: column[k] for name, column in columns.items()} for k in range(length)]

    def _unfit(self, arrays: Mapping[str, np.ndarray], like: Mapping[str, np.ndarray]) -> str | None:
        """Return the name of an array that is not like that of the run, but for the number of records."""
        steps = arrays.get("steps", np.array([]))
        if steps.shape != (1,) or not np.isin(steps, self.stops):
            return "steps"
        for name in sorted(arrays.keys() | like.keys()):
            found, wanted = arrays.get(name), like.get(name)
            if found is None or wanted is None or found.dtype != wanted.dtype or np.isnan(found).any():
                return name
            records = (self.recorded <= steps).sum()
            if found.shape != ((records, *wanted.shape[1:]) if name.startswith("record.") else wanted.shape):
                return name
        return None


def _digest(start: Mapping[str, np.ndarray]) -> str:
    """Return what tells initial parameters apart."""
    digest = hashlib.sha256()
    for array in start.values():
        digest.update(array.tobytes())
    return digest.hexdigest()
