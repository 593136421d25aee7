"""A Sobol sample of settings: points that fill a box of settings evenly."""

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from theory.common import arguments
from theory.common.arguments import ArgumentError, ArgumentTypeError
from validation.sweeps.points import Point, Value

KEYS = ("low", "high", "log", "whole")
MOST = 2**20  # points


def sobol(bounds: Mapping[str, Any], number: int, seed: int = 0) -> list[Point]:
    """Return points between bounds, spread as evenly as can be.

    Parameters
    ----------
    bounds : mapping
        By name of a setting ``low`` and ``high``; ``log`` where it is spread evenly in its logarithm, and
        ``whole`` where it is a whole number, of which both bounds are possible.
    number : int
        How many points are drawn; those that whole numbers make equal are one. The first ones of a larger
        sample are those of a smaller one. Best is a power of 2.
    seed : int
        Of the random shift and scrambling (Owen).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    `scipy.stats.qmc.Sobol`.
    """
    from scipy.stats import qmc

    number, seed = arguments.whole("number", number, least=1), arguments.whole("seed", seed)
    if number > MOST:
        raise ArgumentError(f"number must be at most {MOST}, got {number}")
    if not bounds:
        raise ArgumentError("sample must name at least one setting with its low and high")
    checked = {name: _checked(name, given) for name, given in bounds.items()}
    drawn = qmc.Sobol(len(checked), seed=np.random.default_rng(seed))
    shares = drawn.random_base2(max(0, math.ceil(math.log2(number))))[:number]
    columns = {
        name: [_value(share, *given) for share in column]
        for (name, given), column in zip(checked.items(), shares.T.tolist(), strict=True)
    }
    rows = dict.fromkeys(zip(*columns.values(), strict=True))
    return [dict(zip(columns, row, strict=True)) for row in rows]


def _checked(name: str, given: Any) -> tuple[float, float, bool, bool]:
    """Return low, high, log and whole."""
    wanted = f"{name} must have low and high, and may have log and whole"
    if not isinstance(given, Mapping) or not {"low", "high"} <= set(given) <= set(KEYS):
        raise ArgumentTypeError(f"{wanted}, got {given!r:.80}")
    log, whole = (given.get(key, False) for key in ("log", "whole"))
    if not (isinstance(log, bool) and isinstance(whole, bool)):
        raise ArgumentTypeError(f"{wanted}, each true or false, got {given!r:.80}")
    low, high = (
        arguments.whole(f"{name} {key}", given[key], least=-(2**53))
        if whole
        else arguments.real(f"{name} {key}", given[key])
        for key in ("low", "high")
    )
    if not low < high < 2**53:
        raise ArgumentError(f"{name} must have a low that is less than its high, got {low} and {high}")
    if log and low <= 0:
        raise ArgumentError(f"{name} must have a low above 0 to be spread by its logarithm, got {low}")
    return low, high, log, whole


def _value(share: float, low: float, high: float, log: bool, whole: bool) -> Value:
    """Return the value at a share of the way from low to high."""
    end = high + 1 if whole else high
    value = low * (end / low) ** share if log else low + (end - low) * share
    return min(int(high), math.floor(value)) if whole else min(high, value)
