"""A sweep as a TOML file describes it, checked whole before anything runs.

Tables: ``[model]`` and ``[source]`` with what is fixed; ``[grid]``, ``[[points]]`` or ``[sample]`` with what
varies; and ``replicates``, ``seed`` and ``store`` before them.
"""

import difflib
import functools
import math
import os
import re
import tomllib
import warnings
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from theory.common import arguments
from theory.common.arguments import ArgumentError, ArgumentTypeError
from validation.sweeps.points import Points, points
from validation.sweeps.sample import sobol
from validation.sweeps.sources import REQUIRED, SOURCES, Source
from validation.sweeps.units import Measure

VARYING = {"grid": "[grid]", "points": "[[points]], once for each", "sample": "[sample]"}
TOP = ("replicates", "seed", "store", "model", "source", *VARYING)
MOST_POINTS = 2**20  # each of which is checked beforehand
MOST_RUNS = 10**9
LONGEST = 300  # characters of a line


@dataclass(frozen=True)
class Plan:
    """A sweep that is checked.

    Parameters
    ----------
    measure : callable
        With what is fixed.
    points : Points
    replicates : int
    seed : int
    store : Path or None
    warnings : tuple of str
        What is said of some points.
    """

    measure: Measure
    points: Points
    replicates: int
    seed: int
    store: Path | None
    warnings: tuple[str, ...]

    @property
    def grid(self) -> Any:
        """The points as `Sweep` takes them."""
        return list(self.points) if self.points.listed else self.points.axes


def read(file: str | os.PathLike) -> dict[str, Any]:
    """Return what a TOML file says.

    Raises
    ------
    ValueError
        If there is no such file, or it is not TOML.
    """
    wanted = f"file must be a sweep in TOML; {file!s:.200}"
    try:
        text = Path(file).read_bytes().decode("utf-8")
        return tomllib.loads(text)
    except OSError as error:
        raise ArgumentError(f"{wanted}: {(error.strerror or 'cannot be read').lower()}") from None
    except UnicodeDecodeError:
        raise ArgumentError(f"{wanted}: not text in UTF-8") from None
    except RecursionError:
        raise ArgumentError(f"{wanted}: nested too deeply") from None
    except ValueError as error:  # of tomllib, or of a number with thousands of digits
        raise ArgumentError(_line(f"{wanted}: {error}")) from None


def plan(content: Mapping[str, Any]) -> Plan:
    """Return the sweep that a file says, checked: all of its points could be run.

    Raises
    ------
    TypeError, ValueError
        If anything is not as it may be. The message names it as the file has it, such as ``grid.l1``.
    """
    _check_names("sweep", content, TOP)
    for name, value in content.items():
        _check_values(name, value)
    tables = {name: _table(content, name) for name in ("model", "source")}
    kind = tables["source"].pop("kind", None)
    if kind is None:
        raise ArgumentError(f"source must have a kind, one of {', '.join(SOURCES)}")
    source = SOURCES[arguments.choice("source.kind", kind, SOURCES)]
    _check_names("model", tables["model"], source.parameters)
    _check_names("source", tables["source"], ("kind", *source.options))
    fixed = tables["model"] | tables["source"]
    table, varying = _varying(content, (*source.parameters, *source.options))
    if twice := sorted(set(varying.axes) & set(fixed)):
        raise ArgumentError(f"{table} must name what [model] and [source] do not, got {', '.join(twice)}")
    _check_all_there(source, {*fixed, *varying.axes})
    homes = dict.fromkeys(source.parameters, "model") | dict.fromkeys(source.options, "source")
    said = _check_points(source, fixed, varying, homes | dict.fromkeys(varying.axes, table))
    replicates = arguments.whole("replicates", content.get("replicates", 1), least=1)
    if varying.size * replicates > MOST_RUNS:
        raise ArgumentError(
            f"replicates must be fewer: at most {MOST_RUNS} runs in all, got {varying.size * replicates}"
        )
    seed = arguments.whole("seed", content.get("seed", 0))
    return Plan(
        functools.partial(source.measure, **fixed), varying, replicates, seed, _store(content), tuple(said)
    )


