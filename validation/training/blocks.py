"""Training many replicates: those of a block are trained together in cache, blocks run on all cores."""

import math
import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from typing import Self

import numpy as np
from threadpoolctl import threadpool_limits

from validation.training.backend import Array, is_numpy, namespace_of
from validation.training.models import Network
from validation.training.optimizers import Stepper

# A block with its gradient and two moments takes 1 MiB, what a core has as second-level cache.
BLOCK_BYTES = 2**18


class Team:
    """A context with a thread for each core, on which BLAS keeps to one."""

    def __enter__(self) -> Self:
        self._limits = threadpool_limits(1, user_api="blas")
        self._pool = ThreadPoolExecutor(os.cpu_count())
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        self._limits.restore_original_limits()

    def work(self, jobs: list[Callable[[], None]]) -> bool:
        """Do jobs side by side and say whether Ctrl-C asked to stop meanwhile: it lets them end."""
        futures = [self._pool.submit(job) for job in jobs]
        try:
            _results(futures)
        except KeyboardInterrupt:
            _results(futures)
            return True
        return False


def _results(futures: list[Future]) -> None:
    for future in futures:
        future.result()


class Blocks:
    """Replicates in blocks: each is a view of their weights with a network and an optimiser of its own.

    Parameters
    ----------
    weights : array, shape (replicate, ..., feature, neuron)
        What is trained, in place.
    network : callable
        Gives the network of the replicates in a slice.
    stepper : callable
        Gives what does steps on weights.
    """

    def __init__(
        self, weights: Array, network: Callable[[slice], Network], stepper: Callable[[Array], Stepper]
    ) -> None:
        self.weights = weights
        self.slices = _split(weights)
        self.networks = [network(part) for part in self.slices]
        self.steppers = [stepper(weights[part]) for part in self.slices]

    def advance(self, steps: int, team: Team) -> bool:
        """Do `steps` steps of all blocks and say whether Ctrl-C asked to stop meanwhile."""
        # The products are small: threads inside BLAS gain nothing, the blocks are what runs in parallel.
        return team.work([partial(self._advance, block, steps) for block in range(len(self.slices))])

    def _advance(self, block: int, steps: int) -> None:
        network, stepper = self.networks[block], self.steppers[block]
        # weights that overflow are left to the caller to find
        with np.errstate(over="ignore", invalid="ignore"):
            for _ in range(steps):
                stepper.update(network.smooth_gradient(stepper.weights, stepper.steps))

    def state(self) -> dict[str, Array]:
        """Return the states of the optimiser, in the shape of the weights."""
        xp = namespace_of(self.weights)
        names = self.steppers[0].state
        return {name: xp.concat([o.state[name] for o in self.steppers]) for name in names}

    def resume(self, weights: np.ndarray, state: dict[str, np.ndarray], steps: int) -> None:
        """Go on from saved weights and states, after so many steps."""
        xp = namespace_of(self.weights)
        self.weights[...] = xp.asarray(weights)
        for part, stepper in zip(self.slices, self.steppers, strict=True):
            stepper.steps = steps
            for name in stepper.state:
                stepper.state[name][...] = xp.asarray(state[name][part])


def _split(weights: Array) -> list[slice]:
    """Split replicates: no block greater than `BLOCK_BYTES`, one for each core; on a GPU all together."""
    replicates = len(weights)
    if not is_numpy(weights):
        return [slice(0, replicates)]
    wanted = min(max(math.ceil(weights.nbytes / BLOCK_BYTES), os.cpu_count() or 1), replicates)
    bounds = np.linspace(0, replicates, wanted + 1).astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(bounds)]
