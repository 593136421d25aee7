"""Files that are whole or not there at all."""

import os
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from theory.common import arguments
from theory.common.arguments import ArgumentError


def writable(path: str | os.PathLike, name: str = "out") -> Path:
    """Return `path`, checked before any work is done: a file can be written there.

    Raises
    ------
    ValueError
        If `path` is a folder, or its folder does not exist or cannot be written to; `name` is the
        argument that the message names.
    """
    path = arguments.path(name, path)
    wanted = f"{name} must be a file in a writable folder, got {path}"
    if path.is_dir():
        raise ArgumentError(f"{wanted}: is a folder")
    if obstacle := obstacle_in(path.parent):
        raise ArgumentError(f"{wanted}: {obstacle}")
    return path


def folder(path: str | os.PathLike, name: str = "out") -> Path:
    """Return `path`, checked before any work is done: a folder that can be written to, or be made.

    Raises
    ------
    ValueError
        If it is a file or cannot be written to or made; `name` is the argument that the message names.
    """
    path = arguments.path(name, path)
    wanted = f"{name} must be a folder that can be written to, got {path}"
    if obstacle := obstacle_in(path if path.exists() else path.parent):
        raise ArgumentError(f"{wanted}: {obstacle}")
    return path


def obstacle_in(folder: Path) -> str | None:
    """Say why no file can be written to `folder`, or None; found out by writing one."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except FileNotFoundError:
        return "no such folder"
    except OSError as error:
        return (error.strerror or "cannot be written to").lower()


@contextmanager
def atomic(path: str | os.PathLike) -> Iterator[Path]:
    """Yield a temporary path beside `path` that takes its place when the block ends without an error."""
    path = writable(path)
    temporary = path.with_name(f".{path.stem}-{uuid.uuid4().hex}{path.suffix}")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
