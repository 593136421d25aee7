"""Training the model of superposition: options in, one dataset out."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import xarray as xr

from sim.machine.blas import one_thread
from theory import Superposition
from theory.common import arguments, files, memory
from theory.common.schema import dataset
from validation.training import backend
from validation.training.backend import Array, to_numpy
from validation.training.blocks import Blocks
from validation.training.course import Course, Record, spaced
from validation.training.initial_weights import Initial
from validation.training.inputs import Anticorrelated, Correlated
from validation.training.models.superposed import Superposed
from validation.training.optimizers import Optimizer, Penalty, Stepper
from validation.training.schedules import Schedule
from validation.training.settings import Run, in_precision

PAIRS = {"independent": None, "correlated": Correlated, "anticorrelated": Anticorrelated}


@dataclass(frozen=True)
class SuperpositionRun(Run):
    """The checked settings of a run."""

    batch: int
    l1: float
    pairs: str
    init: Initial

    @classmethod
    def checked(cls, **given: Any) -> Self:
        """Return the settings, or raise a TypeError or ValueError that names the argument."""
        given["batch"] = arguments.whole("batch", given["batch"], least=1)
        given["l1"] = arguments.real("l1", given["l1"], least=0)
        arguments.choice("pairs", given["pairs"], tuple(PAIRS))
        return super().checked(**given)


def train(
    model: Superposition,
    optimizer: Optimizer | str = "adamw",
    *,
    steps: int = 10_000,
    learning_rate: float = 1e-3,
    schedule: Schedule | str = "constant",
    batch: int = 1024,
    l1: float = 0.0,
    pairs: str = "independent",
    init: Initial | str = "normal",
    replicates: int = 1,
    seed: int = 0,
    initial: np.ndarray | None = None,
    dtype: str = "float32",
    device: str = "cpu",
    checkpoint: str | os.PathLike | None = None,
) -> xr.Dataset:
    """Train ``y = ReLU(W Wᵀ x + b)`` on sparse features, by default as the public notebook does.

    Parameters
    ----------
    model : Superposition
        What is trained; with p = 0 on one feature at a time.
    optimizer : Optimizer or {"gd", "momentum", "adam", "adamw", "lamb"}
        The optimiser, with the defaults of PyTorch, among them AdamW's weight decay of 0.01.
    steps : int
        Number of steps, at least 1.
    learning_rate : float
        The rate, greater than 0.
    schedule : Schedule or {"constant", "cosine"}
        How the rate goes on; "cosine" ends at 0.
    batch : int
        Samples in each step.
    l1 : float
        Strength of L1 on the weights in the loss, at least 0.
    pairs : {"independent", "correlated", "anticorrelated"}
        Whether features 2k and 2k + 1 are on independently, always together, or never together; each is on
        with the model's p, which must not be 0 for the latter two.
    init : Initial or {"normal", "xavier", "notebook", ...}
        Distribution of the initial weights: "normal" has standard deviation ``√(2/(n + m))``, and
        ``Notebook(instances=10)`` what PyTorch's ``xavier_normal_`` makes of a tensor of so many instances.
        Biases start at 0.
    replicates : int
        Number of independent runs. Replicate r draws from the r-th child of ``SeedSequence(seed)``.
    seed : int
        Seed of initial weights and inputs.
    initial : array_like, optional
        Initial weights (feature, neuron), or with a first axis of replicates, instead of random ones.
    dtype : {"float32", "float64"}
        Precision of the training.
    device : {"cpu", "cuda"}
        Where it runs; "cuda" needs CuPy.
    checkpoint : path, optional
        A safetensors file that keeps the run, as for an `Autoencoder` (`validation.training.autoencoder`).

    Returns
    -------
    Dataset
        ``initial`` and ``final`` (replicate, feature, neuron), ``biases`` (replicate, feature) in the end,
        and ``loss`` (replicate, time) of a batch without L1, at step 0 and at steps spaced like a logarithm.
        Coordinate ``step``, and for gradient descent ``time``, the sum of the rates: that of `sim.simulate`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, the learning rate is so large that training diverges, or
        the checkpoint is damaged, or of another run.

    Notes
    -----
    Elhage et al. 2022 (arXiv:2209.10652) and its public notebook, whose loss is a mean over features too:
    1/n of this one.
    """
    arguments.instance("model", model, Superposition)
    run = SuperpositionRun.checked(
        optimizer=optimizer,
        steps=steps,
        learning_rate=learning_rate,
        schedule=schedule,
        batch=batch,
        l1=l1,
        pairs=pairs,
        init=init,
        replicates=replicates,
        seed=seed,
        dtype=dtype,
        device=device,
    )
    xp = backend.namespace(run.device)
    if checkpoint is not None:
        files.writable(checkpoint, "checkpoint")
    _room(model, run)
    start = {
        "weights": _initial_weights(model, run, initial),
        "biases": np.zeros((run.replicates, model.n_features)),
    }
    trainer, network = _trainer(
        model, run, {k: xp.asarray(in_precision(v, run.dtype)) for k, v in start.items()}
    )
    course = Course(run, trainer, partial(_measure, network), spaced(run.steps))
    interrupted = course.follow(checkpoint, model.parameters(), start)

    times = trainer.steppers[0].flow_time(course.recorded[: len(course.records)])
    if times is not None:
        times = times / 4  # of the autoencoder's flow, whose factor 4 this loss has not
    clock, coords = course.clock(times)
    final = course.parameters
    encodings = ("replicate", "feature", "neuron")
    attributes = run.written()
    if initial is not None:
        del attributes["init"]
    return dataset(
        {
            "initial": (encodings, start["weights"]),
            "final": (encodings, final["weights"]),
            "biases": (encodings[:2], final["biases"]),
            "loss": (("replicate", clock), course.columns()["loss"]),
        },
        source="training",
        model=model,
        coords=coords,
        method=attributes["optimizer"].partition(":")[0],
        interrupted=int(interrupted),
        **attributes,
    )


def entries(model: Superposition, pairs: str) -> Callable[[np.random.Generator, int], Any]:
    """Return what draws which inputs are on, as `theory.Superposition.on` does, in pairs or not.

    Raises
    ------
    ValueError
        If features cannot be on in such pairs.
    """
    kind = PAIRS[pairs]
    if kind is None:
        return model.on
    if model.probability == 0:
        raise arguments.ArgumentError(f"pairs must be independent with probability 0, got {pairs}")

    def draw(rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
        drawn = kind(model.probability, "uniform", size).draw(rng, model.n_features).reshape(-1)
        places = np.flatnonzero(drawn)
        return places, drawn[places]

    draw(np.random.default_rng(0), 1)  # fails here and not in the first step
    return draw


def _room(model: Superposition, run: SuperpositionRun) -> None:
    """Check that there is room for a run."""
    n, m, each = model.n_features, model.n_neurons, np.dtype(run.dtype).itemsize
    needed = (16 + each * (4 + len(run.optimizer.states))) * n * m + (24 + 3 * each) * run.batch * (n + m)
    memory.enough(
        run.replicates * needed, n_features=n, n_neurons=m, replicates=run.replicates, batch=run.batch
    )


def _initial_weights(model: Superposition, run: SuperpositionRun, initial: np.ndarray | None) -> np.ndarray:
    shape = (run.replicates, model.n_features, model.n_neurons)
    if initial is None:
        return np.stack([run.init.draw(model, np.random.default_rng(child)) for child in run.children()])
    axes = ("replicate", "feature", "neuron")[3 - np.ndim(initial) :]
    given = arguments.array("initial", initial, axes)
    if given.shape not in (shape, shape[1:]):
        raise arguments.ArgumentError(f"initial must have shape {shape[1:]} or {shape}, got {given.shape}")
    return np.broadcast_to(given, shape).copy()


def _trainer(
    model: Superposition, run: SuperpositionRun, parameters: Mapping[str, Array]
) -> tuple[Blocks, Superposed]:
    """Return what trains the parameters, and the network of all replicates."""
    keys, draw = run.keys(), entries(model, run.pairs)

    def network(part: slice) -> Superposed:
        return Superposed(draw, run.batch, model.importances, keys[part], model.probability)

    def stepper(name: str, array: Array) -> Stepper:
        penalty = Penalty(run.l1 if name == "weights" else 0.0)
        factor = partial(run.schedule.factor, steps=run.steps)
        return Stepper(run.optimizer, array, run.learning_rate, penalty, factor)

    return Blocks(parameters, network, stepper), network(slice(None))


def _measure(network: Superposed, parameters: Mapping[str, Array], step: int) -> Record:
    """Return what is recorded at one step."""
    with one_thread():  # of BLAS, whose last bits depend on their number
        return {"loss": to_numpy(network.loss(parameters, step))}
