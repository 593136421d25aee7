"""Arrays by name out of files: NumPy, safetensors, our own. What a file claims is checked, nothing is run."""

import json
import os
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any, NamedTuple

import numpy as np
from safetensors import SafetensorError, safe_open

from theory.common import files, schema, seal
from theory.common.arguments import ArgumentError

REAL = ("F16", "F32", "F64", *(f"{sign}{bits}" for sign in "IU" for bits in (8, 16, 32, 64)))


class Stored(NamedTuple):
    """An array in a file: it and its shape are read when asked for; ``axes`` if the file names them."""

    shape: Callable[[], tuple[int, ...]]
    read: Callable[[], np.ndarray]
    axes: tuple[str, ...] = ()


Arrays = Mapping[str, Stored]


def of(path: str | os.PathLike, name: str) -> Arrays:
    """Return the arrays of a file, the argument `name`, by their names there; none of them is read yet.

    Raises
    ------
    ValueError
        If the file is not what its name claims.
    """
    readers = {".npy": _npy, ".npz": _npz, ".safetensors": _safetensors, ".nc": _netcdf}
    read = readers.get(Path(path).suffix.lower())
    if read is None:
        raise ArgumentError(f"{name} must end in {', '.join(readers)}, got {path}")
    if obstacle := files.obstacle_at(Path(path)):
        raise ArgumentError(f"{name} must be a file, got {path}: {obstacle}")
    with reading(path, name):
        return read(Path(path))


class UnfitError(Exception):
    """What is wrong with a file, to be said after its name."""


@contextmanager
def reading(path: str | os.PathLike, name: str) -> Iterator[None]:
    """Say in one line what is wrong with a file that cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python's own parser, about a damaged header
            yield
    except ArgumentError:
        raise
    except UnfitError as error:
        raise ArgumentError(f"{name} must be a file that can be read; {path} {error}") from None
    except MemoryError:
        reason = "is too large for memory"
        raise ArgumentError(f"{name} must be a file that can be read; {path} {reason}") from None
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise ArgumentError(f"{name} must be a file that can be read; {path}: {reason}") from None
    except Exception:  # NumPy, zipfile with its codecs, and safetensors raise all kinds at damaged files
        raise ArgumentError(f"{name} must be a file that can be read; {path} is damaged") from None


def _npy(path: Path) -> Arrays:
    def opened(read: Callable[[IO[bytes], int], Any]) -> Callable[[], Any]:
        def run() -> Any:
            with path.open("rb") as stream:
                return read(stream, path.stat().st_size)

        return run

    return {"": Stored(opened(_numpy_shape), opened(_numpy_array))}


def _npz(path: Path) -> Arrays:
    def opened(member: str, read: Callable[[IO[bytes], int], Any]) -> Callable[[], Any]:
        def run() -> Any:
            with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
                size = archive.getinfo(member).file_size
                if reason := files.bomb(size, path.stat().st_size):
                    raise UnfitError(reason)
                return read(stream, size)

        return run

    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except zipfile.BadZipFile:
        raise UnfitError("is no .npz file: it is no zip archive") from None
    return {
        member.removesuffix(".npy"): Stored(opened(member, _numpy_shape), opened(member, _numpy_array))
        for member in members
    }


def _numpy_shape(stream: IO[bytes], size: int) -> tuple[int, ...]:
    """Return the shape of an array of real numbers; `size` is how many bytes there are."""
    headers: Any = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        version = np.lib.format.read_magic(stream)
        shape, _, dtype = headers[version](stream)
    except (ValueError, KeyError):
        raise UnfitError("holds no NumPy array: it does not begin like one") from None
    if dtype.hasobject:
        raise UnfitError("holds pickled Python objects, which are not read")
    wanted = int(np.prod([int(length) for length in shape], dtype=object)) * dtype.itemsize
    if stream.tell() + wanted != size:
        raise UnfitError(f"is damaged: it claims shape {shape}, but its length does not fit")
    return shape


def _numpy_array(stream: IO[bytes], size: int) -> np.ndarray:
    _numpy_shape(stream, size)
    stream.seek(0)
    return np.lib.format.read_array(stream, allow_pickle=False)


def _safetensors(path: Path) -> Arrays:
    def shape(name: str) -> tuple[int, ...]:
        with safe_open(path, "numpy") as file:
            return tuple(file.get_slice(name).get_shape())

    def read(name: str) -> np.ndarray:
        with safe_open(path, "numpy") as file:
            kind = file.get_slice(name).get_dtype()
            if kind == "BF16":
                return _bfloat16(path, name)
            if kind in REAL:
                return file.get_tensor(name)
        raise UnfitError(f"holds {name} as {kind}, not as real numbers of 16 bits or more, or integers")

    with path.open("rb") as stream:
        beginning = stream.read(seal.NEAR)
    if seal.MARK in beginning and not seal.fits(path.read_bytes()):  # a checkpoint of ours
        raise UnfitError("is damaged: its checksum does not fit")
    try:
        with safe_open(path, "numpy") as file:
            names = list(file.keys())
    except SafetensorError as error:
        raise UnfitError(f"is no safetensors file: {error}") from None
    return {name: Stored(partial(shape, name), partial(read, name)) for name in names}


def _bfloat16(path: Path, name: str) -> np.ndarray:
    """Read a tensor in bfloat16, which NumPy does not know: the upper half of a float32."""
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        entry = json.loads(stream.read(length))[name]
        begin, end = entry["data_offsets"]
        stream.seek(8 + length + begin)
        upper = np.frombuffer(stream.read(end - begin), "<u2").astype(np.uint32)
    return (upper << 16).view(np.float32).reshape(entry["shape"])


def _netcdf(path: Path) -> Arrays:
    saved = schema.load(path)
    return {
        str(name): Stored(partial(getattr, array, "shape"), array.to_numpy, tuple(map(str, array.dims)))
        for name, array in saved.data_vars.items()
    }
