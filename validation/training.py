"""Training a reference model: replicates in blocks that stay in cache, blocks on all cores."""

import math
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from sim.progress import track
from theory import Autoencoder, arguments
from theory.arguments import ArgumentError
from theory.schema import dataset
from validation.models.tied import Tied
from validation.optimizers import OPTIMIZERS, Optimizer

DEVICES = ("cpu",)
PRECISIONS = ("float32", "float64")
# A block with its gradient and two moments takes 1 MiB, what a core has as second-level cache.
BLOCK_BYTES = 2**18
RECORDS = 30
SPANS = 100


def train(
    model: Autoencoder,
    optimizer: str = "gd",
    *,
    steps: int = 7500,
    learning_rate: float = 1e-3,
    replicates: int = 1,
    seed: int = 0,
    initial: np.ndarray | None = None,
    dtype: str = "float32",
    device: str = "cpu",
) -> xr.Dataset:
    """Train the tied autoencoder on all basis vectors at once.

    Parameters
    ----------
    model : Autoencoder
        What is trained; the training loss has the L1 strength λ_train = 4 λ.
    optimizer : {"gd", "adamw"}
        Plain gradient descent, or AdamW with the defaults of PyTorch.
    steps : int
        Number of steps, at least 1; by default that of the paper.
    learning_rate : float
        The rate, greater than 0; by default that of the paper.
    replicates : int
        Number of independent runs, at least 1. Replicate r draws its initial weights from the r-th
        child of ``SeedSequence(seed)``, as `sim.ensemble` does.
    seed : int
        Seed of the initial weights.
    initial : array_like, shape (feature, neuron) or (replicate, feature, neuron), optional
        Initial weights instead of random ones.
    dtype : {"float32", "float64"}
        Precision of the training, by default that of the paper.
    device : {"cpu"}
        Where it runs.

    Returns
    -------
    Dataset
        ``initial`` and ``final`` (replicate, feature, neuron); ``l1_norm``, ``l2_norm`` and ``active``
        (replicate, time, feature) and ``energy`` = loss / 4 (replicate, time) at step 0 and at steps
        spaced like a logarithm. Coordinate ``step``, and for gradient descent ``time`` = 4 · rate ·
        step, the time of the flow that it follows.

        Subgradient steps have no exact zeros: weights that the flow holds at 0 jump about it. ``active``
        therefore counts the weights of size greater than attribute ``active_threshold``, the size
        of these jumps: 2 · rate · λ_train for gradient descent, 3.2 · rate for AdamW.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, or the learning rate is so large that training diverges.

    Notes
    -----
    Seed 001, sections "We consider a model …" and "Experiments"; arXiv:2312.03096 for the settings. The
    result depends neither on the number of cores nor on how replicates are put into blocks.
    """
    kind = OPTIMIZERS[arguments.choice("optimizer", optimizer, OPTIMIZERS)]
    steps = arguments.whole("steps", steps, least=1)
    learning_rate = arguments.real("learning_rate", learning_rate, above=0)
    arguments.choice("dtype", dtype, PRECISIONS)
    arguments.choice("device", device, DEVICES)
    start = _initial(model, replicates, seed, initial)

    weights = start.astype(dtype)
    network = Tied(model.l1_train)
    blocks = [_Block(network, block, kind(block, learning_rate)) for block in _split(weights)]
    recorded = np.unique(np.append(0, np.geomspace(1, steps, RECORDS).round().astype(int)))
    threshold = blocks[0].optimizer.jitter(model.l1_train)
    records = []
    for _ in _advance(blocks, recorded, description=f"training ({optimizer})"):
        with np.errstate(over="ignore", invalid="ignore"):
            records.append(_measure(network, weights, threshold))
        if not np.isfinite(records[-1]["energy"]).all():
            raise ArgumentError(f"learning_rate must be smaller: training diverges at {learning_rate:g}")

    coords = {"step": ("time", recorded)}
    if (times := blocks[0].optimizer.flow_time(recorded)) is not None:
        coords["time"] = ("time", times)
    encodings = ("replicate", "feature", "neuron")
    variables: dict[str, tuple] = {"initial": (encodings, start), "final": (encodings, weights)}
    for name in records[0]:
        values = np.stack([record[name] for record in records], axis=1)
        variables[name] = (("replicate", "time", "feature")[: values.ndim], values)
    return dataset(
        variables,
        source="training",
        model=model,
        coords=coords,
        method=optimizer,
        steps=steps,
        learning_rate=learning_rate,
        seed=seed if initial is None else None,
        active_threshold=threshold,
        dtype=dtype,
        device=device,
    )


class _Block:
    """Some replicates that are trained together: a view of their weights with the optimiser's state."""

    def __init__(self, network: Tied, weights: np.ndarray, optimizer: Optimizer) -> None:
        self.network, self.weights, self.optimizer = network, weights, optimizer

    def advance(self, steps: int) -> None:
        """Do `steps` steps; weights that overflow are left to the caller to find."""
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(steps):
                self.optimizer.update(self.network.gradient(self.weights))


def _advance(blocks: list[_Block], recorded: np.ndarray, description: str) -> Iterator[int]:
    """Train all blocks side by side and yield at each of the steps that are to be recorded."""
    stops = np.union1d(recorded, np.linspace(0, recorded[-1], SPANS + 1).astype(int)).tolist()
    # The products are small: threads inside BLAS gain nothing, the blocks are what runs in parallel.
    with threadpool_limits(1, user_api="blas"), ThreadPoolExecutor(os.cpu_count()) as pool:
        yield 0
        for before, stop in track(list(pairwise(stops)), description):
            list(pool.map(lambda block, count=stop - before: block.advance(count), blocks))
            if stop in recorded:
                yield stop


def _initial(model: Autoencoder, replicates: int, seed: int, initial: np.ndarray | None) -> np.ndarray:
    """Return initial weights, shape (replicate, feature, neuron), drawn or given."""
    replicates = arguments.whole("replicates", replicates, least=1)
    seed = arguments.whole("seed", seed)
    if initial is None:
        children = np.random.SeedSequence(seed).spawn(replicates)
        return np.stack([model.initial(np.random.default_rng(child)) for child in children])
    shape = (replicates, model.n_features, model.n_neurons)
    axes = ("replicate", "feature", "neuron")[-2 if np.ndim(initial) == 2 else 0 :]
    given = arguments.array("initial", initial, axes)
    if given.shape not in (shape, shape[1:]):
        raise ArgumentError(f"initial must have shape {shape[1:]} or {shape}, got {given.shape}")
    return np.broadcast_to(given, shape).copy()


def _split(weights: np.ndarray) -> list[np.ndarray]:
    """Split weights into views, by replicate: none greater than `BLOCK_BYTES`, one for each core."""
    wanted = max(math.ceil(weights.nbytes / BLOCK_BYTES), os.cpu_count() or 1)
    return np.array_split(weights, min(wanted, len(weights)))


def _measure(network: Tied, weights: np.ndarray, threshold: float) -> dict[str, np.ndarray]:
    """Return what is recorded of the weights at one step."""
    sizes = np.abs(weights)
    return {
        "l1_norm": sizes.sum(axis=-1),
        "l2_norm": np.sqrt(np.square(sizes).sum(axis=-1)),
        "active": (sizes > threshold).sum(axis=-1),
        "energy": network.loss(weights) / 4,
    }
