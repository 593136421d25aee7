"""Integrators, one file per method, one line each in `METHODS`.

An integrator is a function ``advance(weights, start, stop, l1, feature_benefit, interference, rtol)`` that
moves `weights` in place from flow time `start` to `stop` and returns (deaths, rebirths, time of the last of
them, evaluations of the force).
"""

from collections.abc import Callable

from sim.integrators import euler, event, splitting

METHODS: dict[str, tuple[Callable, float]] = {  # name: (function, default rtol)
    "splitting": (splitting.advance, 0.025),
    "event": (event.advance, 1e-10),
    "euler": (euler.advance, 0.05),
}
