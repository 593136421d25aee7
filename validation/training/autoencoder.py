"""Training the autoencoder, the model of seed 001: options in, one dataset out."""

import os
from collections.abc import Mapping
from functools import partial

import numpy as np
import xarray as xr

from sim.machine.blas import one_thread
from sim.metrics import leading_slots
from theory import Autoencoder
from theory.common import arguments, files
from theory.common.schema import dataset
from validation.training import backend, preparation
from validation.training.activations import Activation
from validation.training.backend import Array, to_numpy
from validation.training.course import Course, Record, spaced
from validation.training.initial_weights import Initial
from validation.training.inputs import Inputs
from validation.training.models import Encodings
from validation.training.models.general import encoder
from validation.training.noise import HiddenNoise
from validation.training.optimizers import Optimizer
from validation.training.preparation import AutoencoderRun
from validation.training.row_norms import row_norms
from validation.training.schedules import Schedule
from validation.training.settings import in_precision


def train(
    model: Autoencoder,
    optimizer: Optimizer | str = "gd",
    *,
    steps: int = 7500,
    learning_rate: float = 1e-3,
    schedule: Schedule | str = "constant",
    l1_on: str = "weights",
    l1_step: str = "subgradient",
    l2: float = 0.0,
    noise: HiddenNoise | str = "none",
    inputs: Inputs | str = "basis",
    activation: Activation | str = "none",
    tied: bool = True,
    init: Initial | str = "normal",
    replicates: int = 1,
    seed: int = 0,
    initial: np.ndarray | str | os.PathLike | None = None,
    dtype: str = "float32",
    device: str = "cpu",
    checkpoint: str | os.PathLike | None = None,
) -> xr.Dataset:
    """Train the autoencoder ``y = ReLU(W f(Wᵀx + ξ))``, by default ``f(h) = h`` on all basis vectors at once.

    Parameters
    ----------
    model : Autoencoder
        What is trained; the training loss has the L1 strength λ_train = 4 λ.
    optimizer : Optimizer or {"gd", "momentum", "adam", "adamw", "lamb"}
        The optimiser, with the defaults of PyTorch, LAMB with those of its paper, or with settings:
        ``AdamW(weight_decay=0.1)`` (`validation.training.optimizers`).
    steps : int
        Number of steps, at least 1; by default that of the paper.
    learning_rate : float
        The rate, greater than 0; by default that of the paper.
    schedule : Schedule or {"constant", "cosine", "periodic", "trapezoid"}
        How the rate goes on; "cosine" ends at 0, "periodic" goes there and back, "trapezoid" warms up first.
    l1_on : {"weights", "activations"}
        What L1 is taken of: all weights, or the hidden activations f.
    l1_step : {"subgradient", "proximal"}
        How L1 on weights acts: in the gradient, or by soft thresholding after each step.
    l2 : float
        Strength of L2, ``l2 Σ w²`` in the training loss.
    noise : HiddenNoise or {"none"}
        Noise ξ in the hidden layer, drawn anew for each sample and step: "none", ``Gaussian(std=0.1)``,
        ``Signs(std=0.1)``, ``Uniform(std=0.1)`` or ``Dropout(p=0.1)`` (`validation.training.noise`).
    inputs : Inputs or {"basis", "single"}
        "basis", all basis vectors at once, also as ``Orthogonal()`` inputs, or in ``Contexts(contexts=2)``
        that the decoder sees; ``Single(batch=64)``, some of them drawn at random; or samples of sparse
        features: ``Independent(p=0.05)``, ``Correlated(p=0.05)``, ``Anticorrelated(p=0.05)`` (pairs),
        ``PowerLaw(p=0.05, exponent=1.1)``; further settings of these are ``values="uniform"`` and ``batch``
        (`validation.training.inputs`).
    activation : Activation or {"none", "relu", "gelu", "solu", "layer_norm"}
        The hidden activation f.
    tied : bool
        Whether the decoder is the transposed encoder.
    init : Initial or {"normal", "xavier", "uniform", "orthogonal"}
        Distribution of the initial weights.
    replicates : int
        Number of independent runs, at least 1. Replicate r draws from the r-th child of
        ``SeedSequence(seed)``, as `sim.ensemble` does.
    seed : int
        Seed of initial weights, inputs and noise.
    initial : array_like or path, optional
        Initial weights instead of random ones, or a safetensors file with a PyTorch state dict
        (`validation.training.checkpoints.weights`). Their shape is (feature, neuron), untied
        (2, feature, neuron) with the decoder behind the encoder, or these with a first axis of replicates.
    dtype : {"float32", "float64"}
        Precision of the training, by default that of the paper.
    device : {"cpu", "cuda"}
        Where it runs; "cuda" needs CuPy.
    checkpoint : path, optional
        A safetensors file that keeps the run and from which, if it is there, training goes on. It ends with
        the same result to the last bit. The file is written every minute, at the end, and on Ctrl-C, which
        then ends training early, with attribute ``interrupted`` = 1; without a file, Ctrl-C is raised.
        It waits, as SIGTERM and SIGHUP do, until the steps under way, at most a hundredth of all, are done
        and the file is written.

    Returns
    -------
    Dataset
        ``initial`` and ``final`` (replicate, feature, neuron); ``l1_norm``, ``l2_norm``, ``active`` and
        ``leader``, the slot of the largest weight (`sim.metrics.leading_slots`), (replicate, step, feature)
        and ``energy`` = loss / 4 (replicate, step) at step 0 and at steps spaced like a logarithm. For
        gradient descent the dimension is ``time`` = 4 · Σ rate, the time of the flow that it follows, with
        ``step`` as a second coordinate. For untied weights all that is about the encoder; the decoder is in
        ``initial_decoder`` and ``final_decoder``.

        Subgradient steps have no exact zeros: weights that the flow holds at 0 jump about it. ``active``
        therefore counts the weights of size greater than attribute ``active_threshold``, the size
        of these jumps: 2 · rate · λ_train for gradient descent, 3.2 · rate for AdamW.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, the learning rate is so large that training diverges, or
        the checkpoint is damaged, or of another run, which may be one that goes on at the same time.

    Notes
    -----
    Seed 001, sections "We consider a model …" and "Experiments"; arXiv:2312.03096 for the settings. The
    result depends neither on the number of cores nor on how replicates are put into blocks.
    """
    arguments.instance("model", model, Autoencoder)
    run = AutoencoderRun.checked(
        optimizer=optimizer,
        steps=steps,
        learning_rate=learning_rate,
        schedule=schedule,
        l1_on=l1_on,
        l1_step=l1_step,
        l2=l2,
        noise=noise,
        inputs=inputs,
        activation=activation,
        tied=tied,
        init=init,
        replicates=replicates,
        seed=seed,
        dtype=dtype,
        device=device,
    )
    xp = backend.namespace(run.device)
    if checkpoint is not None:
        files.writable(checkpoint, "checkpoint")
    preparation.room(model, run)
    start = preparation.initial_weights(model, run, initial)
    weights = xp.asarray(in_precision(start, run.dtype))
    network = preparation.networks(model, run)
    trainer = preparation.trainer(model, run, weights, network)
    stepper = trainer.steppers[0]
    threshold = stepper.jitter(model.l1_train)
    course = Course(run, trainer, partial(_measure, network(slice(None)), threshold), spaced(run.steps))
    interrupted = course.follow(checkpoint, model.parameters(), {"weights": start})

    clock, coords = course.clock(stepper.flow_time(course.recorded[: len(course.records)]))
    final = course.parameters["weights"]
    encodings = ("replicate", "feature", "neuron")
    variables: dict[str, tuple] = {
        "initial": (encodings, encoder(start)),
        "final": (encodings, encoder(final)),
    }
    if not tied:
        variables |= {"initial_decoder": (encodings, start[:, 1]), "final_decoder": (encodings, final[:, 1])}
    for name, values in course.columns().items():
        variables[name] = (("replicate", clock, "feature")[: values.ndim], values)
    return dataset(
        variables,
        source="training",
        model=model,
        coords=coords,
        method=run.written()["optimizer"].partition(":")[0],
        active_threshold=threshold,
        interrupted=int(interrupted),
        **run.attributes(drawn=initial is None),
    )


def _measure(network: Encodings, threshold: float, parameters: Mapping[str, Array], step: int) -> Record:
    """Return what is recorded of the weights at one step."""
    weights = parameters["weights"]
    l1_norm, l2_norm, active = row_norms(encoder(weights), threshold)
    with one_thread():  # of BLAS, whose last bits depend on their number
        energy = to_numpy(network.loss(weights, step)) / 4
    leader = leading_slots(to_numpy(encoder(weights)))
    return {"l1_norm": l1_norm, "l2_norm": l2_norm, "active": active, "leader": leader, "energy": energy}
