"""The experiments, one file each, in the order in which they are shown: the paper's, then our questions."""

from validation.experiments import (
    co_occurrence,
    collision_course,
    collision_switches,
    correlated_pairs,
    cure_by_splitting,
    fourth_norm,
    incidental_or_necessary,
    initial_and_final,
    l1_to_zero,
    polysemantic_neurons,
    quarter_constant,
    rebirth,
    sparsification_speed,
    time_with_interference,
    winner_decided,
    winner_take_all,
)
from validation.experiments.experiment import Experiment

experiments: tuple[Experiment, ...] = (
    sparsification_speed.experiment,
    polysemantic_neurons.experiment,
    fourth_norm.experiment,
    initial_and_final.experiment,
    co_occurrence.experiment,
    correlated_pairs.experiment,
    quarter_constant.experiment,
    collision_switches.experiment,
    collision_course.experiment,
    rebirth.experiment,
    winner_decided.experiment,
    l1_to_zero.experiment,
    winner_take_all.experiment,
    cure_by_splitting.experiment,
    time_with_interference.experiment,
    incidental_or_necessary.experiment,
)
