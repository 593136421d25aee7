"""Integrators, one file or folder per method, one line each in `METHODS`.

An integrator is a function ``advance(weights, start, stop, memory, l1, action, until_sparse, rtol)``. It
moves `weights`, shape (feature, neuron), in place from flow time `start` to `stop`, or if told so only until
the race is over (`sim.integrators.sparsity`), under L1 of strength `l1` and the other forces of an `action`
(`sim.forces`). It returns (time reached, memory, deaths, rebirths, time of the last of them, evaluations of
the force); the memory, None in the beginning, is what its next call needs beside the weights.
"""

from collections.abc import Callable
from typing import NamedTuple

from sim.integrators import euler, event, splitting


class Method(NamedTuple):
    """An integrator, its default `rtol`, and whether it takes all forces or only piecewise linear ones."""

    advance: Callable
    rtol: float
    takes_all: bool


METHODS = {
    "splitting": Method(splitting.advance, 0.005, takes_all=True),
    "event": Method(event.advance, 1e-10, takes_all=False),
    "euler": Method(euler.advance, 0.05, takes_all=True),
}
