"""How does a training step of the two-layer model compare with its matrix products, and with PyTorch's?

At the size of arXiv:2211.09169 with a batch of 8,192, on samples drawn anew in each step: with the usual
initial biases half of the neurons are on, with one of −0.25 few are, as in trained monosemantic models. The
products are the five of a dense step, by NumPy on one thread, as ours.

A whole run of the small model, on all cores, is held against as many of PyTorch's steps, also on all cores:
theirs from the first hundred.
"""

from time import perf_counter

import numpy as np
from threadpoolctl import threadpool_limits

from benchmarks.measuring import RUNS, Row, check, duration, medians
from theory import TwoLayer
from validation.training import train
from validation.training.models.two_layer import Problem, Replicates
from validation.training.optimizers import LAMB, Stepper
from validation.training.sparse_samples import draw

MODEL = TwoLayer(512, 64, 1024, 1 / 64)
BATCH, RATE = 2**13, 1e-4
SAME = 1e-3  # of gradients: in float32 a ReLU near 0 is on for one and off for the other (float64: 1e-14)
BIASES = (0.0, -0.25)
SMALL, SMALL_BATCH, STEPS, TRIED = TwoLayer(128, 64, 256, 1 / 32), 2**10, 2**13, 100


def measure(
    model: TwoLayer = MODEL, batch: int = BATCH, runs: int = RUNS, small: TwoLayer = SMALL, steps: int = STEPS
) -> list[Row]:
    """Compare steps in float32 on one thread, each with its samples; ours is LAMB, PyTorch's is Adam."""
    import torch

    whole = _whole(small, steps)
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with threadpool_limits(1, user_api="blas"):
            return [row for bias in BIASES for row in _rows(model, batch, bias, runs)] + [whole]
    finally:
        torch.set_num_threads(threads)


def _whole(model: TwoLayer, steps: int) -> Row:
    """Compare a run from the usual initial biases, its measurements included, with PyTorch's steps."""
    rng = np.random.default_rng(0)
    problem = Problem.drawn(model, rng, 0.0, "float32")
    start = {name: array.astype(np.float32) for name, array in model.initial(rng).items()}
    step = _pytorch(problem, start, SMALL_BATCH)
    train(model, steps=1, batch=SMALL_BATCH)  # compiles
    began = perf_counter()
    train(model, steps=steps, batch=SMALL_BATCH)
    ours = perf_counter() - began
    began = perf_counter()
    for _ in range(TRIED):
        step()
    theirs = (perf_counter() - began) / TRIED * steps
    size = f"N = {model.n_features}, k = {model.n_neurons}, batch {SMALL_BATCH:,}, {steps:,} steps"
    return Row(size, duration(ours), f"PyTorch, from {TRIED} steps, {duration(theirs)}",
               f"{theirs / ours:.2f} faster", "≤ 30 s", ours <= 30)  # fmt: skip


def _rows(model: TwoLayer, batch: int, bias: float, runs: int) -> list[Row]:
    rng = np.random.default_rng(0)
    problem = Problem.drawn(model, rng, 0.0, "float32")
    start = {name: array.astype(np.float32) for name, array in model.initial(rng, bias).items()}
    samples = draw(rng, model.probabilities(), batch, False, "float32")
    hidden = samples.dense(model.n_features) @ problem.projection @ start["W1"] + start["b1"]
    share = float((hidden > 0).mean())
    ours, theirs = _ours(problem, start, batch), _pytorch(problem, start, batch)
    seconds, torch_seconds, products = medians(runs, ours, theirs, _products(model, batch, rng))
    size = f"N = {model.n_features}, k = {model.n_neurons}, batch {batch:,}, {share:.0%} on, {runs} runs"
    return [
        Row(size, duration(seconds), f"PyTorch {duration(torch_seconds)}",
            f"{torch_seconds / seconds:.2f} faster", "≥ 2", torch_seconds / seconds >= 2),
        Row(size, duration(seconds), f"its dense products {duration(products)}",
            f"{seconds / products:.2f} times", "≤ 1.5", seconds / products <= 1.5),
    ]  # fmt: skip


def _ours(problem, start, batch):
    network = Replicates([problem], np.zeros((1, 2), np.uint64), batch)
    steppers = {n: Stepper(LAMB(weight_decay=0.0), a[None].copy(), RATE) for n, a in start.items()}

    def step() -> None:
        parameters = {name: stepper.weights for name, stepper in steppers.items()}
        gradients = network.gradients(parameters, steppers["W1"].steps)
        for name, stepper in steppers.items():
            stepper.update(gradients[name])

    step()
    return step


def _pytorch(problem, start, batch):
    """Return what does a step as one would write it, once its gradient was seen to be ours."""
    import torch

    model = problem.model
    weights = {name: torch.tensor(array, requires_grad=True) for name, array in start.items()}
    projection = torch.tensor(problem.projection)
    optimizer = torch.optim.Adam(weights.values(), lr=RATE)

    def loss(features):
        activity = torch.relu(features @ projection @ weights["W1"] + weights["b1"])
        return ((activity @ weights["W2"] - features) ** 2).sum() / len(features)

    def step() -> None:
        features = torch.rand(batch, model.n_features)
        features *= torch.rand(batch, model.n_features) < model.probability
        optimizer.zero_grad()
        loss(features).backward()
        optimizer.step()

    network = Replicates([problem], np.zeros((1, 2), np.uint64), batch)
    one = {name: array[None] for name, array in start.items()}
    _, _, samples = next(network._each(one, batch, [0, 0]))
    loss(torch.tensor(samples.dense(model.n_features))).backward()
    for name, gradient in network.gradients(one, 0).items():
        gap = np.abs(gradient[0] - weights[name].grad.numpy()).max()
        check(gap <= SAME * np.abs(gradient).max(), f"the gradients of {name} differ")
    step()
    return step


def _products(model: TwoLayer, batch: int, rng: np.random.Generator):
    inputs, first, second, activity, slope = (
        rng.normal(size=shape).astype(np.float32)
        for shape in (
            (batch, model.n_inputs),
            (model.n_inputs, model.n_neurons),
            (model.n_neurons, model.n_outputs),
            (batch, model.n_neurons),
            (batch, model.n_outputs),
        )
    )

    def multiply() -> None:
        _ = inputs @ first, activity @ second, activity.T @ slope, slope @ second.T, inputs.T @ activity

    return multiply
