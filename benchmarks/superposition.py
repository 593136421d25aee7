"""How long do flow and training of superposition take, beside the public notebook's loop in PyTorch?

The notebook (arXiv:2209.10652) draws a batch in each step, ``torch.rand`` twice, and steps AdamW. One step's
matrix products are its five: two forward, three back.
"""

import numpy as np
import torch

from benchmarks.measuring import RUNS, Row, check, duration, medians, timed
from sim import simulate
from theory import Superposition, superposition
from validation.training.blocks import Blocks, Team
from validation.training.models.superposed import Superposed
from validation.training.optimizers import AdamW, Stepper

BATCH, RATE, STEPS = 1024, 1e-3, 10_000
SMALL, LARGE = Superposition(5, 2, 0.05), Superposition(200, 20, 0.01)
INSTANCES = 1000


class Loop:
    """The notebook's loop: instances in one tensor, (instance, feature, neuron)."""

    def __init__(self, model: Superposition, weights: np.ndarray) -> None:
        self.probability = model.probability
        self.importances = torch.tensor(model.importances, dtype=torch.float32)
        self.weights = torch.tensor(weights, dtype=torch.float32, requires_grad=True)
        self.biases = torch.zeros(weights.shape[:2], requires_grad=True)
        self.optimizer = torch.optim.AdamW([self.weights, self.biases], lr=RATE)

    def steps(self, count: int) -> None:
        """Do so many steps."""
        instances, features, _ = self.weights.shape
        for _ in range(count):
            self.optimizer.zero_grad(set_to_none=True)
            values = torch.rand((BATCH, instances, features))
            x = torch.where(torch.rand_like(values) <= self.probability, values, torch.zeros(()))
            hidden = torch.einsum("bif,ifh->bih", x, self.weights)
            out = torch.relu(torch.einsum("bih,ifh->bif", hidden, self.weights) + self.biases)
            loss = (self.importances * (x - out) ** 2).mean(dim=(0, 2)).sum()
            loss.backward()
            self.optimizer.step()


def measure(runs: int = RUNS, calls: int = 20, instances: int = INSTANCES) -> list[Row]:
    """Compare a flow to its end, a step of a large model, and many small instances."""
    return [_flow(runs, 25 * calls), *_step(runs, calls), _instances(runs, max(1, calls // 10), instances)]


def _flow(runs: int, calls: int) -> Row:
    model = Superposition(SMALL.n_features, SMALL.n_neurons, 0)
    minima = [point.loss for point in superposition.polygons(model.n_features) if point.stable]
    run = simulate(model)
    loss = superposition.expected_loss(run.final.values, run.biases.values, model)
    check(min(abs(loss - other) for other in minima) < 1e-8, "the flow ends at no derived minimum")
    loop = Loop(SMALL, model.initial(np.random.default_rng(0))[None])
    loop.steps(1)
    ours, theirs = medians(runs, lambda: simulate(model), lambda: loop.steps(calls))
    theirs *= STEPS / calls
    return Row(
        f"n = 5, m = 2, sparse limit: flow to its end; {STEPS:,} steps, from {calls}",
        duration(ours),
        f"PyTorch {duration(theirs)}",
        f"{theirs / ours:.0f} faster",
        "≥ 50",
        theirs / ours >= 50,
    )


def _trainer(model: Superposition, weights: np.ndarray) -> Blocks:
    keys = np.random.default_rng(0).integers(2**63, size=(len(weights), 2), dtype=np.uint64)
    parameters = {"weights": weights.copy(), "biases": np.zeros(weights.shape[:2], weights.dtype)}
    return Blocks(
        parameters,
        lambda part: Superposed(model.on, BATCH, model.importances, keys[part], model.probability),
        lambda name, array: Stepper(AdamW(), array, RATE),
    )


def _step(runs: int, calls: int) -> list[Row]:
    model = LARGE
    weights = model.initial(np.random.default_rng(0))[None].astype(np.float32)
    trainer, loop = _trainer(model, weights), Loop(model, weights)
    x = model.inputs(np.random.default_rng(1), BATCH).astype(np.float32)
    hidden, outputs = x @ weights[0], (x @ weights[0]) @ weights[0].T

    def products() -> None:
        for _ in range(calls):
            x @ weights[0]
            hidden @ weights[0].T
            outputs @ weights[0]
            outputs.T @ hidden
            x.T @ hidden

    with Team() as team:
        trainer.advance(1, team)
        loop.steps(1)
        each = medians(runs, lambda: trainer.advance(calls, team), lambda: loop.steps(calls), products)
    ours, theirs, floor = (seconds / calls for seconds in each)
    size = f"n = 200, m = 20, batch {BATCH}, float32: a step, {runs} runs of {calls}"
    return [
        Row(size, duration(ours), f"PyTorch {duration(theirs)}", f"{theirs / ours:.2f} faster", "≥ 3",
            theirs / ours >= 3),
        Row(size, duration(ours), f"its five products {duration(floor)}", f"{ours / floor:.2f} times",
            "≤ 1.5", ours / floor <= 1.5),
    ]  # fmt: skip


def _instances(runs: int, calls: int, instances: int) -> Row:
    model = SMALL
    rng = np.random.default_rng(0)
    weights = np.stack([model.initial(rng) for _ in range(instances)]).astype(np.float32)
    trainer, loop = _trainer(model, weights), Loop(model, weights)
    with Team() as team:
        timed(lambda: trainer.advance(1, team))
        loop.steps(1)
        ours, theirs = medians(runs, lambda: trainer.advance(calls, team), lambda: loop.steps(calls))
    return Row(
        f"{instances:,} instances of n = 5, m = 2, batch {BATCH}, float32: a step, from {calls}",
        duration(ours / calls),
        f"PyTorch {duration(theirs / calls)}",
        f"{theirs / ours:.2f} faster",
    )
