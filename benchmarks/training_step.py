"""How does a training step compare with PyTorch's, and with the matrix products that it needs?

A symmetric product and a product, in the order in which the gradient needs them, are the floor.
"""

import numpy as np

from benchmarks.measuring import RUNS, Row, check, duration, matmul_peak, medians
from benchmarks.pytorch import LEARNING_RATE, Loop
from theory import Autoencoder
from validation.models.tied import Tied
from validation.optimizers import AdamW

CALLS = 20  # in each run
MODEL = Autoencoder(256, 4096, 2.5e-4)


def measure(model: Autoencoder = MODEL, runs: int = RUNS, peak_size: int = 2048) -> list[Row]:
    """Compare one step of AdamW in float32 on one replicate."""
    initial = model.initial(np.random.default_rng(0)).astype(np.float32)
    weights = initial[None].copy()
    network, optimizer = Tied(model.l1_train), AdamW(weights, LEARNING_RATE)
    loop = Loop(model, initial)
    gram = np.empty((model.n_features, model.n_features), np.float32)
    product = np.empty_like(initial)

    def ours() -> None:
        optimizer.update(network.gradient(weights))

    def products() -> None:
        np.matmul(initial, initial.T, gram)
        np.matmul(gram, initial, product)

    ours()
    loop.losses(1)
    moved = np.abs(weights[0] - initial).max()
    # the first step of Adam is ± rate for every weight, whatever the gradient, unless that is about 0
    differing = np.abs(weights[0] - loop.weights.detach().numpy()) > 0.01 * LEARNING_RATE
    check(moved > 0.5 * LEARNING_RATE and differing.mean() < 1e-3, "the steps differ")
    seconds, floor = medians(runs, ours, products, calls=CALLS)
    beside_torch, torch_seconds = medians(runs, ours, lambda: loop.losses(1), calls=CALLS)
    peak = matmul_peak(np.float32, peak_size)
    size = f"n = {model.n_features}, m = {model.n_neurons}, float32, {runs} runs of {CALLS}"
    return [
        Row(size, duration(beside_torch), f"PyTorch {duration(torch_seconds)}",
            f"{torch_seconds / beside_torch:.2f} faster"),
        Row(f"{size}; measured peak {peak / 1e9:.0f} GF/s", duration(seconds),
            f"its two products {duration(floor)}", f"{seconds / floor:.2f} times"),
    ]  # fmt: skip
