"""Checks of arguments: one clear line that names the argument and says what it may be."""

import difflib
import math
import numbers
import os
import reprlib
from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")

MOST = 2**63 - 1  # of a count: arrays have no more entries
LARGEST = 1e30  # of a number: its eighth power, and times as many features, is still a float
SMALLEST = 1 / LARGEST
LONGEST = 60  # characters of a value in a line
ELSEWHERE = {
    "sgd": ("gd",),
    "lr": ("learning_rate",),
    "rng": ("seed",),
    "random_state": ("seed",),
    "epochs": ("steps",),
    "iterations": ("steps",),
    "n_steps": ("steps",),
    "batch_size": ("batch",),
    "runs": ("replicates",),
    "n_runs": ("replicates",),
    "tol": ("rtol",),
    "t_max": ("until",),
    "t_end": ("until",),
}
"""What is called otherwise by PyTorch, NumPy, SciPy or scikit-learn, with the names it may have here."""


class ArgumentError(ValueError):
    """An argument is not what it may be; the message is one line that begins with its name."""


class ArgumentTypeError(ArgumentError, TypeError):
    """An argument is not even of a type that it may be."""


def shown(value: object) -> str:
    """Return how a value is written, on one line and not at length."""
    try:
        text = str(value) if isinstance(value, numbers.Number) else reprlib.repr(value)
    except ValueError:  # Python writes no number of more than 4300 digits
        text = f"{type(value).__name__} of thousands of digits"
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."


def whole(name: str, value: object, least: int = 0, most: float = MOST) -> int:
    """Return `value` as an int.

    Raises
    ------
    TypeError
        If `value` is not a whole number.
    ValueError
        If `value` is less than `least` or greater than `most`.
    """
    wanted = f"{name} must be a whole number of at least {least}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Integral):
        raise ArgumentTypeError(f"{wanted}, got {shown(value)}")
    number = int(value)
    if number < least:
        raise ArgumentError(f"{wanted}, got {shown(number)}")
    if number > most:
        raise ArgumentError(f"{wanted} and at most {most}, got {shown(number)}")
    return number


def real(
    name: str,
    value: object,
    *,
    least: float = -math.inf,
    above: float = -math.inf,
    most: float = math.inf,
    below: float = math.inf,
) -> float:
    """Return `value` as a float within these bounds; `above` and `below` it may not reach.

    Raises
    ------
    TypeError
        If `value` is not a real number.
    ValueError
        If `value` is not finite, not in this range, or in size beyond `LARGEST` or below `SMALLEST`.
    """
    bounds = {"of at least": least, "greater than": above, "at most": most, "less than": below}
    said = [f"{words} {bound:g}" for words, bound in bounds.items() if abs(bound) < LARGEST]
    wanted = f"{name} must be a finite number {' and '.join(said)}".rstrip()
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, numbers.Real):
        raise ArgumentTypeError(f"{wanted}, got {shown(value)}")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (least <= number <= most and above < number < below):
        raise ArgumentError(f"{wanted}, got {shown(value)}")
    if number and not SMALLEST <= abs(number) <= LARGEST:
        raise ArgumentError(f"{wanted}, of size {SMALLEST:g} to {LARGEST:g} if not 0, got {shown(value)}")
    return number


def meant(word: str, known: Collection[str]) -> str:
    """Return what to say of a name that is none of the `known` ones but near one, or its name elsewhere."""
    elsewhere = [name for name in ELSEWHERE.get(word, ()) if name in known]
    near = elsewhere or difflib.get_close_matches(word, known, n=2)
    return f"; did you mean {' or '.join(near)}?" if near else ""


def choice(name: str, value: object, choices: Collection[str]) -> str:
    """Return `value` if it is one of `choices`; the message names one that is near.

    Raises
    ------
    TypeError, ValueError
        If it is not.
    """
    if not isinstance(value, str):
        raise ArgumentTypeError(f"{name} must be one of {', '.join(choices)}, got {shown(value)}")
    if value not in choices:
        hint = meant(value, choices)
        raise ArgumentError(f"{name} must be one of {', '.join(choices)}, got {shown(value)}{hint}")
    return str(value)


def instance(name: str, value: object, kind: type[T]) -> T:
    """Return `value` if it is of this kind.

    Raises
    ------
    TypeError
        If it is not.
    """
    if not isinstance(value, kind):
        raise ArgumentTypeError(f"{name} must be of type {kind.__name__}, got {shown(value)}")
    return value


def collection(name: str, value: object, of: str) -> tuple:
    """Return what a collection or iterator holds; a text is none. The message says `of` what it must be one.

    Raises
    ------
    TypeError
        If `value` is no collection.
    """
    if isinstance(value, (str, bytes)) or not isinstance(value, Iterable):
        one = f"; did you mean [{shown(value)}]?" if isinstance(value, str) else ""
        raise ArgumentTypeError(f"{name} must be a collection of {of}, got {shown(value)}{one}")
    return tuple(value)


def yes_or_no(name: str, value: object) -> bool:
    """Return `value`, True or False, as a bool.

    Raises
    ------
    TypeError
        If it is neither.
    """
    if not isinstance(value, (bool, np.bool_)):
        raise ArgumentTypeError(f"{name} must be True or False, got {shown(value)}")
    return bool(value)


