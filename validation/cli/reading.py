"""What one types for a number or a path, read so that the line about a bad one names the option."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import typer

LONGEST = 60  # characters of what was typed in a line
WANTED = {int: "a whole number", float: "a number", Path: "a path"}


class UnreadableError(typer.BadParameter):
    """A line that needs no more words: it names the option and says what it may be."""

    def format_message(self) -> str:
        """Return the line."""
        return self.message


def option(kind: type, flag: str, help: str, **shown: Any) -> Any:
    """Return a Typer option of a kind, one of `WANTED`."""
    return typer.Option(flag, help=help, parser=_reader(kind, flag), **shown)


def path(name: str, help: str) -> Any:
    """Return a Typer argument that is a path."""
    return typer.Argument(help=help, parser=_reader(Path, name))


def _reader(kind: type, name: str) -> Callable[[str], Any]:
    def read(typed: Any) -> Any:
        if isinstance(typed, kind):  # a default
            return typed
        try:
            if not typed:
                raise ValueError
            return kind(typed)
        except ValueError:
            got = repr(typed) if len(typed) <= LONGEST else f"{typed[:LONGEST]!r}..."
            raise UnreadableError(f"{name} must be {WANTED[kind]}, got {got}") from None

    read.__name__ = kind.__name__.lower()  # what help shows
    return read
