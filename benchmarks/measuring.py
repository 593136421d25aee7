"""What all benchmarks share: medians of interleaved runs, peak memory, checked answers, rows of a table."""

import os
import platform
import statistics
from collections.abc import Callable
from dataclasses import astuple, dataclass, fields
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

PEERS = ("numpy", "scipy", "numba", "torch", "jax", "diffrax", "heyoka")
RUNS = 5


@dataclass(frozen=True)
class Row:
    """One line of the table; an empty target means that the row is shown for comparison only."""

    problem: str
    ours: str
    peer: str
    ratio: str
    target: str = ""
    met: bool | None = None


class WrongAnswerError(Exception):
    """Ours or the peer's answer is not the right one, so that its time means nothing."""


def check(right: bool, what: str) -> None:
    """Raise `WrongAnswerError` unless `right`; unlike an assertion, with ``python -O`` too."""
    if not right:
        raise WrongAnswerError(what)


def medians(runs: int, *functions: Callable[[], Any], calls: int = 1) -> list[float]:
    """Return the median seconds of each function, called in turn so that all meet the same machine.

    What takes milliseconds on several threads needs several `calls` in a row: after the last one of another
    library, its threads keep the cores busy for a while.
    """
    seconds: list[list[float]] = [[] for _ in functions]
    for _ in range(runs):
        for function, taken in zip(functions, seconds, strict=True):
            start = perf_counter()
            for _ in range(calls):
                function()
            taken.append((perf_counter() - start) / calls)
    return [statistics.median(taken) for taken in seconds]


def timed(function: Callable[[], Any]) -> tuple[float, Any]:
    """Return the seconds of a single call, and what it gave."""
    start = perf_counter()
    result = function()
    return perf_counter() - start, result


def peak_memory(function: Callable[[], Any]) -> tuple[int, Any]:
    """Return by how many bytes the resident memory grew at most during a call (Linux), and what it gave."""
    Path("/proc/self/clear_refs").write_text("5")  # resets the high-water mark
    before = _status("VmRSS")
    result = function()
    return _status("VmHWM") - before, result


def _status(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {field}")


def matmul_peak(dtype: type, size: int = 2048, runs: int = RUNS) -> float:
    """Return the measured peak of a large matrix product, in operations a second."""
    a = np.random.default_rng(0).normal(size=(size, size)).astype(dtype)
    out = np.empty_like(a)
    (seconds,) = medians(runs, lambda: np.matmul(a, a, out))
    return 2 * size**3 / seconds


def duration(seconds: float) -> str:
    """Return seconds in a unit that suits them, to three digits."""
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds:.3g} s"


def machine() -> str:
    """Say on what the figures were measured."""
    processor = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else ():
        if line.startswith("model name"):
            processor = line.split(":")[1].strip()
            break
    versions = []
    for name in PEERS:
        try:
            versions.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            versions.append(f"{name} not installed")
    load = os.getloadavg()[0]
    return (
        f"{processor}, {os.cpu_count()} cores, load {load:.1f} at the start; "
        f"Python {platform.python_version()}, {', '.join(versions)}"
    )


def markdown(rows: list[Row]) -> str:
    """Return rows as a Markdown table."""
    lines = [" | ".join(field.name for field in fields(Row)), " | ".join(["---"] * len(fields(Row)))]
    says = {True: "yes", False: "no", None: ""}
    lines += [" | ".join((*astuple(row)[:-1], says[row.met])) for row in rows]
    return "".join(f"| {line} |\n" for line in lines)
