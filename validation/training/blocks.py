"""Training many replicates: those of a block are trained together in cache, blocks run on all cores."""

import math
import os
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from itertools import pairwise
from typing import Self

import numba
import numpy as np

from sim.machine.blas import one_thread
from validation.training.backend import Array, is_numpy, namespace_of
from validation.training.models import Jobs, Network, one_by_one
from validation.training.optimizers import Stepper

# A block with its gradient and two moments takes 1 MiB, what a core has as second-level cache.
BLOCK_BYTES = 2**18


class Team:
    """A context with a thread for each core that may be used, on which BLAS keeps to one.

    In a worker of a pool that is one core: workers whose threads wait for each other at every step, more
    threads than cores, hardly move.
    """

    def __enter__(self) -> Self:
        self._contexts = ExitStack()
        self._contexts.enter_context(one_thread())
        self.threads = numba.get_num_threads()
        self._pool = self._contexts.enter_context(ThreadPoolExecutor(self.threads))
        return self

    def __exit__(self, *_: object) -> None:
        self._contexts.close()

    def work(self, jobs: Jobs) -> bool:
        """Do jobs side by side and say whether Ctrl-C asked to stop meanwhile: it lets them end."""
        futures = [self._pool.submit(job) for job in jobs]
        try:
            _results(futures)
        except KeyboardInterrupt:
            _results(futures)
            return True
        return False

    def helpers(self, workers: int) -> Callable[[Jobs], None]:
        """Return what does jobs of one of so many jobs at work, with the threads that these leave over."""
        threads = self.threads // workers
        return partial(self._share_out, threads) if threads > 1 else one_by_one

    def _share_out(self, threads: int, jobs: Jobs) -> None:
        futures = [self._pool.submit(_quietly, jobs[first::threads]) for first in range(1, threads)]
        one_by_one(jobs[::threads])
        _results(futures)


def _quietly(jobs: Jobs) -> None:
    with _overflowing():
        one_by_one(jobs)


def _overflowing() -> np.errstate:
    """Return a context for one thread: parameters that overflow are left to the caller to find."""
    return np.errstate(over="ignore", invalid="ignore")


def _results(futures: list[Future]) -> None:
    for future in futures:
        future.result()


class Blocks:
    """Replicates in blocks: each is a view of their parameters, with a network and optimisers of its own.

    Parameters
    ----------
    parameters : mapping of str to array, shape (replicate, ...)
        What is trained, in place.
    network : callable
        Gives the network of the replicates in a slice.
    stepper : callable
        Takes a parameter's name and a view of it, and gives what does steps on it.
    """

    def __init__(
        self,
        parameters: Mapping[str, Array],
        network: Callable[[slice], Network],
        stepper: Callable[[str, Array], Stepper],
    ) -> None:
        self.parameters = dict(parameters)
        self.slices = _split(list(parameters.values()))
        self.networks = [network(part) for part in self.slices]
        self.by_name = [
            {name: stepper(name, array[part]) for name, array in parameters.items()} for part in self.slices
        ]

    @property
    def steppers(self) -> list[Stepper]:
        """What does the steps, for every block and parameter."""
        return [stepper for steppers in self.by_name for stepper in steppers.values()]

    @property
    def steps(self) -> int:
        """Number of steps done."""
        return self.steppers[0].steps

    def advance(self, steps: int, team: Team) -> bool:
        """Do `steps` steps of all blocks and say whether Ctrl-C asked to stop meanwhile."""
        # The products are small: threads inside BLAS gain nothing, the blocks are what runs in parallel.
        for network in self.networks:
            network.do = team.helpers(len(self.slices))
        return team.work([partial(self._advance, block, steps) for block in range(len(self.slices))])

    def _advance(self, block: int, steps: int) -> None:
        network, steppers = self.networks[block], self.by_name[block]
        parameters = {name: stepper.weights for name, stepper in steppers.items()}
        first = next(iter(steppers.values())).steps
        with _overflowing():
            for step in range(first, first + steps):
                gradients = network.gradients(parameters, step)
                for name, stepper in steppers.items():
                    stepper.update(gradients[name])
                network.constrain(parameters, step)

    def state(self) -> dict[str, Array]:
        """Return the states of the optimisers, each in the shape of its parameter."""
        return {
            f"{name}.{state}": namespace_of(array).concat(
                [block[name].state[state] for block in self.by_name]
            )
            for name, array in self.parameters.items()
            for state in self.by_name[0][name].state
        }

    def resume(self, parameters: Mapping[str, Array], state: Mapping[str, Array], steps: int) -> None:
        """Go on from saved parameters and states, after so many steps."""
        for name, array in self.parameters.items():
            xp = namespace_of(array)
            array[...] = xp.asarray(parameters[name])
            for part, block in zip(self.slices, self.by_name, strict=True):
                block[name].steps = steps
                for kind, saved in block[name].state.items():
                    saved[...] = xp.asarray(state[f"{name}.{kind}"][part])


def _split(parameters: list[Array]) -> list[slice]:
    """Split replicates: no block greater than `BLOCK_BYTES`, one for each core; on a GPU all together."""
    replicates = len(parameters[0])
    if not is_numpy(parameters[0]):
        return [slice(0, replicates)]
    nbytes = sum(array.nbytes for array in parameters)
    wanted = min(max(math.ceil(nbytes / BLOCK_BYTES), os.cpu_count() or 1), replicates)
    bounds = np.linspace(0, replicates, wanted + 1).astype(int)
    return [slice(int(a), int(b)) for a, b in pairwise(bounds)]
