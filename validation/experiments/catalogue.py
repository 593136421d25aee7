"""All experiments, by subject: what the files in the folders beside this one declare."""

import difflib
import importlib
import pkgutil
from collections.abc import Iterator, Sequence

from rich import box
from rich.table import Table

from theory.common import arguments
from theory.common.arguments import ArgumentError
from validation.experiments.experiment import Experiment

SUBJECTS = (
    "sparsification",
    "interference",
    "flow",
    "collisions",
    "winners",
    "noise",
    "co_occurrence",
    "superposition",
    "two_layer",
    "dictionaries",
)


def _declared() -> Iterator[Experiment]:
    """Yield the `EXPERIMENTS` of all files of a subject, which come by name; helpers have none."""
    for subject in SUBJECTS:
        folder = importlib.import_module(f"validation.experiments.{subject}")
        for _, name, _ in pkgutil.iter_modules(folder.__path__, f"{folder.__name__}."):
            yield from getattr(importlib.import_module(name), "EXPERIMENTS", ())


EXPERIMENTS = tuple(_declared())


def find(name: str, among: Sequence[Experiment] = EXPERIMENTS, argument: str = "name") -> Experiment:
    """Return the experiment of that name; a ValueError, if there is none, says which names are near."""
    arguments.instance(argument, name, str)
    known = {experiment.name: experiment for experiment in among}
    if name not in known:
        near = difflib.get_close_matches(str(name), known)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; --list shows all"
        raise ArgumentError(
            f"{argument} must be one of the {len(known)} known ones, got {arguments.shown(name)}{hint}"
        )
    return known[name]


def listing(experiments: Sequence[Experiment]) -> Table:
    """Return experiments as a table for the terminal."""
    drawn = Table(box=box.SIMPLE_HEAD)
    drawn.add_column("name", no_wrap=True)
    drawn.add_column("theory", no_wrap=True)
    drawn.add_column("question or claim", ratio=1)
    drawn.add_column("source")
    for experiment in experiments:
        theory = ("rough" if experiment.rough else "agrees") if experiment.predicts else ""
        slow = ", --full" if theory and experiment.answer else ""
        drawn.add_row(experiment.name, f"{theory}{slow}", experiment.question, experiment.source)
    return drawn
