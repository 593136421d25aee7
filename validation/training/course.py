"""Training a reference model: options in, one dataset out; long runs can be stopped and resumed."""

import hashlib
import os
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from time import monotonic

import numpy as np
import xarray as xr

from sim.machine.blas import one_thread
from sim.progress import track
from theory import Autoencoder
from theory.common import arguments, files, signals
from theory.common.arguments import ArgumentError
from theory.common.schema import dataset
from validation.training import backend, checkpoints, settings
from validation.training.activations import Activation
from validation.training.backend import Array, to_numpy
from validation.training.blocks import Team
from validation.training.initial_weights import Initial
from validation.training.inputs import Inputs
from validation.training.models import Network
from validation.training.models.general import encoder
from validation.training.noise import HiddenNoise
from validation.training.optimizers import Optimizer
from validation.training.row_norms import row_norms
from validation.training.schedules import Schedule
from validation.training.settings import Run

RECORDS = 30
SPANS = 100
CHECKPOINT_SECONDS = 60.0


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
    schedule : Schedule or {"constant", "cosine"}
        How the rate goes on; "cosine" ends at 0.
    l1_on : {"weights", "activations"}
        What L1 is taken of: all weights, or the hidden activations f.
    l1_step : {"subgradient", "proximal"}
        How L1 on weights acts: in the gradient, or by soft thresholding after each step.
    l2 : float
        Strength of L2, ``l2 Σ w²`` in the training loss.
    noise : HiddenNoise or {"none"}
        Noise ξ in the hidden layer, drawn anew for each sample and step: "none", ``Gaussian(std=0.1)``,
        ``Signs(std=0.1)``, ``Uniform(std=0.1)`` or ``Dropout(p=0.1)`` (`validation.training.noise`).
    inputs : Inputs or {"basis"}
        "basis", all basis vectors at once, or samples of sparse features: ``Independent(p=0.05)``,
        ``Correlated(p=0.05)``, ``Anticorrelated(p=0.05)`` (pairs), ``PowerLaw(p=0.05, exponent=1.1)``;
        further settings are ``values="uniform"`` and ``batch`` (`validation.training.inputs`).
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
        ``initial`` and ``final`` (replicate, feature, neuron); ``l1_norm``, ``l2_norm`` and ``active``
        (replicate, time, feature) and ``energy`` = loss / 4 (replicate, time) at step 0 and at steps
        spaced like a logarithm. Coordinate ``step``, and for gradient descent ``time`` = 4 · Σ rate,
        the time of the flow that it follows. For untied weights all that is about the encoder; the
        decoder is in ``initial_decoder`` and ``final_decoder``.

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
    run = Run.checked(
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
    settings.room(model, run)
    start = settings.initial_weights(model, run, initial)
    weights = xp.asarray(settings.in_precision(start, run.dtype))
    course = _Course(model, run, weights)
    interrupted = _follow(course, start, checkpoint)

    recorded = course.recorded[: len(course.records)]
    coords = {"step": ("time", recorded)}
    if (times := course.stepper.flow_time(recorded)) is not None:
        coords["time"] = ("time", times)
    final = to_numpy(course.trainer.weights)
    encodings = ("replicate", "feature", "neuron")
    variables: dict[str, tuple] = {
        "initial": (encodings, encoder(start)),
        "final": (encodings, encoder(final)),
    }
    if not tied:
        variables |= {"initial_decoder": (encodings, start[:, 1]), "final_decoder": (encodings, final[:, 1])}
    for name in course.records[0]:
        values = np.stack([record[name] for record in course.records], axis=1)
        variables[name] = (("replicate", "time", "feature")[: values.ndim], values)
    return dataset(
        variables,
        source="training",
        model=model,
        coords=coords,
        method=run.written()["optimizer"].partition(":")[0],
        active_threshold=course.threshold,
        interrupted=int(interrupted),
        **run.attributes(drawn=initial is None),
    )


class _Course:
    """A run on its way: what has been recorded, and what a checkpoint has to hold."""

    def __init__(self, model: Autoencoder, run: Run, start: Array) -> None:
        self.model, self.run = model, run
        network = settings.networks(model, run)
        self.network = network(slice(None))
        self.trainer = settings.trainer(model, run, start, network)
        self.stepper = self.trainer.steppers[0]
        self.recorded = np.unique(np.append(0, np.geomspace(1, run.steps, RECORDS).round().astype(int)))
        self.stops = np.union1d(self.recorded, np.linspace(0, run.steps, SPANS + 1).astype(int))
        self.threshold = self.stepper.jitter(model.l1_train)
        self.records: list[dict[str, np.ndarray]] = []

    def advance(self) -> Iterator[bool]:
        """Train to the end, and after each span say whether Ctrl-C asked to stop."""
        if not self.records:
            self.record()
        stops = self.stops[self.stops >= self.stepper.steps].tolist()
        with Team() as team:
            for before, stop in track(list(pairwise(stops)), f"training ({self.run.written()['optimizer']})"):
                interrupted = self.trainer.advance(stop - before, team)
                if stop in self.recorded:
                    self.record()
                yield interrupted

    def record(self) -> None:
        """Record the weights as they are."""
        step = self.stepper.steps
        with np.errstate(over="ignore", invalid="ignore"):
            self.records.append(_measure(self.network, self.trainer.weights, step, self.threshold))
        if not np.isfinite(self.records[-1]["energy"]).all():
            raise ArgumentError(
                f"learning_rate must be smaller: training diverges at {self.run.learning_rate:g}"
            )

    def arrays(self) -> dict[str, np.ndarray]:
        """Return all that training needs to go on."""
        arrays = {"weights": to_numpy(self.trainer.weights)}
        arrays["steps"] = np.array([self.stepper.steps])
        arrays |= {f"state.{name}": to_numpy(array) for name, array in self.trainer.state().items()}
        for name in self.records[0]:
            arrays[f"record.{name}"] = np.stack([record[name] for record in self.records])
        return arrays

    def resume(self, arrays: Mapping[str, np.ndarray]) -> None:
        """Go on from there.

        Raises
        ------
        ValueError
            If this is not what such a run would have had there.
        """
        self.record()
        if unfit := self._unfit(arrays, self.arrays()):
            raise ArgumentError(f"checkpoint must hold what this run would have there, got another {unfit}")
        named = {
            kind: {k.removeprefix(kind): a for k, a in arrays.items() if k.startswith(kind)}
            for kind in ("state.", "record.")
        }
        self.trainer.resume(arrays["weights"], named["state."], int(arrays["steps"][0]))
        columns = named["record."]
        self.records = [
            {name: column[k] for name, column in columns.items()} for k in range(len(columns["energy"]))
        ]

    def _unfit(self, arrays: Mapping[str, np.ndarray], like: Mapping[str, np.ndarray]) -> str | None:
        """Return the name of an array that is not like that of the run, but for the number of records."""
        steps = arrays.get("steps", np.array([]))
        if steps.shape != (1,) or not np.isin(steps, self.stops):
            return "steps"
        for name in sorted(arrays.keys() | like.keys()):
            found, wanted = arrays.get(name), like.get(name)
            if found is None or wanted is None or found.dtype != wanted.dtype or np.isnan(found).any():
                return name
            records = (self.recorded <= steps).sum()
            if found.shape != ((records, *wanted.shape[1:]) if name.startswith("record.") else wanted.shape):
                return name
        return None


def _follow(course: _Course, start: np.ndarray, checkpoint: str | os.PathLike | None) -> bool:
    """Train to the end, or from and to a checkpoint, and say whether training was interrupted."""
    if checkpoint is None:
        if any(course.advance()):
            raise KeyboardInterrupt
        return False
    this = {"model": course.model.parameters(), **course.run.written(), "initial": _digest(start)}
    if (saved := checkpoints.load(Path(checkpoint), this)) is not None:
        course.resume(saved)
    try:
        with signals.held() as waiting:  # those that end the process do so once the file is written
            due = monotonic() + CHECKPOINT_SECONDS
            for interrupted in course.advance():
                stopped = interrupted or bool(waiting)
                if stopped or monotonic() > due:
                    checkpoints.save(checkpoint, course.arrays(), this)
                    due = monotonic() + CHECKPOINT_SECONDS
                if stopped:
                    return True
            checkpoints.save(checkpoint, course.arrays(), this)
    except KeyboardInterrupt:
        if not Path(checkpoint).exists():
            raise
        return True
    return False


def _digest(array: np.ndarray) -> str:
    """Return what tells initial weights apart."""
    return hashlib.sha256(array.tobytes()).hexdigest()


def _measure(network: Network, weights: Array, step: int, threshold: float) -> dict[str, np.ndarray]:
    """Return what is recorded of the weights at one step."""
    l1_norm, l2_norm, active = row_norms(encoder(weights), threshold)
    with one_thread():  # of BLAS, whose last bits depend on their number
        energy = to_numpy(network.loss(weights, step)) / 4
    return {"l1_norm": l1_norm, "l2_norm": l2_norm, "active": active, "energy": energy}