def path(name: str, value: object) -> Path:
    """Return `value`, a path or the text of one.

    Raises
    ------
    TypeError, ValueError
        If it is anything else.
    """
    if not isinstance(value, (str, os.PathLike)):
        raise ArgumentTypeError(f"{name} must be a path, got {shown(value)}")
    if "\0" in str(value):
        raise ArgumentError(f"{name} must be a path, and have no null character in it, got {shown(value)}")
    return Path(value)


def array(name: str, value: object, dimensions: tuple[str, ...]) -> np.ndarray:
    """Return `value` as a new C-ordered float64 array whose axes are named by `dimensions`.

    Parameters
    ----------
    name : str
        Of the argument.
    value : array_like
        Whatever NumPy reads as real numbers, but no masked array: what is masked is not there.
    dimensions : tuple of str
        Names of the axes; "..." in front stands for any number of axes.

    Raises
    ------
    TypeError
        If `value` does not hold real numbers.
    ValueError
        If it has the wrong number of axes, is empty, or has an entry that is not finite, or greater than
        `LARGEST`.
    """
    wanted = f"{name} must be an array of finite numbers with axes ({', '.join(dimensions)})"
    result = real_numbers(wanted, in_order(wanted, value, dimensions))
    axes = len(dimensions) - 1 if dimensions[0] == "..." else len(dimensions)
    if result.ndim < axes or (result.ndim > axes and axes == len(dimensions)) or result.size == 0:
        raise ArgumentError(f"{wanted}, got shape {result.shape}")
    with np.errstate(over="ignore"):  # of what is longer than a double
        result = np.array(result, dtype=np.float64, order="C")
    greatest = max(result.max(), -result.min())  # NaN if any entry is
    if not greatest <= LARGEST:
        found = f"one of size {greatest:g}" if math.isfinite(greatest) else "NaN or infinity"
        raise ArgumentError(f"{wanted} of size at most {LARGEST:g}, got {found}")
    return result


def real_numbers(wanted: str, value: object) -> np.ndarray:
    """Return `value` as an array of integers or floats, copied only where need be.

    Raises
    ------
    TypeError, ValueError
        If it is none; the message begins with what is `wanted`.
    """
    if isinstance(value, np.ma.MaskedArray):
        raise ArgumentTypeError(f"{wanted}, got a masked array")
    try:
        result = np.asarray(value)
    except Exception as error:  # of any kind: other libraries' arrays say how they are read
        unequal = isinstance(error, ValueError) and isinstance(value, (list, tuple))
        reason = "rows of unequal length" if unequal else f"{type(value).__name__}, which NumPy cannot read"
        raise ArgumentTypeError(f"{wanted}, got {reason}") from None
    if result.dtype.kind not in "fiu":
        raise ArgumentTypeError(f"{wanted}, got entries of type {result.dtype}")
    return result


def in_order(wanted: str, value: Any, dimensions: tuple[str, ...]) -> Any:
    """Return `value`, if it is an array that names its axes (xarray's) with them in this order.

    Axes that nobody has named (``dim_0``), and single ones, which have but one order, are taken as they are;
    "..." stands for any others.

    Raises
    ------
    ValueError
        If the names are others; the message begins with what is `wanted`.
    """
    if hasattr(value, "data_vars"):  # xarray's Dataset
        held = ", ".join(f".{name}" for name in list(value.data_vars)[:8]) or "and this has none"
        raise ArgumentTypeError(f"{wanted}, got a Dataset; give one of its variables: {held}")
    named = [str(axis) for axis in getattr(value, "dims", ())]
    if len(named) < 2 or named == [f"dim_{k}" for k in range(len(named))]:
        return value
    if {name for name in dimensions if name != "..."} - set(named):
        raise ArgumentError(f"{wanted}, got axes ({', '.join(named)})")
    return value.transpose(..., *(name for name in dimensions if name != "..."))


def times(name: str, value: object) -> np.ndarray:
    """Return `value`, or a single time, as an increasing grid of times, none of them negative.

    Raises
    ------
    TypeError, ValueError
        If it is anything else.
    """
    read = real_numbers(f"{name} must be an array of increasing times", value)
    grid = array(name, np.atleast_1d(read), ("time",))
    if grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise ArgumentError(f"{name} must increase strictly from a first time of at least 0")
    return grid


def repeatable(value: Any) -> Any:
    """Return a whole number that a Generator of NumPy draws for a seed; any other seed as it is.

    The number goes into the attributes of a result, and gives the same again.
    """
    return int(value.integers(2**63)) if isinstance(value, np.random.Generator) else value


def seed_number(name: str, value: object) -> int:
    """Return `value`, a seed of any length or a Generator that draws one, as an int.

    Raises
    ------
    TypeError, ValueError
        If it is no whole number, or negative.
    """
    return whole(name, repeatable(value), most=math.inf)


def seed(name: str, value: object) -> np.random.SeedSequence:
    """Return `value`, as `seed_number` takes it or already a SeedSequence, as a SeedSequence.

    Raises
    ------
    TypeError, ValueError
        If it is anything else.
    """
    if isinstance(value, np.random.SeedSequence):
        return value
    return np.random.SeedSequence(seed_number(name, value))
