"""Training the two-layer model, the model of seed 000: options in, one dataset out."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import xarray as xr

from sim.machine.blas import one_thread
from sim.monosemanticity import dead_neurons, monosemantic_neurons
from theory import TwoLayer
from theory.common import arguments, files, memory
from theory.common.schema import dataset
from validation.training import backend
from validation.training.backend import Array, to_numpy
from validation.training.blocks import Blocks
from validation.training.course import Course, Record
from validation.training.models.two_layer import PARTS, Problem, Replicates, single_feature_activations
from validation.training.optimizers import LAMB, Optimizer, Stepper
from validation.training.schedules import Schedule
from validation.training.settings import Run, in_precision

JUDGED, JUDGED_AT_ONCE = 2**15, 2**10  # samples on which losses are taken
RECORD = 100  # bytes of what is recorded of a replicate at a step


@dataclass(frozen=True)
class TwoLayerRun(Run):
    """The checked settings of a run of the two-layer model."""

    initial_bias: float
    bias_decay: float
    batch: int
    l1: float

    @classmethod
    def checked(cls, **given: Any) -> Self:
        """Return the settings, or raise a TypeError or ValueError that names the argument."""
        given["initial_bias"] = arguments.real("initial_bias", given["initial_bias"])
        given["batch"] = arguments.whole("batch", given["batch"], least=1)
        given["l1"] = arguments.real("l1", given["l1"], least=0)
        given["bias_decay"] = arguments.real("bias_decay", given["bias_decay"], least=0)
        run = super().checked(**given)
        arguments.real("bias_decay times learning_rate", run.bias_decay * run.learning_rate, most=1)
        return run


def train(
    model: TwoLayer,
    optimizer: Optimizer | str = LAMB(weight_decay=0.0),  # noqa: B008  # frozen
    *,
    steps: int = 8192,
    learning_rate: float = 0.01,
    schedule: Schedule | str = "cosine",
    initial_bias: float = 0.0,
    bias_decay: float = 0.0,
    batch: int = 1024,
    l1: float = 0.0,
    replicates: int = 1,
    seed: int = 0,
    dtype: str = "float32",
    device: str = "cpu",
    checkpoint: str | os.PathLike | None = None,
) -> xr.Dataset:
    """Train the two-layer model on samples of sparse features, drawn anew in each step.

    Parameters
    ----------
    model : TwoLayer
        What is trained.
    optimizer : Optimizer or {"gd", "momentum", "adam", "adamw", "lamb"}
        The optimiser, by default LAMB without weight decay, as in the authors' code: with it, LAMB shrinks
        layers of dead neurons by its whole rate. Each layer's weights, and the biases, are a layer of LAMB.
    steps : int
        Number of steps, at least 1.
    learning_rate : float
        The rate, greater than 0.
    schedule : Schedule or {"constant", "cosine", "periodic"}
        How the rate goes on; "cosine" ends at 0, "periodic" goes there and back.
    initial_bias : float
        What is added to the usual initial biases.
    bias_decay : float
        In the first half of the steps biases lose this share of them, times the rate before the schedule.
    batch : int
        Samples in each step.
    l1 : float
        Strength of L1 on the activations, summed over neurons, in the mean over samples.
    replicates : int
        Number of independent runs, at least 1, each with its own projection. Replicate r draws from the r-th
        child of ``SeedSequence(seed)``.
    seed : int
        Seed of projections, initial weights and samples: the same for every `initial_bias`.
    dtype : {"float32", "float64"}
        Precision of the training.
    device : {"cpu", "cuda"}
        Where it runs; "cuda" needs CuPy.
    checkpoint : path, optional
        A safetensors file that keeps the run, and from which, if it is there, training goes on to the same
        result, to the last bit (`validation.training.autoencoder.train`).

    Returns
    -------
    Dataset
        At steps ``2^j − 1`` and the last one, (replicate, time) with coordinate ``step``: ``loss``, the
        squared error summed over outputs, in the mean over 32,768 samples that are always the same;
        ``monosemantic`` and ``dead``, numbers of neurons; ``mean_bias``. In the end: ``W1`` (replicate,
        input, neuron), ``biases`` (replicate, neuron), ``W2`` (replicate, neuron, output), and
        ``single_feature_activations`` (replicate, feature, neuron), where one feature alone is on with
        value 1. Where it began: ``initial_W1``, ``initial_biases``, ``initial_W2``. ``projection``
        (replicate, feature, input), and for the re-projector ``wanted`` (replicate, feature, output).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, the learning rate is so large that training diverges, or the
        checkpoint is damaged or of another run.

    Notes
    -----
    Seed 000 (arXiv:2211.09169), with the settings of its authors' code.
    """
    arguments.instance("model", model, TwoLayer)
    run = TwoLayerRun.checked(
        optimizer=optimizer,
        steps=steps,
        learning_rate=learning_rate,
        schedule=schedule,
        initial_bias=initial_bias,
        bias_decay=bias_decay,
        batch=batch,
        l1=l1,
        replicates=replicates,
        seed=seed,
        dtype=dtype,
        device=device,
    )
    xp = backend.namespace(run.device)
    if checkpoint is not None:
        files.writable(checkpoint, "checkpoint")
    _room(model, run)
    problems, start = _drawn(model, run)
    network = partial(_network, [problem.on(xp) for problem in problems], run)
    parameters = {name: xp.asarray(in_precision(array, run.dtype)) for name, array in start.items()}
    trainer = Blocks(parameters, network, lambda name, part: _stepper(run, part))
    course = Course(run, trainer, partial(_measure, network(slice(None))), snapshots(run.steps))
    interrupted = course.follow(checkpoint, model.parameters(), start)
    return dataset(
        _variables(course, problems, start),
        source="training",
        model=model,
        coords=course.clock()[1],
        method=run.written()["optimizer"].partition(":")[0],
        interrupted=int(interrupted),
        **run.written(),
    )


def snapshots(steps: int) -> np.ndarray:
    """Return the steps that are recorded: ``2^j − 1`` and the last one."""
    powers = 2 ** np.arange(int(steps).bit_length() + 1) - 1
    return np.append(powers[powers < steps], steps)


def _drawn(model: TwoLayer, run: TwoLayerRun) -> tuple[list[Problem], dict[str, np.ndarray]]:
    """Draw projections and initial parameters of all replicates."""
    rngs = [np.random.default_rng(child) for child in run.children()]
    problems = [Problem.drawn(model, rng, run.l1, run.dtype) for rng in rngs]
    each = [model.initial(rng, run.initial_bias) for rng in rngs]
    return problems, {name: np.stack([weights[name] for weights in each]) for name in each[0]}


def _network(problems: list[Problem], run: TwoLayerRun, part: slice) -> Replicates:
    decay = run.bias_decay * run.learning_rate
    return Replicates(problems[part], run.keys()[part], run.batch, decay, run.steps / 2)


def _stepper(run: TwoLayerRun, part: Array) -> Stepper:
    factor = partial(run.schedule.factor, steps=run.steps)
    return Stepper(run.optimizer, part, run.learning_rate, factor=factor)


def _measure(network: Replicates, parameters: Mapping[str, Array], step: int) -> Record:
    """Return what is recorded of the parameters at one step."""
    with one_thread():  # of BLAS, whose last bits depend on their number
        losses = network.losses(parameters, JUDGED_AT_ONCE, JUDGED // JUDGED_AT_ONCE)
        activations = _activations(network.problems, parameters)
    return {
        "loss": losses,
        "monosemantic": monosemantic_neurons(activations).sum(axis=-1),
        "dead": dead_neurons(activations).sum(axis=-1),
        "mean_bias": to_numpy(parameters["b1"]).mean(axis=-1, dtype=float),
    }


def _activations(problems: list[Problem], parameters: Mapping[str, Array]) -> np.ndarray:
    return np.stack(
        [
            to_numpy(single_feature_activations({name: a[place] for name, a in parameters.items()}, problem))
            for place, problem in enumerate(problems)
        ]
    )


def _variables(
    course: Course, problems: list[Problem], start: Mapping[str, np.ndarray]
) -> dict[str, tuple[Any, np.ndarray]]:
    """Return the variables of the result."""
    axes = {"W1": ("input", "neuron"), "b1": ("neuron",), "W2": ("neuron", "output")}
    called = {"W1": "W1", "b1": "biases", "W2": "W2"}
    final = course.parameters
    found: dict[str, tuple[Any, np.ndarray]] = {
        name: (("replicate", "step"), values) for name, values in course.columns().items()
    }
    for name, dims in axes.items():
        found[called[name]] = ("replicate", *dims), final[name]
        found[f"initial_{called[name]}"] = ("replicate", *dims), start[name]
    with one_thread():
        activations = _activations(problems, final)
    found["single_feature_activations"] = ("replicate", "feature", "neuron"), activations
    found["projection"] = (
        ("replicate", "feature", "input"),
        np.stack([problem.projection for problem in problems]),
    )
    if problems[0].wanted is not None:
        wanted = np.stack([to_numpy(problem.wanted) for problem in problems])
        found["wanted"] = ("replicate", "feature", "output"), wanted
    return found


def _room(model: TwoLayer, run: TwoLayerRun) -> None:
    """Check that there is room for a run."""
    each = np.dtype(run.dtype).itemsize
    N, m, k, out = model.n_features, model.n_inputs, model.n_neurons, model.n_outputs
    copies = 8 + each * (4 + len(run.optimizer.states))  # initial ones, its own, gradients, states
    needed = copies * k * (m + out + 1) + (8 + each) * N * (m + 2 * k) + RECORD * run.steps.bit_length()
    at_work = (24 + each) * run.batch * (N * model.probability + k + out) + PARTS * each * k * (N + out)
    sizes = {"n_features": N, "n_inputs": m, "n_neurons": k, "replicates": run.replicates, "batch": run.batch}
    memory.enough(run.replicates * needed + min(run.replicates, os.cpu_count() or 1) * at_work, **sizes)
