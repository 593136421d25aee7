"""Files that are whole or not there at all, and paths that are looked at before any work is done."""

import os
import stat
import tempfile
import uuid
from pathlib import Path

from theory.common import memory, signals
from theory.common.arguments import ArgumentError

ROOM = 2**32  # bytes of memory that any file may ask for
EXPANSION = 100  # and how many times its own length: what we write holds random numbers, which do not shrink


def writable(path: str | os.PathLike, name: str = "out") -> Path:
    """Return `path`, checked before any work is done: a file can be written there.

    Raises
    ------
    ValueError
        If there is something else than a regular file, such as a folder or a device, or its folder does not
        exist or cannot be written to; `name` is the argument that the message names.
    """
    path = Path(path)
    obstacle = obstacle_at(path)
    if obstacle in (None, "no such file"):
        obstacle = obstacle_in(_target(path).parent)
    if obstacle:
        raise ArgumentError(f"{name} must be a file in a writable folder, got {path}: {obstacle}")
    return path


def folder(path: str | os.PathLike, name: str = "out") -> Path:
    """Return `path`, checked before any work is done: a folder that can be written to, or be made.

    Raises
    ------
    ValueError
        If it is a file or cannot be written to or made; `name` is the argument that the message names.
    """
    path = Path(path)
    obstacle = obstacle_at(path)
    if obstacle == "no such file":
        obstacle = "is a link to nothing" if path.is_symlink() else obstacle_in(path.parent)
    elif obstacle in (None, "is a folder"):
        obstacle = obstacle_in(path)
    if obstacle:
        raise ArgumentError(f"{name} must be a folder that can be written to, got {path}: {obstacle}")
    return path


def make(folder: Path, name: str) -> None:
    """Make a folder if it is not there.

    Raises
    ------
    ValueError
        If it cannot be made; `name` is the argument that the message names.
    """
    try:
        folder.mkdir(exist_ok=True)
    except OSError as error:
        raise ArgumentError(
            f"{name} must be a folder that can be made, got {folder}: {_reason(error)}"
        ) from None


def distinct(**paths: str | os.PathLike | None) -> None:
    """Check that no two of these paths, by argument, lead to one file; None is none.

    Raises
    ------
    ValueError
        If two do.
    """
    taken: dict[Path, str] = {}
    for name, path in paths.items():
        if path is None:
            continue
        if other := taken.get(_target(Path(path))):
            raise ArgumentError(f"{name} must be another file than {other}, got {path} for both")
        taken[_target(Path(path))] = name


def obstacle_at(path: Path) -> str | None:
    """Say why nothing can be read from `path`, or None where a regular file is; links are followed."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return _reason(error)
    except ValueError:  # no name on any disk has a zero byte
        return "no name of a file"
    if stat.S_ISREG(mode):
        return None
    return "is a folder" if stat.S_ISDIR(mode) else "is a pipe, device or socket"


def obstacle_in(folder: Path) -> str | None:
    """Say why no file can be written to `folder`, or None; found out by writing one."""
    try:
        with tempfile.TemporaryFile(dir=folder):
            return None
    except FileNotFoundError:
        return "no such folder"
    except OSError as error:
        return _reason(error)


def read(path: str | os.PathLike, name: str, wanted: str) -> bytes:
    """Return the content of a file.

    Raises
    ------
    ValueError
        If it cannot be read; the message says that the argument `name` must be what is `wanted`.
    """
    obstacle = obstacle_at(Path(path))
    if obstacle is None:
        try:
            return Path(path).read_bytes()
        except OSError as error:
            obstacle = _reason(error)
        except MemoryError:
            obstacle = "is too large for memory"
    raise ArgumentError(f"{name} must be {wanted}; {path}: {obstacle}")


def write(path: str | os.PathLike, content: bytes, name: str = "out") -> Path:
    """Write a file that is whole, and on the disk, or not there: one that was there stays until then.

    Ctrl-C, SIGTERM and SIGHUP wait until it is. Links are followed: what they lead to is replaced.

    Raises
    ------
    ValueError
        If it cannot be written, as on a full disk; `name` is the argument that the message names.
    """
    path = writable(path, name)
    target = _target(path)
    temporary = target.with_name(f".{target.name[:40]}-{uuid.uuid4().hex}.partial")
    with signals.held():
        try:
            with temporary.open("xb") as stream:
                stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            os.replace(temporary, target)
            _keep_names(target.parent)
        except OSError as error:
            raise ArgumentError(
                f"{name} must be a file that can be written, got {path}: {_reason(error)}"
            ) from None
        finally:
            temporary.unlink(missing_ok=True)
    return path


def bomb(wanted: int, length: int) -> str | None:
    """Say what is wrong if a file of this `length` asks for so many bytes of memory, or None."""
    if wanted <= min(max(ROOM, EXPANSION * length), memory.size()):
        return None
    return f"asks for {wanted / 1e9:.3g} GB of memory, too many for a file of {length} bytes"


def _target(path: Path) -> Path:
    """Return the file that a path leads to."""
    return Path(os.path.realpath(path))


def _keep_names(folder: Path) -> None:
    """Have the names in a folder written to the disk, where the system lets folders be opened."""
    if hasattr(os, "O_DIRECTORY"):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