def _varying(content: Mapping[str, Any], settings: Collection[str]) -> tuple[str, Points]:
    """Return what varies, of these settings, and in which table."""
    there = [name for name in VARYING if name in content]
    if len(there) != 1:
        said = f"{' and '.join(there)} exclude each other" if there else "there is none"
        raise ArgumentError(f"sweep must have one of [grid], [[points]] and [sample]: {said}")
    (table,) = there
    given = content[table]
    if not isinstance(given, list if table == "points" else dict) or not given:
        raise ArgumentTypeError(f"{table} must be written {VARYING[table]}, and not be empty")
    for one in given if table == "points" else [given]:
        if isinstance(one, dict):
            _check_names(table, one, settings if table != "sample" else ("number", "seed", *settings))
    try:
        return table, points(_sampled(content[table]) if table == "sample" else _few(given))
    except ArgumentError as error:
        raise type(error)(_line(re.sub(r"^grid\b", table, str(error)))) from None


def _few(given: Any) -> Any:
    """Return a grid or a list, of not too many points."""
    size = len(given)
    if isinstance(given, dict):
        size = math.prod(len(values) for values in given.values() if isinstance(values, list))
    if size > MOST_POINTS:
        raise ArgumentError(f"grid must have at most {MOST_POINTS} points, got {size}")
    return given


def _sampled(given: Mapping[str, Any]) -> list[Any]:
    bounds = {name: value for name, value in given.items() if name not in ("number", "seed")}
    if "number" not in given:
        raise ArgumentError("sample must have a number, of points")
    try:
        return sobol(bounds, given["number"], given.get("seed", 0))
    except ArgumentError as error:
        raise type(error)(f"sample.{error}".replace("sample.sample", "sample")) from None


def _check_points(
    source: Source, fixed: Mapping[str, Any], varying: Points, homes: Mapping[str, str]
) -> list[str]:
    """Check the settings of each point, and return what is to be warned of."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for point in varying:
            try:
                source.check(**{**fixed, **point})
            except ArgumentError as error:
                name, _, rest = str(error).partition(" ")
                home = homes.get(name)
                raise type(error)(_line(f"{home}.{name} {rest}" if home else str(error))) from None
    texts = [str(warning.message) for warning in caught]
    return [f"{text} (at {len(texts)} of {varying.size} points)" for text in texts[:1]]


def _check_all_there(source: Source, given: Collection[str]) -> None:
    for name, default in source.parameters.items():
        if default is REQUIRED and name not in given:
            raise ArgumentError(f"model must have {name}, or what varies must")


def _check_names(table: str, given: Mapping[str, Any], known: Collection[str]) -> None:
    """Refuse a name that nothing is called by, and suggest one that is near."""
    for name in given:
        if name not in known:
            near = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise ArgumentError(_line(f"{table} must name only {', '.join(known)}, got {name!r:.40}{hint}"))


def _check_values(name: str, value: Any) -> None:
    """Refuse what no setting may be: dates, numbers of more than 64 bits, or not finite."""
    for text, each in _leaves(name, value):
        if isinstance(each, int) and not -(2**63) <= each < 2**63:
            raise ArgumentError(f"{text} must be a number of at most 64 bits")
        if isinstance(each, float) and not math.isfinite(each):
            raise ArgumentError(f"{text} must be finite, got {each}")
        if not isinstance(each, (bool, int, float, str)):
            raise ArgumentTypeError(f"{text} must be a number, true, false or text, got {each}")


def _leaves(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what tables and lists hold in the end, under names of at most two words."""
    if isinstance(value, Mapping):
        for key, inner in value.items():
            plain = key if "." not in name and re.fullmatch(r"\w{1,40}", key) else ""
            yield from _leaves(f"{name}.{plain}" if plain else name, inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(name, inner)
    else:
        yield name, value


def _table(content: Mapping[str, Any], name: str) -> dict[str, Any]:
    """Return a table of plain values."""
    table = content.get(name, {})
    if not isinstance(table, dict):
        raise ArgumentTypeError(f"{name} must be a table, [{name}], got {table!r:.80}")
    for key, value in table.items():
        if isinstance(value, (dict, list)):
            raise ArgumentTypeError(
                _line(f"{name} must hold numbers, true, false or text, got {value!r:.40} for {key!r:.40}")
            )
    return dict(table)


def _store(content: Mapping[str, Any]) -> Path | None:
    store = content.get("store")
    if store is not None and (not isinstance(store, str) or not store.strip("/ ") or "\0" in store):
        raise ArgumentTypeError(f"store must be the path of a folder, got {store!r:.80}")
    return None if store is None else Path(store)


def _line(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}..."
