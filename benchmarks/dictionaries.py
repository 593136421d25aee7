"""How do 64 dictionaries trained side by side compare with PyTorch, and a step with its matrix products?

PyTorch trains them one after another and as one batch, by autograd, from the same initial parameters on the
same samples: top-k or L1, Adam, decoder rows of length 1 with projected gradients. Samples are drawn before.
The products of a dense step are five: two forward, three back.
"""

from collections.abc import Callable
from functools import partial

import numpy as np
import torch

from benchmarks.measuring import RUNS, Row, check, duration, medians
from theory import Dictionary
from validation.training.blocks import Blocks, Team
from validation.training.dictionaries.data import Rows
from validation.training.dictionaries.network import Batches, Learner
from validation.training.optimizers import Adam, GradientDescent, Stepper

RATE = 1e-3
MODELS = (
    Dictionary(64, 256, "topk", k=8),
    Dictionary(64, 256, "l1", l1_coefficient=0.5),
)
STEPS = 3  # of each call
DENSITY = 5 / 128  # of 128 features in the samples


class Given(Rows):
    """The first rows, whatever the step, so that all sides have the same."""

    def draw(self, rng: np.random.Generator, count: int, replicate: int) -> np.ndarray:
        """Return the first rows."""
        return self.activations[:count]


def measure(
    models: tuple[Dictionary, ...] = MODELS, replicates: int = 64, batch: int = 1024, runs: int = RUNS
) -> list[Row]:
    """Compare the training of dictionaries in float32 on all cores."""
    return [row for model in models for row in _rows(model, replicates, batch, runs)]


def _rows(model: Dictionary, replicates: int, batch: int, runs: int) -> list[Row]:
    inputs, start = _samples(model, batch), _start(model, replicates)
    trainer = _trainer(model, {name: array.copy() for name, array in start.items()}, inputs)
    one_by_one = [PyTorch(model, {n: a[r] for n, a in start.items()}, inputs) for r in range(replicates)]
    batched = PyTorch(model, start, inputs)

    def ours() -> None:
        with Team() as team:
            trainer.advance(STEPS, team)

    def in_turn() -> None:
        for peer in one_by_one:
            peer.advance()

    ours(), in_turn(), batched.advance()
    for peer, at in ((one_by_one[0], 0), (batched, slice(None))):
        differing = np.abs(trainer.parameters["W_dec"][at] - peer.p["W_dec"].detach().numpy()) > RATE
        check(differing.mean() < 0.01, "the steps differ")
    seconds, turn, batch_seconds, products = medians(
        runs, ours, in_turn, batched.advance, partial(_products, start, inputs)
    )
    each = replicates * STEPS
    size = (
        f"{model.kind}, {replicates} × {model.n_latents} latents on {model.n_inputs}, batch {batch}, one step"
    )
    mine, most = duration(seconds / each), 1.0 if model.kind == "topk" else 1.5
    return [
        Row(size, mine, f"PyTorch one after another {duration(turn / each)}",
            f"{turn / seconds:.2f} faster", "≥ 2", turn / seconds >= 2),
        Row(size, mine, f"PyTorch batched {duration(batch_seconds / each)}",
            f"{batch_seconds / seconds:.2f} faster", "≥ 1.3", batch_seconds / seconds >= 1.3),
        Row(size, mine, f"its five products, dense {duration(products / each)}",
            f"{seconds / products:.2f} times", f"≤ {most:g}", seconds / products <= most),
    ]  # fmt: skip


def _samples(model: Dictionary, batch: int) -> np.ndarray:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(128, model.n_inputs))
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    return ((rng.random((batch, 128)) < DENSITY) * rng.random((batch, 128)) @ features).astype(np.float32)


def _start(model: Dictionary, replicates: int) -> dict[str, np.ndarray]:
    decoder = np.random.default_rng(1).normal(size=(replicates, model.n_latents, model.n_inputs))
    decoder = (decoder / np.linalg.norm(decoder, axis=-1, keepdims=True)).astype(np.float32)
    zeros = np.zeros(decoder.shape[:2], np.float32)
    bias = zeros - np.float32(0.3)  # as sparse as in the course of training
    encoder = np.ascontiguousarray(decoder.transpose(0, 2, 1))
    b_dec = np.zeros((replicates, model.n_inputs), np.float32)
    return {"W_enc": encoder, "W_dec": decoder, "b_enc": bias, "b_dec": b_dec, "idle": zeros}


def _trainer(model: Dictionary, parameters: dict[str, np.ndarray], inputs: np.ndarray) -> Blocks:
    keys = np.zeros((len(parameters["W_dec"]), 2), np.uint64)

    def network(part: slice) -> Learner:
        return Learner(model, Batches(Given(inputs), keys[part], 0, len(inputs)), 10**6, 0.0, 10**6)

    def stepper(name: str, array: np.ndarray) -> Stepper:
        return Stepper(
            GradientDescent() if name == "idle" else Adam(), array, 0.0 if name == "idle" else RATE
        )

    return Blocks(parameters, network, stepper)


def _products(start: dict[str, np.ndarray], inputs: np.ndarray) -> None:
    """Multiply what a dense step has to, as our training does: a dictionary a core, BLAS on one thread."""

    def of(r: int) -> Callable[[], None]:
        encoder, decoder = start["W_enc"][r], start["W_dec"][r]

        def multiply() -> None:
            for _ in range(STEPS):
                latents = inputs @ encoder
                outputs = latents @ decoder
                _ = outputs @ decoder.T, latents.T @ outputs, inputs.T @ latents

        return multiply

    with Team() as team:
        team.work([of(r) for r in range(len(start["W_dec"]))])


class PyTorch:
    """One dictionary, or a batch of them along a first axis."""

    def __init__(self, model: Dictionary, start: dict[str, np.ndarray], inputs: np.ndarray) -> None:
        self.model, self.inputs = model, torch.tensor(inputs)
        self.p = {n: torch.tensor(a.copy(), requires_grad=True) for n, a in start.items() if n != "idle"}
        self.optimizer = torch.optim.Adam(self.p.values(), lr=RATE)

    def advance(self) -> None:
        """Do `STEPS` steps."""
        for _ in range(STEPS):
            self.optimizer.zero_grad()
            self._loss().backward()
            decoder = self.p["W_dec"]
            with torch.no_grad():
                decoder.grad -= (decoder.grad * decoder).sum(-1, keepdim=True) * decoder
                self.optimizer.step()
                decoder /= decoder.norm(dim=-1, keepdim=True)

    def _loss(self) -> torch.Tensor:
        p = self.p
        pre = (self.inputs - p["b_dec"].unsqueeze(-2)) @ p["W_enc"] + p["b_enc"].unsqueeze(-2)
        latents = pre.relu()
        if self.model.kind == "topk":
            top = torch.topk(latents, int(self.model.k or 1), dim=-1, sorted=False)
            latents = torch.zeros_like(latents).scatter(-1, top.indices, top.values)
        outputs = latents @ p["W_dec"] + p["b_dec"].unsqueeze(-2)
        loss = (outputs - self.inputs).square().sum()
        if self.model.l1_coefficient:
            loss = loss + self.model.l1_coefficient * latents.sum()
        return loss / len(self.inputs)
