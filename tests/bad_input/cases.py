"""What holds for every bad input: one line that names the argument, soon, and nothing is left behind.

Each file of this folder has a table of an area, and a test ``test_refused`` over its cases; how many there
are is printed at the end of a run (`tests/conftest.py`).
"""

import re
import signal
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from theory.common.arguments import ArgumentError

SECONDS = 10
LONGEST = 400  # characters of a line


class Case(NamedTuple):
    """A bad input: how one writes it, which argument the line names, and what does it."""

    said: str
    names: str
    call: Callable[[], object]


def table(space: dict[str, object], text: str) -> list[Case]:
    """Return the cases of a table: in each line the argument's name, with ~ for a space, and a call."""
    lines = [line.split(maxsplit=1) for line in text.strip().splitlines()]
    return [
        Case(said, name.replace("~", " "), lambda said=said: eval(said, dict(space)))  # type: ignore[misc]
        for name, said in lines
    ]


def one_line(text: str, names: str) -> None:
    """Assert that this is one line that begins with the argument's name and says what it may be."""
    assert text == text.strip()
    assert len(text.splitlines()) == 1, text
    assert len(text) <= LONGEST
    assert re.match(rf"{re.escape(names)} (must|needs) ", text), text


@contextmanager
def soon(seconds: int = SECONDS) -> Iterator[None]:
    """Fail what takes longer."""

    def late(*_: object) -> None:
        raise TimeoutError(f"not refused within {seconds} s")

    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def refused(case: Case) -> None:
    """Assert that a call is refused as it should be, in the folder that it may not write to."""
    before = sorted(Path.cwd().rglob("*"))
    with warnings.catch_warnings(), soon():
        warnings.simplefilter("error")
        with pytest.raises((TypeError, ValueError)) as caught:
            case.call()
    error = caught.value
    assert isinstance(error, ArgumentError), repr(error)
    one_line(str(error), case.names)
    assert error.__suppress_context__ or error.__context__ is None, "a chain of errors, not one line"
    assert sorted(Path.cwd().rglob("*")) == before, "something was written"
