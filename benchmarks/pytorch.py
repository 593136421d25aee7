"""How much sooner does `simulate` reach the final state than training with PyTorch's AdamW?

The loss is written with autograd, in float32, with `torch.optim.AdamW` on the CPU with all its threads;
that the flow is the gradient flow of this very loss is checked beforehand.
"""

import numpy as np
import torch

from benchmarks.measuring import RUNS, Row, check, duration, medians, timed
from sim import simulate
from sim.forces import smooth_force
from theory import Autoencoder

MODEL = Autoencoder(256, 4096, 2.5e-4)
STEPS, EXTRAPOLATED_FROM = 7500, 100  # of the paper; steps that are timed
LEARNING_RATE = 1e-3
BUDGET = 120.0  # seconds for ours, from which on there are fewer runs


def measure(model: Autoencoder = MODEL, runs: int = RUNS, timed_steps: int = EXTRAPOLATED_FROM) -> list[Row]:
    """Compare one final state with 7,500 steps, in float32 as they are trained."""
    initial = model.initial(np.random.default_rng(0))
    _check_gradient(model, initial)
    loop = Loop(model, initial)

    def ours():
        return simulate(model, initial=initial, times=[0.0])

    first, run = timed(ours)
    check(run.attrs.get("time_to_sparsity") is not None, "ours has not come to the final state")
    runs = max(1, min(runs, int(BUDGET / first)))
    before = loop.losses(1)[0]
    seconds, steps = medians(runs, ours, lambda: loop.losses(timed_steps))
    check(loop.losses(1)[0] < before, "the loss does not fall in training")
    training = steps * STEPS / timed_steps
    return [
        Row(
            f"n = {model.n_features}, m = {model.n_neurons}, λ = {model.l1:g}, {runs} run{'s' * (runs > 1)}",
            f"{duration(seconds)}, {run.attrs['evaluations']} right-hand sides",
            f"{duration(training)} for {STEPS} steps, from {timed_steps}",
            f"{training / seconds:.0f} faster",
            "≥ 100",
            training / seconds >= 100,
        )
    ]


def loss(weights: torch.Tensor, l1_train: float) -> torch.Tensor:
    """Return ``Σ_i ‖ReLU(W W_i) − e_i‖² + λ_train Σ_i ‖W_i‖₁``, as one would write it in PyTorch."""
    outputs = torch.relu(weights @ weights.T)
    return ((outputs - torch.eye(len(weights))) ** 2).sum() + l1_train * weights.abs().sum()


class Loop:
    """A plain autograd training loop in float32."""

    def __init__(self, model: Autoencoder, initial: np.ndarray) -> None:
        self.l1_train = model.l1_train
        self.weights = torch.tensor(initial, dtype=torch.float32, requires_grad=True)
        self.optimizer = torch.optim.AdamW([self.weights], lr=LEARNING_RATE)

    def losses(self, steps: int) -> list[float]:
        """Do `steps` steps and return the loss before the first and the last."""
        values = []
        for number in range(steps):
            self.optimizer.zero_grad()
            value = loss(self.weights, self.l1_train)
            if number in (0, steps - 1):
                values.append(value.item())
            value.backward()
            self.optimizer.step()
        return values


def _check_gradient(model: Autoencoder, initial: np.ndarray) -> None:
    """See that the flow is the gradient flow of this loss, four times slower."""
    weights = torch.tensor(initial, requires_grad=True)  # float64
    n = model.n_features
    outputs = torch.relu(weights @ weights.T)
    value = ((outputs - torch.eye(n, dtype=weights.dtype)) ** 2).sum() + model.l1_train * weights.abs().sum()
    value.backward()
    force = np.empty_like(initial)
    smooth_force(initial, True, True, np.empty((n, n)), force)
    force -= model.l1 * np.sign(initial)
    check(np.allclose(-weights.grad.numpy() / 4, force, atol=1e-12), "the flow is not that of the loss")
