"""Integrators, one file or folder per method, one line each in `METHODS`.

An integrator is two functions. ``advance(weights, leg, state, l1, action)`` moves `weights`, shape (feature,
neuron), in place along a leg (`sim.integrators.leg`) under L1 of strength `l1` and the other forces of an
`action` (`sim.forces`). It returns what happened, and a state, None in the beginning, that its next call
needs beside the weights. ``interpolate(state, time, l1, action, weights)`` writes the weights at a time in
the last step to `weights`.
"""

from collections.abc import Callable
from typing import NamedTuple

from sim.integrators import euler, event, splitting


class Method(NamedTuple):
    """An integrator, its default `rtol`, and whether it takes all forces or only piecewise linear ones.

    The `least` rtol is what the arithmetic can tell from rounding: five units in the last place of a weight
    for "event"; for the others a step of the length that still counts at flow times of the order of 1/λ.

    Attributes
    ----------
    arrays : tuple of int
        How many arrays of the size of the weights, and of their Gram matrix, it has in use at most.
    """

    advance: Callable
    interpolate: Callable
    rtol: float
    least: float
    takes_all: bool
    arrays: tuple[int, int]

    def memory(self, n_features: int, n_neurons: int) -> int:
        """Return how many bytes a run takes at its peak."""
        weights, grams = self.arrays
        return 8 * (weights * n_features * n_neurons + grams * n_features**2)


METHODS = {
    "splitting": Method(splitting.advance, splitting.interpolate, 0.005, 1e-12, True, arrays=(8, 13)),
    "event": Method(event.advance, event.interpolate, 1e-10, 1e-15, False, arrays=(10, 12)),
    "euler": Method(euler.advance, euler.interpolate, 0.05, 1e-12, True, arrays=(6, 3)),
}
