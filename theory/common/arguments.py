"""Checks of arguments: one clear line that names the argument and says what it may be."""

import math
import numbers
from collections.abc import Collection
from typing import Any

import numpy as np


class ArgumentError(ValueError):
    """An argument is not what it may be; the message is one line that begins with its name."""


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument is not even of a type that it may be."""


def whole(name: str, value: object, least: int = 0) -> int:
    """Return `value` as an int.

    Raises
    ------
    TypeError
        If `value` is not a whole number.
    ValueError
        If `value` is less than `least`.
    """
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise ArgumentTypeError(f"{name} must be a whole number of at least {least}, got {value!r}")
    if value < least:
        raise ArgumentError(f"{name} must be a whole number of at least {least}, got {value}")
    return int(value)


def real(name: str, value: object, *, least: float = -math.inf, above: float = -math.inf) -> float:
    """Return `value` as a finite float that is at least `least` and greater than `above`.

    Raises
    ------
    TypeError
        If `value` is not a real number.
    ValueError
        If `value` is not finite or too small.
    """
    wanted = "a finite number"
    if above > -math.inf:
        wanted += f" greater than {above:g}"
    elif least > -math.inf:
        wanted += f" of at least {least:g}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise ArgumentTypeError(f"{name} must be {wanted}, got {value!r}")
    number = float(value)
    if not math.isfinite(number) or number < least or number <= above:
        raise ArgumentError(f"{name} must be {wanted}, got {value}")
    return number


def choice(name: str, value: object, choices: Collection[str]) -> str:
    """Return `value` if it is one of `choices`.

    Raises
    ------
    ValueError
        If it is not.
    """
    if value not in choices:
        raise ArgumentError(f"{name} must be one of {', '.join(choices)}, got {value!r}")
    return str(value)


def array(name: str, value: object, dimensions: tuple[str, ...]) -> np.ndarray:
    """Return `value` as a new C-ordered float64 array whose axes are named by `dimensions`.

    Raises
    ------
    TypeError
        If `value` does not hold real numbers.
    ValueError
        If it has the wrong number of axes, is empty, or has an entry that is not finite.
    """
    wanted = f"an array of finite numbers with axes ({', '.join(dimensions)})"
    try:
        result = np.asarray(in_order(f"{name} must be {wanted}", value, dimensions))
    except ArgumentError:
        raise
    except ValueError:
        raise ArgumentError(f"{name} must be {wanted}, got rows of unequal length") from None
    if result.dtype.kind not in "fiu":
        raise ArgumentTypeError(f"{name} must be {wanted}, got entries of type {result.dtype}")
    if result.ndim != len(dimensions) or result.size == 0:
        raise ArgumentError(f"{name} must be {wanted}, got shape {result.shape}")
    if not np.isfinite(result).all():
        raise ArgumentError(f"{name} must be {wanted}, got NaN or infinity")
    return np.array(result, dtype=np.float64, order="C")


def in_order(wanted: str, value: Any, dimensions: tuple[str, ...]) -> Any:
    """Return `value`, if it is an array that names its axes (xarray's) with them in this order.

    Axes that nobody has named (``dim_0``), and single ones, which have but one order, are taken as they are;
    "..." stands for any others.

    Raises
    ------
    ValueError
        If the names are others; the message begins with what is `wanted`.
    """
    named = [str(axis) for axis in getattr(value, "dims", ())]
    if len(named) < 2 or named == [f"dim_{k}" for k in range(len(named))]:
        return value
    if {name for name in dimensions if name != "..."} - set(named):
        raise ArgumentError(f"{wanted}, got axes ({', '.join(named)})")
    return value.transpose(..., *(name for name in dimensions if name != "..."))


def times(name: str, value: object) -> np.ndarray:
    """Return `value` as an increasing grid of times, none of them negative.

    Raises
    ------
    TypeError, ValueError
        If it is anything else.
    """
    grid = array(name, np.atleast_1d(np.asarray(value)), ("time",))
    if grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise ArgumentError(f"{name} must increase strictly from a first time of at least 0")
    return grid


def seed(name: str, value: object) -> np.random.SeedSequence:
    """Return `value`, a whole number or already a SeedSequence, as a SeedSequence.

    Raises
    ------
    TypeError, ValueError
        If it is anything else.
    """
    return value if isinstance(value, np.random.SeedSequence) else np.random.SeedSequence(whole(name, value))
