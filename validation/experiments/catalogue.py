"""All experiments, by subject, in the order in which they are shown."""

import difflib
from collections.abc import Sequence

from theory.arguments import ArgumentError
from validation.experiments.co_occurrence import co_occurrence, correlated_pairs, cure_by_splitting
from validation.experiments.experiment import Experiment
from validation.experiments.interference import winner_decided
from validation.experiments.sparsification import (
    decay,
    final_weight,
    late_law,
    norm_relaxation,
    time_law,
    winner,
)

MODULES = (
    norm_relaxation,
    decay,
    late_law,
    time_law,
    winner,
    final_weight,
    winner_decided,
    co_occurrence,
    correlated_pairs,
    cure_by_splitting,
)

EXPERIMENTS: tuple[Experiment, ...] = tuple(
    experiment for module in MODULES for experiment in module.EXPERIMENTS
)


def find(name: str, among: Sequence[Experiment] = EXPERIMENTS, argument: str = "name") -> Experiment:
    """Return the experiment of that name.

    Raises
    ------
    ValueError
        If there is none; the message says which names are near.
    """
    known = {experiment.name: experiment for experiment in among}
    if name not in known:
        near = difflib.get_close_matches(str(name), known)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; --list shows all"
        raise ArgumentError(f"{argument} must be one of the {len(known)} known ones, got {name!r}{hint}")
    return known[name]
