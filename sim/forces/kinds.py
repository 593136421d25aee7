"""The kinds of force and their sum, as functions that compiled integrators can be handed."""

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
from numba import cfunc, njit, types

from sim.machine.cores import product
from theory.common import arguments

_MATRIX = types.Array(types.float64, 2, "C")
MISMATCH = types.void(_MATRIX, _MATRIX, _MATRIX)  # (gram, mismatch, slope)
SMOOTH = types.void(_MATRIX, _MATRIX)  # (weights, force)
PROXIMAL = types.void(_MATRIX, types.float64)  # (weights, time)


class Force(NamedTuple):
    """A force on the encodings: one of three functions, compiled by ``numba.njit``.

    Attributes
    ----------
    name : str
        What results say acted.
    mismatch : callable, optional
        ``mismatch(gram, mismatch, slope)`` adds to the mismatch M, for the force ``M W``, and to its slope
        ``−dM/dK`` by entries; all of shape (feature, feature). The slope steers Newton's method, where the
        sum is positive, and may be an approximation.
    smooth : callable, optional
        ``smooth(weights, force)`` adds to the force, both of shape (feature, neuron).
    proximal : callable, optional
        ``proximal(weights, time)`` replaces weights by the proximal map of `time` times the penalty: the
        minimum of ``penalty(v) time + ½ ‖v − weights‖²`` over v.
    piecewise_linear : bool
        Whether M is linear in the Gram matrix between sign changes of inner products, as "event" needs it.
    """

    name: str
    mismatch: Callable | None = None
    smooth: Callable | None = None
    proximal: Callable | None = None
    piecewise_linear: bool = False

    @property
    def is_l1(self) -> bool:
        """Whether this is L1, the force without a function: integrators apply it themselves."""
        return self.mismatch is self.smooth is self.proximal is None


class Action(NamedTuple):
    """The sum of some forces: first-class functions of Numba, and which of them do anything."""

    names: tuple[str, ...]
    mismatch: Any
    smooth: Any
    proximal: Any
    l1: bool
    is_smooth: bool  # whether `smooth` does anything
    is_proximal: bool
    piecewise_linear: bool  # whether all forces but L1 are

    @property
    def functions(self) -> tuple[Any, Any, Any, bool, bool]:
        """The three functions and which of the last two do anything, as integrators are handed them."""
        return self.mismatch, self.smooth, self.proximal, self.is_smooth, self.is_proximal


def own_force(name: str, **function: Callable) -> Force:
    """Return a force of one's own.

    Parameters
    ----------
    name : str
        What results shall say acted.
    **function : callable
        Exactly one of `mismatch`, `smooth` and `proximal`, as described at `Force`, compiled by
        ``numba.njit``.

    Raises
    ------
    TypeError, ValueError
        If it is not one of them, or is not compiled or cannot be for float64 arrays.

    Examples
    --------
    >>> from numba import njit
    >>> @njit
    ... def decay(weights, force):
    ...     force -= 0.01 * weights
    >>> own_force("decay", smooth=decay).name
    'decay'
    """
    signatures = {"mismatch": MISMATCH, "smooth": SMOOTH, "proximal": PROXIMAL}
    if len(function) != 1 or not function.keys() <= signatures.keys():
        raise arguments.ArgumentError(f"own_force must get exactly one of {', '.join(signatures)}")
    ((kind, kernel),) = function.items()
    if not hasattr(kernel, "py_func"):
        raise arguments.ArgumentTypeError(f"{kind} must be a function compiled by numba.njit, got {kernel!r}")
    try:
        _sum(signatures[kind], kernel)
    except Exception as error:  # Numba raises many kinds
        reason = str(error).strip().splitlines()[0]
        raise arguments.ArgumentTypeError(f"{kind} must compile for {signatures[kind]}: {reason}") from None
    return Force(name, **{kind: kernel})  # type: ignore[arg-type]


@functools.cache
def compose(forces: tuple[Force, ...]) -> Action:
    """Return the sum of `forces`."""
    mismatch, smooth, proximal = (
        tuple(kernel for force in forces if (kernel := getattr(force, kind)) is not None)
        for kind in ("mismatch", "smooth", "proximal")
    )
    return Action(
        names=tuple(force.name for force in forces),
        mismatch=_sum(MISMATCH, *mismatch),
        smooth=_sum(SMOOTH, *smooth),
        proximal=_sum(PROXIMAL, *proximal),
        l1=any(force.is_l1 for force in forces),
        is_smooth=bool(smooth),
        is_proximal=bool(proximal),
        piecewise_linear=all(force.piecewise_linear or force.is_l1 for force in forces),
    )


@functools.cache
def _sum(signature: Any, *kernels: Callable) -> Any:
    """Return a first-class function that calls one kernel after the other."""
    call = njit(lambda *given: None)
    for kernel in kernels:
        call = _then(call, kernel)
    if len(signature.args) == 2:
        return cfunc(signature)(lambda one, two: call(one, two))
    return cfunc(signature)(lambda one, two, three: call(one, two, three))


def _then(first: Callable, second: Callable) -> Callable:
    def both(*given):
        first(*given)
        second(*given)

    return njit(both)


def smooth_force(weights: np.ndarray, action: Action) -> np.ndarray:
    """Return all that acts on `weights`, of shape (feature, neuron), but penalties."""
    n, out = len(weights), np.empty(weights.shape)
    space = np.empty((n, n)), np.empty((n, n)), np.empty((n, n))
    evaluate(None, np.ascontiguousarray(weights, float), action.mismatch, action.smooth, *space, out)
    return out


@njit(cache=True, nogil=True)
def evaluate(split, weights, mismatch_of, smooth, gram, mismatch, slope, out):
    """Write all smooth forces on `weights` to `out`, and what they are made from to the other arrays."""
    product(split, weights, weights.T, gram)
    mismatch[:] = 0.0
    slope[:] = 0.0
    mismatch_of(gram, mismatch, slope)
    product(split, mismatch, weights, out)
    smooth(weights, out)
