"""Training dictionaries, many replicates side by side: data in, one dataset out."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Self

import numpy as np
import xarray as xr

from theory import Dictionary
from theory.common import arguments, files, memory
from theory.common.arguments import ArgumentError
from theory.common.schema import dataset
from validation.training import backend
from validation.training.backend import Array, to_numpy
from validation.training.blocks import Blocks
from validation.training.course import Course, Record, spaced
from validation.training.dictionaries import data as sources
from validation.training.dictionaries.encoding import explained_variance, inference_threshold
from validation.training.dictionaries.kinds import CODERS
from validation.training.dictionaries.loss import forward, loss_and_gradient
from validation.training.dictionaries.network import Batches, Learner
from validation.training.optimizers import GradientDescent, Optimizer, Stepper
from validation.training.schedules import Schedule
from validation.training.settings import Run, in_precision

EVALUATED = 8192  # samples of which l0, explained variance and dead latents are taken
OTHER = np.uint64(0x9E3779B97F4A7C15)  # turns the keys of batches into those of samples for evaluation

DIMENSIONS = {"W_enc": ("input", "latent"), "W_dec": ("latent", "input"), "b_dec": ("input",)}


@dataclass(frozen=True)
class DictionaryRun(Run):
    """The checked settings of a run of a dictionary."""

    batch: int
    strength_warm_up: float
    dead_after: int

    @classmethod
    def checked(cls, **given: Any) -> Self:
        """Return the settings, or raise a TypeError or ValueError that names the argument."""
        given["batch"] = arguments.whole("batch", given["batch"], least=1)
        given["strength_warm_up"] = arguments.real(
            "strength_warm_up", given["strength_warm_up"], least=0, most=1
        )
        given["dead_after"] = arguments.whole("dead_after", given["dead_after"], least=1)
        return super().checked(**given)


def train(
    model: Dictionary,
    optimizer: Optimizer | str = "adam",
    *,
    data: sources.Data | None = None,
    steps: int = 5000,
    learning_rate: float = 3e-3,
    schedule: Schedule | str = "trapezoid",
    batch: int = 1024,
    strength_warm_up: float = 0.1,
    dead_after: int = 250,
    replicates: int = 1,
    seed: int = 0,
    initial: np.ndarray | None = None,
    dtype: str = "float32",
    device: str = "cpu",
    checkpoint: str | os.PathLike | None = None,
) -> xr.Dataset:
    """Train dictionaries to take activations apart.

    Rows of the decoder keep length 1, and their gradients are projected onto the sphere before the optimiser
    sees them. Latents that have not been on for long are dead. Those of "topk", "batch_topk" and "matryoshka"
    then learn what the others leave (arXiv:2406.04093, section A.2); those of the other kinds are drawn anew
    towards it (after Bricken et al. 2023, "Towards Monosemanticity").

    Parameters
    ----------
    model : Dictionary
        What is trained; its loss is the squared error of a sample, summed over inputs, and its penalty.
    optimizer : Optimizer or {"gd", "momentum", "adam", "adamw", "lamb"}
        The optimiser.
    data : array_like, Dataset or callable
        Activations (sample, input), of which rows are drawn; a trained or simulated model, whose hidden layer
        is taken for features as it is trained on them; or a function ``(rng, n)`` that returns n new
        samples, (n, input).
    steps : int
        Number of steps, at least 1.
    learning_rate : float
        The rate, greater than 0.
    schedule : Schedule or {"constant", "cosine", "trapezoid"}
        How the rate goes on; "trapezoid" warms up and decays.
    batch : int
        Samples in each step.
    strength_warm_up : float
        Share of the steps in which L1 and L0 come to their strength.
    dead_after : int
        Steps after which a latent that has not been on is dead.
    replicates : int
        Number of independent dictionaries, at least 1; each has samples of its own.
    seed : int
        Seed of initial decoders and of samples.
    initial : array_like, optional
        Initial decoder (latent, input), or with a first axis of replicates, instead of random directions.
    dtype : {"float32", "float64"}
        Precision of the training.
    device : {"cpu", "cuda"}
        Where it runs; "cuda" needs CuPy.
    checkpoint : path, optional
        A safetensors file that keeps the run and from which, if it is there, training goes on, on the same
        data.

    Returns
    -------
    Dataset
        ``W_enc`` (replicate, input, latent), ``W_dec`` (replicate, latent, input), ``b_enc`` and other
        parameters of latents (replicate, latent), ``b_dec`` (replicate, input); ``loss`` over ``step``. Of
        samples that were not trained on: ``l0``, latents on in a sample on average, ``explained_variance``
        ``1 − Σ‖x − x̂‖² / Σ‖x − mean x‖²``, and which latents are ``dead``, on in none of them. For
        "batch_topk" and "matryoshka" ``threshold`` is what leaves k latents on without a batch.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, training diverges, or the checkpoint is of another run.

    Notes
    -----
    Losses and gradients: `validation.training.dictionaries.kinds`. Initially the encoder is the transposed
    decoder, as in SAELens.
    """
    arguments.instance("model", model, Dictionary)
    run = DictionaryRun.checked(
        optimizer=optimizer,
        steps=steps,
        learning_rate=learning_rate,
        schedule=schedule,
        batch=batch,
        strength_warm_up=strength_warm_up,
        dead_after=dead_after,
        replicates=replicates,
        seed=seed,
        dtype=dtype,
        device=device,
    )
    xp = backend.namespace(run.device)
    if checkpoint is not None:
        files.writable(checkpoint, "checkpoint")
    source = sources.source(data, model.n_inputs, run.replicates)
    _room(model, run)
    start = {name: in_precision(array, run.dtype) for name, array in _start(model, run, initial).items()}
    trainer = _trainer(model, run, source, {name: xp.asarray(array) for name, array in start.items()})
    held_out = Batches(source, run.keys() ^ OTHER, 0, min(run.batch, EVALUATED))
    course = Course(run, trainer, partial(_measure, model, held_out), spaced(run.steps))
    interrupted = course.follow(checkpoint, model.parameters() | {"data": source.identity}, start)
    final = {name: array for name, array in course.parameters.items() if name != "idle"}
    variables: dict[str, tuple] = {
        name: (("replicate", *DIMENSIONS.get(name, ("latent",))), array) for name, array in final.items()
    }
    variables |= _evaluated(model, final, Batches(source, run.keys() ^ OTHER, 0, EVALUATED))
    variables["loss"] = (("replicate", "step"), course.columns()["loss"])
    return dataset(
        variables,
        source="training",
        model=model,
        coords=course.clock()[1],
        method=run.written()["optimizer"].partition(":")[0],
        interrupted=int(interrupted),
        **run.written(),
    )


def _room(model: Dictionary, run: DictionaryRun) -> None:
    """Check that there is room for a run."""
    each = np.dtype(run.dtype).itemsize
    weights = 2 * model.n_inputs * model.n_latents * (8 + each * (3 + len(run.optimizer.states)))
    samples = (run.batch + EVALUATED) * (model.n_inputs + 2 * model.n_latents) * (8 + each)
    sizes = {"n_inputs": model.n_inputs, "n_latents": model.n_latents, "replicates": run.replicates}
    memory.enough(run.replicates * weights + run.replicates * samples, batch=run.batch, **sizes)


def _start(model: Dictionary, run: DictionaryRun, initial: np.ndarray | None) -> dict[str, np.ndarray]:
    """Return initial parameters by name, in float64."""
    shape = (run.replicates, model.n_latents, model.n_inputs)
    if initial is None:
        drawn = [np.random.default_rng(child).normal(size=shape[1:]) for child in run.children()]
        decoder = np.stack(drawn)
    else:
        axes = ("replicate", "latent", "input")[-max(2, np.ndim(initial)) :]
        given = arguments.array("initial", initial, axes)
        if given.shape not in (shape, shape[1:]):
            raise ArgumentError(f"initial must have shape {shape[1:]} or {shape}, got {given.shape}")
        decoder = np.broadcast_to(given, shape).copy()
    lengths = np.linalg.norm(decoder, axis=-1, keepdims=True)
    if not lengths.all():
        raise ArgumentError("initial must have no row of zeros")
    decoder /= lengths
    latents = {"b_enc": 0.0, **CODERS[model.kind].extra, "idle": 0.0}
    return {
        "W_enc": decoder.transpose(0, 2, 1),
        "W_dec": decoder,
        "b_dec": np.zeros((run.replicates, model.n_inputs)),
        **{name: np.full(shape[:2], value) for name, value in latents.items()},
    }


def _trainer(
    model: Dictionary, run: DictionaryRun, source: sources.Source, parameters: Mapping[str, Array]
) -> Blocks:
    """Return what trains these parameters."""
    keys = run.keys()

    def network(part: slice) -> Learner:
        batches = Batches(source, keys[part], part.start or 0, run.batch)
        return Learner(model, batches, run.steps, run.strength_warm_up, run.dead_after)

    def stepper(name: str, array: Array) -> Stepper:
        if name == "idle":  # what no gradient moves
            return Stepper(GradientDescent(), array, 0.0)
        factor = partial(run.schedule.factor, steps=run.steps)
        return Stepper(run.optimizer, array, run.learning_rate, factor=factor)

    return Blocks(parameters, network, stepper)


def _measure(model: Dictionary, held_out: Batches, parameters: Mapping[str, Array], step: int) -> Record:
    """Return the loss by replicate on samples that are not trained on."""
    decoder = parameters["W_dec"]
    inputs = held_out.at(0, backend.namespace_of(decoder), decoder.dtype)
    losses = []
    for r in range(len(decoder)):
        one = {name: array[r, ...] for name, array in parameters.items()}
        losses.append(float(to_numpy(loss_and_gradient(model, one, inputs[r, ...]).loss)))
    return {"loss": np.array(losses)}


def _evaluated(
    model: Dictionary, parameters: Mapping[str, np.ndarray], held_out: Batches
) -> dict[str, tuple]:
    """Return what is said of trained dictionaries on samples that were not trained on."""
    found: dict[str, list] = {"l0": [], "explained_variance": [], "dead": [], "threshold": []}
    inputs = held_out.at(0, np, parameters["W_dec"].dtype)
    for r, samples in enumerate(inputs):
        one = {name: array[r] for name, array in parameters.items()}
        _, _, pre, latents = forward(model, one, samples)
        values = latents.pattern.dense(latents.values)
        found["l0"].append((values > 0).sum(axis=1).mean())
        found["dead"].append(~(values > 0).any(axis=0))
        found["explained_variance"].append(explained_variance(samples, values @ one["W_dec"] + one["b_dec"]))
        found["threshold"].append(inference_threshold(model, one, pre))
    if found["threshold"][0] is None:
        del found["threshold"]
    by_latent = {"dead", "threshold"}
    return {
        name: (("replicate", "latent") if name in by_latent else ("replicate",), np.stack(values))
        for name, values in found.items()
    }
