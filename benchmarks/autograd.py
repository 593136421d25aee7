"""The peer: a plain training loop in PyTorch, with autograd and `torch.optim.AdamW`."""

from collections.abc import Callable

import numpy as np
import torch

from theory import Autoencoder

LEARNING_RATE = 1e-3  # of the paper


def loss(weights: torch.Tensor, l1_train: float) -> torch.Tensor:
    """Return ``Σ_i ‖ReLU(W W_i) − e_i‖² + λ_train Σ_i ‖W_i‖₁``, as one would write it in PyTorch."""
    outputs = torch.relu(weights @ weights.mT)
    identity = torch.eye(weights.shape[-2], dtype=weights.dtype, device=weights.device)
    return ((outputs - identity) ** 2).sum() + l1_train * weights.abs().sum()


def training_step(weights: torch.Tensor, l1_train: float) -> Callable[[], torch.Tensor]:
    """Return what does one step of AdamW by autograd and gives the loss before it."""
    optimizer = torch.optim.AdamW([weights], lr=LEARNING_RATE)

    def step() -> torch.Tensor:
        optimizer.zero_grad()
        value = loss(weights, l1_train)
        value.backward()
        optimizer.step()
        return value

    return step


class Loop:
    """A plain autograd training loop in float32, of one network or of replicates along the first axis."""

    def __init__(self, model: Autoencoder, initial: np.ndarray) -> None:
        self.weights = torch.tensor(initial, dtype=torch.float32, requires_grad=True)
        self.step = training_step(self.weights, model.l1_train)

    def losses(self, steps: int) -> list[float]:
        """Do `steps` steps and return the loss before the first and the last."""
        values = []
        for number in range(steps):
            value = self.step()
            if number in (0, steps - 1):
                values.append(value.item())
        return values
