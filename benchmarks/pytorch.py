"""How much sooner does `simulate` reach the final state than training with PyTorch's AdamW?

The loss is written with autograd, in float32, with `torch.optim.AdamW` on the CPU with all its threads;
that the flow is the gradient flow of this very loss is checked beforehand.
"""

import numpy as np
import torch

from benchmarks.autograd import Loop, loss
from benchmarks.measuring import RUNS, Row, check, duration, medians, timed
from sim import simulate
from theory import Autoencoder
from validation.training.models.tied import Tied

MODEL = Autoencoder(256, 4096, 2.5e-4)
STEPS, EXTRAPOLATED_FROM = 7500, 100  # of the paper; steps that are timed
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


def _check_gradient(model: Autoencoder, initial: np.ndarray) -> None:
    """See that the trained model's gradient, four times the force of the flow, is that of this loss."""
    weights = torch.tensor(initial, requires_grad=True)  # float64
    loss(weights, model.l1_train).backward()
    ours = Tied(model.l1_train).gradient(initial[None])[0]
    check(np.allclose(weights.grad.numpy(), ours, atol=1e-12), "the gradients differ")
