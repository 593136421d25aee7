"""Training few but large networks: the neurons in parts, and one pass over memory in each step.

``W Wᵀ`` is a sum over neurons, and so each part of them, while it is in cache, gets its gradient, its step
and its share of the next Gram matrix. The shares are added in an order that does not depend on the number
of cores, and nor does the result. A part lies in memory neuron by neuron: so it is one contiguous piece, and
its two products are those of BLAS, of which the symmetric one does half the operations.
"""

import threading
from collections.abc import Callable, Mapping
from functools import partial

import numba
import numpy as np

from sim.machine.blas import self_product
from validation.training.blocks import Team
from validation.training.models.tied import residual
from validation.training.optimizers import Stepper

PART = 2**17  # weights: with gradient and two moments 2 MiB in float32, of which half is used at a time


def large(weights: np.ndarray) -> bool:
    """Say whether a replicate of these weights, (replicate, feature, neuron), has at least two parts."""
    return weights[0].size >= 2 * PART


class Parts:
    """Replicates of the tied autoencoder, each in parts.

    Parameters
    ----------
    weights : ndarray, shape (replicate, feature, neuron)
        What is trained, in place up to the time at which it is read.
    stepper : callable
        Gives what does steps on weights; it must work element by element.
    """

    def __init__(self, weights: np.ndarray, stepper: Callable[[np.ndarray], Stepper]) -> None:
        self.replicates = [_Replicate(replicate, stepper) for replicate in weights]
        self.steppers = [o for replicate in self.replicates for o in replicate.steppers]

    @property
    def steps(self) -> int:
        """Number of steps done."""
        return self.steppers[0].steps

    @property
    def parameters(self) -> dict[str, np.ndarray]:
        """The weights, shape (replicate, feature, neuron)."""
        return {"weights": np.stack([_joined([o.weights for o in r.steppers]) for r in self.replicates])}

    def advance(self, steps: int, team: Team) -> bool:
        """Do `steps` steps and say whether Ctrl-C asked to stop meanwhile."""
        tasks = [(r, k) for r in self.replicates for k in range(len(r.steppers))]
        threads = min(team.threads, len(tasks))
        barrier = threading.Barrier(threads)

        def work(first: int) -> None:
            gradient = np.empty_like(max((o.weights for o in self.steppers), key=np.size))
            try:
                with np.errstate(over="ignore", invalid="ignore"):
                    for _ in range(steps):
                        for replicate in self.replicates[first::threads]:
                            _gather(replicate.grams, replicate.residual)
                        barrier.wait()
                        for replicate, part in tasks[first::threads]:
                            replicate.step(part, gradient)
                        barrier.wait()
            except BaseException:
                barrier.abort()
                raise

        return team.work([partial(work, first) for first in range(threads)])

    def state(self) -> dict[str, np.ndarray]:
        """Return the states of the optimiser, in the shape of the weights."""
        return {
            f"weights.{name}": np.stack(
                [_joined([o.state[name] for o in r.steppers]) for r in self.replicates]
            )
            for name in self.steppers[0].state
        }

    def resume(
        self, parameters: Mapping[str, np.ndarray], state: Mapping[str, np.ndarray], steps: int
    ) -> None:
        """Go on from saved weights and states, after so many steps."""
        for number, replicate in enumerate(self.replicates):
            own = {name.removeprefix("weights."): array[number] for name, array in state.items()}
            replicate.resume(parameters["weights"][number], own, steps)


class _Replicate:
    """One network in parts, with the share of each in the Gram matrix."""

    def __init__(self, weights: np.ndarray, stepper: Callable[[np.ndarray], Stepper]) -> None:
        n_features = len(weights)
        self.steppers = [stepper(part) for part in _parted(weights)]
        self.grams = np.empty((len(self.steppers), n_features, n_features), weights.dtype)
        self.residual = np.empty_like(self.grams[0])
        self._multiply()

    def step(self, part: int, gradient: np.ndarray) -> None:
        """Do a step of one part; its gradient goes into the beginning of `gradient`."""
        stepper = self.steppers[part]
        gradient = gradient[: len(stepper.weights)]
        np.matmul(stepper.weights, self.residual, out=gradient)
        stepper.update(gradient)
        self_product(stepper.weights, self.grams[part])

    def resume(self, weights: np.ndarray, state: dict[str, np.ndarray], steps: int) -> None:
        parted = {name: _parted(array) for name, array in state.items()}
        for number, (stepper, part) in enumerate(zip(self.steppers, _parted(weights), strict=True)):
            stepper.weights[...] = part
            stepper.steps = steps
            for name in stepper.state:
                stepper.state[name][...] = parted[name][number]
        self._multiply()

    def _multiply(self) -> None:
        for stepper, gram in zip(self.steppers, self.grams, strict=True):
            self_product(stepper.weights, gram)


def _parted(weights: np.ndarray) -> list[np.ndarray]:
    """Return copies (neuron, feature) of parts of weights (feature, neuron)."""
    parts = max(1, weights.size // PART)
    return [np.array(part.T, order="C") for part in np.array_split(weights, parts, axis=1)]


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.concatenate(parts).T


@numba.njit(cache=True, nogil=True)
def _gather(grams, out):
    """Write ``4 R`` to `out`, from the shares of the Gram matrix."""
    parts, n, _ = grams.shape
    out[:] = grams[0]
    for part in range(1, parts):
        out += grams[part]
    for i in range(n):
        for j in range(n):
            (out[i, j],) = residual(out[i, j], np.float32(i == j))
