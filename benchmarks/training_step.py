"""How do a training step and a whole run compare with PyTorch's, and with the matrix products that they need?

The floor is the symmetric product by BLAS's own routine, half the operations of a general one, and the
product with the residual, each on all cores. Its ratio to PyTorch says how much faster any step could be
that leaves its products to BLAS.
"""

from collections.abc import Callable
from functools import partial
from statistics import median
from time import sleep

import numpy as np

from benchmarks.autograd import LEARNING_RATE, Loop, training_step
from benchmarks.measuring import RUNS, Row, check, duration, matmul_peak, medians, timed
from theory import Autoencoder
from theory.common.arguments import ArgumentError
from validation import train
from validation.training.backend import namespace
from validation.training.blocks import Blocks, Team
from validation.training.models.tied import Tied
from validation.training.optimizers import AdamW, Penalty, Stepper
from validation.training.parts import Parts, large

CALLS, PAUSE = 50, 0.2  # steps in a row, seconds before them
STEPS = 7500  # of the paper
MODEL = Autoencoder(256, 4096, 2.5e-4)
ENSEMBLE, REPLICATES = Autoencoder(64, 128, 2.5e-4), 32
ON_GPU = Autoencoder(4096, 65_536, 2.5e-4)


def measure(
    model: Autoencoder = MODEL,
    runs: int = RUNS,
    calls: int = CALLS,
    peak_size: int = 2048,
    ensemble: Autoencoder = ENSEMBLE,
    steps: int = STEPS,
) -> list[Row]:
    """Compare AdamW in float32: one large network step by step, and a whole run of many small ones."""
    rows = _step(model, runs, calls, peak_size) + _run(ensemble, steps, calls)
    try:
        namespace("cuda")
    except ArgumentError:
        return rows
    return rows + _on_gpu(ON_GPU, runs, calls)


def _step(model: Autoencoder, runs: int, calls: int, peak_size: int) -> list[Row]:
    initial = model.initial(np.random.default_rng(0)).astype(np.float32)
    trainer, loop = _trainer(model, initial[None].copy()), Loop(model, initial)
    gram = np.empty((model.n_features, model.n_features), np.float32)
    product = np.empty_like(initial)

    def ours(steps: int = calls) -> None:
        with Team() as team:
            trainer.advance(steps, team)

    def floor() -> None:
        for _ in range(calls):
            np.matmul(initial, initial.T, gram)  # NumPy sees the symmetry
            np.matmul(gram, initial, product)

    ours(1)
    loop.losses(1)
    weights = trainer.parameters["weights"][0]
    moved = np.abs(weights - initial).max()
    # the first step of Adam is ± rate for every weight, whatever the gradient, unless that is about 0
    differing = np.abs(weights - loop.weights.detach().numpy()) > 0.01 * LEARNING_RATE
    check(moved > 0.5 * LEARNING_RATE and differing.mean() < 1e-3, "the steps differ")
    peak = matmul_peak(np.float32, peak_size)
    each = _medians_apart(runs, ours, lambda: loop.losses(calls), floor)
    seconds, torch_seconds, products = (each_seconds / calls for each_seconds in each)
    operations = 3 * model.n_features**2 * model.n_neurons
    size = f"n = {model.n_features}, m = {model.n_neurons}, float32, {runs} runs of {calls} steps"
    return [
        Row(size, duration(seconds), f"PyTorch {duration(torch_seconds)}",
            f"{torch_seconds / seconds:.2f} faster", "≥ 5", torch_seconds / seconds >= 5),
        Row(size, duration(seconds), f"its two products {duration(products)}",
            f"{seconds / products:.2f} times", "≤ 1.5", seconds / products <= 1.5),
        Row(f"its two products at the measured peak of {peak / 1e9:.0f} GF/s", duration(operations / peak),
            f"PyTorch {duration(torch_seconds)}", f"{torch_seconds * peak / operations:.2f} faster"),
    ]  # fmt: skip


def _medians_apart(runs: int, *functions: Callable[[], object]) -> list[float]:
    """Return the median seconds of each function, called in turn once all threads are idle.

    After its last call a library's threads keep the cores busy for a while, in wait for the next one.
    """
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(runs):
        for function, taken in zip(functions, seconds, strict=True):
            sleep(PAUSE)
            taken.append(timed(function)[0])
    return [median(taken) for taken in seconds]


def _run(model: Autoencoder, steps: int, calls: int) -> list[Row]:
    """Compare a run of replicates, ours in full and PyTorch's extrapolated."""
    settings = {"learning_rate": LEARNING_RATE, "replicates": REPLICATES}
    train(model, "adamw", steps=2, **settings)
    ours, result = timed(lambda: train(model, "adamw", steps=steps, **settings))
    loop = Loop(model, result.initial.values)
    loop.losses(1)
    theirs = timed(lambda: loop.losses(calls))[0] * steps / calls
    return [
        Row(
            f"{REPLICATES} replicates, n = {model.n_features}, m = {model.n_neurons}, {steps} steps, one run",
            duration(ours),
            f"PyTorch {duration(theirs)}, from {calls} steps",
            f"{theirs / ours:.2f} faster",
        )
    ]


def _on_gpu(model: Autoencoder, runs: int, calls: int) -> list[Row]:
    """Compare a step on a GPU with PyTorch's there and with the measured single-precision matrix peak."""
    import cupy
    import torch

    def synchronized(function):
        def call() -> None:
            function()
            cupy.cuda.Device().synchronize()

        return call

    initial = model.initial(np.random.default_rng(0)).astype(np.float32)
    trainer = _trainer(model, cupy.asarray(initial[None]))
    weights = torch.tensor(initial, device="cuda", requires_grad=True)
    step = training_step(weights, model.l1_train)
    square = cupy.ones((8192, 8192), cupy.float32)
    team = Team()
    functions = (lambda: trainer.advance(1, team), step, lambda: cupy.matmul(square, square))
    with team:
        for function in functions:
            synchronized(function)()
        ours, theirs, product = medians(runs, *map(synchronized, functions), calls=calls)
    share = (4 * model.n_features**2 * model.n_neurons / ours) / (2 * 8192**3 / product)
    size = f"GPU, n = {model.n_features}, m = {model.n_neurons}, float32, {runs} runs of {calls} steps"
    return [
        Row(size, duration(ours), f"PyTorch {duration(theirs)}", f"{theirs / ours:.2f} faster"),
        Row(size, duration(ours), f"matrix peak {2 * 8192**3 / product / 1e12:.1f} TF/s",
            f"{share:.0%} of it", "≥ 70 %", share >= 0.7),
    ]  # fmt: skip


def _trainer(model: Autoencoder, weights):
    """Return what `train` would use for these weights."""
    stepper = partial(Stepper, AdamW(), learning_rate=LEARNING_RATE, penalty=Penalty(model.l1_train))
    if isinstance(weights, np.ndarray) and large(weights):
        return Parts(weights, stepper)
    return Blocks({"weights": weights}, lambda part: Tied(model.l1_train), lambda name, part: stepper(part))
