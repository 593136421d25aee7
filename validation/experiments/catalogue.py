"""All experiments, by subject, in the order in which they are shown."""

import difflib
from collections.abc import Sequence

from rich import box
from rich.table import Table

from theory.common import arguments
from theory.common.arguments import ArgumentError
from validation.experiments.co_occurrence import co_occurrence, correlated_pairs, cure_by_splitting
from validation.experiments.collisions import (
    benign_collision,
    collision_course,
    collision_switches,
    counts,
    incidental_or_necessary,
    malign_collision,
    polysemantic_neurons,
    quarter_constant,
)
from validation.experiments.experiment import Experiment
from validation.experiments.flow import energy, l1_to_zero, training_follows_flow, zeros_stay
from validation.experiments.interference import (
    initial_and_final,
    initial_interference,
    inner_products,
    rebirth,
    rebirths,
    winner_decided,
    winner_probability,
)
from validation.experiments.noise import fourth_norm, winner_take_all
from validation.experiments.sparsification import (
    decay,
    final_weight,
    late_law,
    norm_relaxation,
    sparsification_speed,
    time_law,
    time_with_interference,
    winner,
)

MODULES = (
    energy,
    norm_relaxation,
    decay,
    late_law,
    time_law,
    winner,
    final_weight,
    sparsification_speed,
    time_with_interference,
    initial_interference,
    inner_products,
    winner_decided,
    winner_probability,
    initial_and_final,
    zeros_stay,
    rebirths,
    rebirth,
    training_follows_flow,
    l1_to_zero,
    malign_collision,
    benign_collision,
    counts,
    polysemantic_neurons,
    quarter_constant,
    collision_switches,
    collision_course,
    incidental_or_necessary,
    fourth_norm,
    winner_take_all,
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
