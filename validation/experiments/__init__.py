"""The experiments, one file each, in the order in which they are shown."""

from validation.experiment import Experiment
from validation.experiments import (
    winner_decided,
)

experiments: tuple[Experiment, ...] = (winner_decided.experiment,)
