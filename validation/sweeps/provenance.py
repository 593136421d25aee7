"""Which code measured, with which versions, where: what results are traced by."""

import functools
import hashlib
import inspect
import platform
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sim
import theory
from theory.common import schema
from validation import training


def maker(measure: Callable[..., Any]) -> dict[str, str]:
    """Return who measures: ``code``, a hash, ``versions`` and ``platform``."""
    return {
        "code": code(measure),
        "versions": schema.versions(),
        "platform": f"Python {platform.python_version()}, {platform.system()} {platform.machine()}",
    }


def name(measure: Callable[..., Any]) -> str:
    """Return what a measurement is called: ``module:function``, and what a `functools.partial` fixes."""
    plain, fixed = _plain(measure), ""
    if isinstance(measure, functools.partial):
        fixed = ", ".join(f"{key}={value!r}" for key, value in sorted(measure.keywords.items()))
    return f"{plain.__module__}:{plain.__qualname__}" + (f"({fixed})" if fixed else "")


@functools.cache
def code(measure: Callable[..., Any]) -> str:
    """Return a hash of the code that measures: theory, flow, training, and the measurement's own files."""
    roots = (Path(inspect.getfile(package)).parent for package in (theory, sim, training))
    contents = [path.read_bytes() for root in roots for path in root.rglob("*.py")] + own(_plain(measure))
    digests = sorted(hashlib.sha256(content).hexdigest() for content in contents)
    return hashlib.sha256("".join(digests).encode()).hexdigest()[:8]


def own(measure: Callable[..., Any]) -> list[bytes]:
    """Return the file that a measurement is in; one of ours with the helpers beside it and those all share.

    Of a measurement that was typed in, it is what it compiles to.
    """
    path, house = Path(measure.__code__.co_filename), Path(__file__).parent.parent
    if not path.is_file():
        return [measure.__code__.co_code]
    if house not in path.parents:
        return [path.read_bytes()]
    shared = [house / "experiments" / name for name in ("networks.py", "draws.py")]
    beside = shared if path.parent.parent == house / "experiments" else []
    return [file.read_bytes() for file in (*path.parent.glob("*.py"), *beside)]


def _plain(measure: Any) -> Any:
    """Return the function inside a `functools.partial`."""
    return _plain(measure.func) if isinstance(measure, functools.partial) else inspect.unwrap(measure)
