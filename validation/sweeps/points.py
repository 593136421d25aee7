"""What a sweep runs over: a grid of settings or a list of them, each point with seeds of its own."""

import hashlib
import itertools
import json
import math
import numbers
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import xarray as xr

from theory.common.arguments import ArgumentError, ArgumentTypeError

Value = bool | int | float | str
Point = Mapping[str, Value]
RESERVED = ("seed", "replicate", "setting", "batch", "entry")  # names of a store's own


@dataclass(frozen=True)
class Points:
    """The points of a sweep, in the order in which they are run.

    Parameters
    ----------
    axes : dict of str to list
        By name of a setting its values: those of a grid, which are combined, or in a list one a point.
    listed : bool
        Whether it is a list.
    """

    axes: dict[str, list[Value]]
    listed: bool

    @property
    def dims(self) -> tuple[str, ...]:
        """Dimensions of results: a setting each, or "setting" for a list."""
        return ("setting",) if self.listed else tuple(self.axes)

    @property
    def shape(self) -> tuple[int, ...]:
        """How many points there are along each dimension."""
        lengths = [len(values) for values in self.axes.values()]
        return (lengths[0],) if self.listed else tuple(lengths)

    @property
    def size(self) -> int:
        """How many points there are."""
        return math.prod(self.shape)

    def coords(self) -> dict[str, xr.Variable]:
        """Return the labels of results."""
        return {
            name: xr.Variable("setting" if self.listed else name, np.array(values))
            for name, values in self.axes.items()
        }

    def __iter__(self) -> Iterator[Point]:
        combine = zip if self.listed else itertools.product
        return (dict(zip(self.axes, values, strict=True)) for values in combine(*self.axes.values()))

    def at(self, index: Sequence[int]) -> Point:
        """Return the point at a place in the grid."""
        places = itertools.repeat(index[0]) if self.listed else index
        return {name: values[k] for (name, values), k in zip(self.axes.items(), places, strict=False)}

    def joined(self, others: "Points") -> "Points":
        """Return these points, and those of others that are not among them, behind."""
        if self.listed != others.listed or set(self.axes) != set(others.axes):
            raise ArgumentError(
                f"grid must have the settings of the store, {self}; a store holds one grid or one list"
            )
        for name, values in self.axes.items():
            _values(name, [values[0], others.axes[name][0]])  # of one kind
        if not self.listed:
            axes = {name: list(dict.fromkeys([*self.axes[name], *others.axes[name]])) for name in self.axes}
            return Points(axes, False)
        return _columns([*self, *others])

    def places(self, others: "Points") -> list[list[int]]:
        """Return by dimension where points of others, all of them among these, are."""
        if not self.listed:
            at = {name: {v: k for k, v in enumerate(values)} for name, values in self.axes.items()}
            return [[at[name][v] for v in others.axes[name]] for name in self.axes]
        where = {key(point): k for k, point in enumerate(self)}
        return [[where[key(point)] for point in others]]

    def __str__(self) -> str:
        return f"a {'list' if self.listed else 'grid'} over {', '.join(self.axes)}"


def points(grid: Mapping[str, Any] | Sequence[Point]) -> Points:
    """Return the points of a grid, or of a list of settings.

    Parameters
    ----------
    grid : mapping or sequence of mappings
        By name the values of a setting, all combinations of which are meant, the last one varying fastest; or
        the settings point by point, each with the same names. Values are numbers, truth values or text.

    Raises
    ------
    TypeError, ValueError
        If it is anything else, is empty, or names a value twice.
    """
    if isinstance(grid, Mapping):
        if not grid:
            raise ArgumentError("grid must name at least one setting with its values")
        axes = {_name(name): _values(name, values) for name, values in grid.items()}
        for name, values in axes.items():
            if len(set(values)) < len(values):
                raise ArgumentError(f"grid must have each value once, but those of {name} are {values}")
        return Points(axes, False)
    if not isinstance(grid, Sequence) or isinstance(grid, str) or not grid:
        raise ArgumentTypeError(
            "grid must be a mapping of names to values, or a sequence of mappings with the same names"
        )
    if not all(isinstance(point, Mapping) and point and set(point) == set(grid[0]) for point in grid):
        raise ArgumentError("grid must hold, as a sequence, mappings with the same names")
    listed = _columns(grid)
    if len(listed.axes[next(iter(listed.axes))]) < len(grid):
        raise ArgumentError("grid must hold each setting of a sequence once")
    return listed


def key(point: Point) -> str:
    """Return what tells a point apart: the same text for 1 and 1.0, and in any order of names."""
    return json.dumps(
        {name: int(v) if isinstance(v, float) and v.is_integer() else v for name, v in point.items()},
        sort_keys=True,
    )


def seed_of(seed: int, point: Point, replicate: int) -> int:
    """Return the seed of a run: from its coordinates alone, so that neither order nor extent matter.

    It is below 2⁶³, so that every format holds it; of 10⁸ runs two share one with probability 5·10⁻⁴.
    """
    words = np.frombuffer(hashlib.sha256(key(point).encode()).digest(), "<u4").tolist()
    drawn = np.random.SeedSequence([seed, replicate, *words]).generate_state(1, np.uint64)[0]
    return int(drawn >> np.uint64(1))


def _columns(chosen: Sequence[Point]) -> Points:
    """Return a list of points without those that come again."""
    columns = {_name(name): _values(name, [point[name] for point in chosen]) for name in chosen[0]}
    rows = (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
    once = list({key(row): row for row in rows}.values())
    return Points({name: [row[name] for row in once] for name in columns}, True)


def _name(name: Any) -> str:
    if not (isinstance(name, str) and name.isidentifier()) or name in RESERVED:
        raise ArgumentError(
            f"grid must name arguments of measure, none of {', '.join(RESERVED)}; got {name!r:.80}"
        )
    return name


def _values(name: str, values: Any) -> list[Value]:
    wanted = f"grid must hold numbers, truth values or text, of one kind for {name}"
    if isinstance(values, (str, bytes, Mapping)) or not hasattr(values, "__iter__"):
        raise ArgumentTypeError(f"grid must hold a sequence of values of {name}, got {values!r}")
    plain = [v.item() if isinstance(v, np.generic) or getattr(v, "ndim", None) == 0 else v for v in values]
    kinds = {bool if isinstance(v, bool) else str if isinstance(v, str) else numbers.Real for v in plain}
    if not plain or len(kinds) > 1 or not all(isinstance(v, (bool, int, float, str)) for v in plain):
        raise ArgumentTypeError(f"{wanted}, got {values!r:.80}")
    if any(isinstance(v, (int, float)) and not -(2.0**63) < v < 2.0**63 for v in plain):
        raise ArgumentError(f"{wanted}, finite and below 2^63, got {values!r:.80}")
    return plain
