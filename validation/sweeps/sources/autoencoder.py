"""Runs of the tied autoencoder: by its flow, and by training. A run gives a few numbers and no Dataset."""

import functools
import inspect
import warnings
from dataclasses import replace
from typing import Any

import numpy as np

from sim import metrics
from sim.flow import Flow
from sim.forces import FORCES
from sim.replicates import ends_sparse, outcome, settled
from theory import Autoencoder
from theory.common import arguments, memory
from theory.common.arguments import ArgumentError
from validation.training.autoencoder import train
from validation.training.options import typed
from validation.training.preparation import AutoencoderRun
from validation.training.settings import OPTIONS

FLOW = {"method": "splitting", "forces": ",".join(FORCES), "rtol": None}
ONE_RUN: dict[str, Any] = {"replicates": 1, "seed": 0, "device": "cpu"}  # what a sweep says itself
DESCENT: dict[str, Any] = {
    name: parameter.default
    for name, parameter in inspect.signature(train).parameters.items()
    if name not in ("model", "initial", "checkpoint", *ONE_RUN)
}
COPIES = 4  # of the weights, at least: initial and final ones, a force or gradient, and their sizes


def model(
    n_features: int,
    n_neurons: int,
    l1: float | None = None,
    l1_train: float | None = None,
    init_std: float | None = None,
) -> Autoencoder:
    """Return the model; its L1 strength is given in flow units or, four times as large, in the training loss.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not as `Autoencoder` says, both strengths are given or none, or the weights have no
        room in memory.
    """
    if (l1 is None) == (l1_train is None):
        said = "none of both" if l1 is None else "both"
        raise ArgumentError(f"l1 must be given, or l1_train, four times as large; got {said}")
    if l1_train is None:
        made = Autoencoder(n_features, n_neurons, l1, init_std)  # type: ignore[arg-type]
    else:
        made = Autoencoder.from_training(n_features, n_neurons, l1_train, init_std)
    needed = 8.0 * COPIES * made.n_features * made.n_neurons
    memory.check(needed, f"n_features must be smaller, or n_neurons, than {n_features} and {n_neurons}")
    return made


def simulation(
    seed: int,
    *,
    method: str = "splitting",
    forces: str = ",".join(FORCES),
    rtol: float | None = None,
    **parameters: Any,
) -> dict[str, Any]:
    """Run the flow to its sparse fixed point, and return what `sim.ensemble` records of a run.

    Parameters
    ----------
    seed : int
        Of the initial weights.
    method, rtol
        As in `sim.simulate`.
    forces : str
        Names of forces, separated by commas.
    **parameters
        Those of `model`.
    """
    made = _model(**parameters)
    weights = made.initial(np.random.default_rng(seed))
    return outcome(settled(Flow(made, weights, method, _forces(forces), rtol)))


def check_simulation(
    *, method: str = "splitting", forces: str = ",".join(FORCES), rtol: float | None = None, **parameters: Any
) -> None:
    """Raise a TypeError or ValueError if `simulation` could not run with these settings."""
    ends_sparse(model(**parameters), method, _forces(forces), rtol)


def training(seed: int, **settings: Any) -> dict[str, Any]:
    """Train one network, and return what its final weights say, and its final loss.

    Parameters
    ----------
    seed : int
        Of all that is random.
    **settings
        Parameters of `model`, and options of `validation.train`; those that are objects are written as on the
        command line.

    Returns
    -------
    dict of str to number
        ``polysemantic_neurons``, ``winner_kept``, ``dead_features``, ``loss``. Weights no larger than the
        jumps about 0 of a subgradient count as 0.
    """
    parameters, options = _parted(settings)
    run = train(_model(**parameters), **_typed(options), **ONE_RUN | {"seed": seed})
    initial, final = run.initial.values[0], run.final.values[0]
    final = np.where(np.abs(final) > run.attrs["active_threshold"], final, 0)
    return {
        "polysemantic_neurons": metrics.polysemantic_neurons(final),
        "winner_kept": metrics.winner_kept(initial, final),
        "dead_features": metrics.dead_features(final),
        "loss": 4 * float(run.energy[0, -1]),
    }


def check_training(**settings: Any) -> None:
    """Raise a TypeError or ValueError if `training` could not run with these settings."""
    parameters, options = _parted(settings)
    made = model(**parameters)
    run = AutoencoderRun.checked(**DESCENT | _typed(options) | ONE_RUN)
    if run.inputs.random:
        batch = getattr(run.inputs, "batch", 1)
        memory.check(8.0 * batch * made.n_features, f"inputs must have a smaller batch than {batch}")
        replace(run.inputs, batch=1).draw(np.random.default_rng(0), made.n_features)  # type: ignore[type-var]


@functools.lru_cache(maxsize=64)
def _model(**parameters: Any) -> Autoencoder:
    """Return the model of many runs; what is to be warned of was said before the sweep began."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return model(**parameters)


def _forces(names: Any) -> tuple[str, ...]:
    if not isinstance(names, str):
        raise arguments.ArgumentTypeError(f"forces must be names, separated by commas, got {names!r:.80}")
    return tuple(name.strip() for name in names.split(","))


def _parted(settings: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return the parameters of the model, and the options of training."""
    options = {name: value for name, value in settings.items() if name in DESCENT}
    return {name: value for name, value in settings.items() if name not in DESCENT}, options


def _typed(options: dict[str, Any]) -> dict[str, Any]:
    """Return options of which those that are objects were written in a line."""
    written = {name: value for name, value in options.items() if name in OPTIONS}
    for name, value in written.items():
        if not isinstance(value, str):
            raise arguments.ArgumentTypeError(f"{name} must be text, got {value!r:.80}")
    return options | {name: typed(name, line, OPTIONS[name]) for name, line in written.items()}
