"""Do features end on the same neurons by PyTorch's optimisers, from the same initial weights?

Ours has the gradient written out, PyTorch's comes from autograd; both are in float32, so that they part where
two weights are nearly equal. A feature ends alike if its largest final weight is on the same neuron, with the
same sign.
"""

from collections.abc import Callable

import numpy as np
import torch

from benchmarks.autograd import loss
from benchmarks.measuring import Row
from sim.metrics import leading_slots
from theory import Autoencoder
from validation import train

MODEL = Autoencoder(64, 256, 2.5e-4)
STRONGER = Autoencoder(64, 256, 8e-3)
REPLICATES = 8
ALIKE = 0.95  # share of features that should end alike
PEERS: dict[str, tuple[Autoencoder, float, int, Callable]] = {
    "gd": (STRONGER, 0.05, 600, torch.optim.SGD),
    "momentum": (STRONGER, 0.005, 600, lambda weights, lr: torch.optim.SGD(weights, lr, momentum=0.9)),
    "adam": (MODEL, 1e-3, 2800, torch.optim.Adam),
    "adamw": (MODEL, 1e-3, 2800, torch.optim.AdamW),
}


def measure(replicates: int = REPLICATES, shorter: int = 1) -> list[Row]:
    """Train the same networks both ways; `shorter` divides the number of steps."""
    rows = []
    for name, (model, rate, steps, optimizer) in PEERS.items():
        steps //= shorter
        ours = train(model, name, steps=steps, learning_rate=rate, replicates=replicates, seed=0)
        theirs = _trained(ours.initial.values, model.l1_train, steps, optimizer, rate)
        ends, starts = leading_slots(ours.final.values), leading_slots(ours.initial.values)
        same = (leading_slots(theirs) == ends).mean()
        rows.append(
            Row(
                f"{name}, n = {model.n_features}, m = {model.n_neurons}, rate {rate:g}, {steps} steps, "
                f"{replicates} networks",
                f"largest initial weight wins for {(ends == starts).mean():.1%}",
                f"for {(leading_slots(theirs) == starts).mean():.1%}",
                f"{same:.1%} of features end alike",
                f"≥ {ALIKE:.0%}",
                bool(same >= ALIKE),
            )
        )
    return rows


def _trained(
    initial: np.ndarray, l1_train: float, steps: int, optimizer: Callable, rate: float
) -> np.ndarray:
    """Return the weights after so many steps by autograd and an optimiser of PyTorch."""
    weights = torch.tensor(initial, dtype=torch.float32, requires_grad=True)
    stepper = optimizer([weights], lr=rate)
    for _ in range(steps):
        stepper.zero_grad()
        loss(weights, l1_train).backward()
        stepper.step()
    return weights.detach().numpy()
