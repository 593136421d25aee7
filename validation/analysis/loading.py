"""Encodings out of files: NumPy, safetensors, our own. What a file claims is checked; nothing in it runs."""

import json
import os
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, Any

import numpy as np
import xarray as xr
from safetensors import SafetensorError, safe_open

from theory.common import arguments, files, memory, schema, seal
from theory.common.arguments import ArgumentError

FINAL = ("final", "weights")
INITIAL = ("initial",)
PAIRS, ENTRIES = 16, 18  # bytes of memory that an analysis takes for each pair of features, each weight
REAL = ("F16", "F32", "F64", *(f"{sign}{bits}" for sign in "IU" for bits in (8, 16, 32, 64)))
Arrays = Mapping[str, Callable[[], np.ndarray]]  # by name; read when called


def load(
    file: str | os.PathLike, initial: str | os.PathLike | None = None
) -> tuple[np.ndarray, np.ndarray | None]:
    """Read final encodings, and initial ones if there are any.

    Parameters
    ----------
    file : path
        ``.npy``, ``.npz``, ``.safetensors``, or ``.nc`` written by this toolkit; features × neurons. Where a
        file has several arrays, the final encodings are called ``final`` or ``weights`` (or are the only
        matrix beside ``initial``), the initial ones ``initial``. Tensors whose name has ``encoder`` in it are
        (neuron, feature), as ``torch.nn.Linear`` stores them, and are transposed.
    initial : path, optional
        A file with the initial encodings: a single matrix, or one called ``initial`` or ``weights``.

    Returns
    -------
    tuple
        Final encodings, and initial ones or None; shape (feature, neuron).

    Raises
    ------
    ValueError
        If a file is not what its name claims, holds Python objects, or no matrix of finite real numbers.
    """
    arrays = _arrays(file, "file")
    weights = matrix("file", _chosen(arrays, FINAL, file, "file"))
    if initial is not None:
        found = _chosen(_arrays(initial, "initial"), INITIAL + FINAL[1:], initial, "initial")
        return weights, matrix("initial", found, like=weights)
    if "initial" in arrays:
        found = _chosen(arrays, INITIAL, file, "file")
        return weights, matrix("file", found, like=weights, what="initial")
    return weights, None


def activations(file: str | os.PathLike) -> np.ndarray:
    """Read activations (sample, input), the array of that name or the only one, from ``.npy`` and the like.

    Raises
    ------
    ValueError
        If the file is not what its name claims, holds Python objects, or not one such array.
    """
    return _chosen(_arrays(file, "data"), ("activations",), file, "data")


def matrix(name: str, value: object, like: np.ndarray | None = None, what: str = "") -> np.ndarray:
    """Return `value` as a matrix of finite float32 or float64; copied only where it is neither already.

    Raises
    ------
    TypeError, ValueError
        If it is anything else, not of the shape of `like`, or has more features than memory has room for the
        inner products of; the message says `what` in `name` is wrong.
    """
    wanted = f"{name} must hold{what and ' as ' + what} a matrix (features, neurons) of finite real numbers"
    array = arguments.real_numbers(wanted, arguments.in_order(wanted, value, ("feature", "neuron")))
    if array.ndim != 2 or array.size == 0:
        raise ArgumentError(f"{wanted}, got shape {array.shape}")
    if like is not None and array.shape != like.shape:
        raise ArgumentError(f"{wanted} of shape {like.shape}, got shape {array.shape}")
    n, m = array.shape
    memory.check(PAIRS * n * n + ENTRIES * n * m, f"{name} must hold fewer than {n} features")
    if array.dtype != np.float32:
        array = array.astype(np.float32 if array.dtype == np.float16 else np.float64, copy=False)
    if not (np.isfinite(array.min()) and np.isfinite(array.max())):  # both are NaN if any entry is
        raise ArgumentError(f"{wanted}, got NaN or infinity")
    return array


def _arrays(path: str | os.PathLike, name: str) -> Arrays:
    readers = {".npy": _npy, ".npz": _npz, ".safetensors": _safetensors, ".nc": _netcdf}
    read = readers.get(Path(path).suffix.lower())
    if read is None:
        raise ArgumentError(f"{name} must end in {', '.join(readers)}, got {path}")
    if obstacle := files.obstacle_at(Path(path)):
        raise ArgumentError(f"{name} must be a file, got {path}: {obstacle}")
    with _reading(path, name):
        return read(Path(path))


def _chosen(arrays: Arrays, names: tuple[str, ...], path: str | os.PathLike, argument: str) -> np.ndarray:
    """Return the array of the first of these names that is there, or the only one."""
    known = [name for name in names if name in arrays] or [name for name in arrays if name not in INITIAL]
    if len(known) != 1 and not (known and known[0] in names):
        held = ", ".join(sorted(arrays)[:8]) or "nothing"
        raise ArgumentError(
            f"{argument} must hold an array called {' or '.join(names)}, or one only; {path} has {held}"
        )
    with _reading(path, argument):
        return arrays[known[0]]()


class _UnfitError(Exception):
    """What is wrong with a file, to be said after its name."""


@contextmanager
def _reading(path: str | os.PathLike, name: str) -> Iterator[None]:
    """Say in one line what is wrong with a file that cannot be read."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of Python's own parser, about a damaged header
            yield
    except ArgumentError:
        raise
    except _UnfitError as error:
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
    def read() -> np.ndarray:
        with path.open("rb") as stream:
            return _numpy_array(stream, path.stat().st_size)

    return {"weights": read}


def _npz(path: Path) -> Arrays:
    def reader(member: str) -> Callable[[], np.ndarray]:
        def read() -> np.ndarray:
            with zipfile.ZipFile(path) as archive, archive.open(member) as stream:
                size = archive.getinfo(member).file_size
                if reason := files.bomb(size, path.stat().st_size):
                    raise _UnfitError(reason)
                return _numpy_array(stream, size)

        return read

    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.namelist()
    except zipfile.BadZipFile:
        raise _UnfitError("is no .npz file: it is no zip archive") from None
    return {member.removesuffix(".npy"): reader(member) for member in members}


def _numpy_array(stream: IO[bytes], size: int) -> np.ndarray:
    """Read an array of real numbers; `size` is how many bytes there are."""
    headers: Any = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}
    try:
        version = np.lib.format.read_magic(stream)
        shape, _, dtype = headers[version](stream)
    except (ValueError, KeyError):
        raise _UnfitError("holds no NumPy array: it does not begin like one") from None
    if dtype.hasobject:
        raise _UnfitError("holds pickled Python objects, which are not read")
    wanted = int(np.prod([int(length) for length in shape], dtype=object)) * dtype.itemsize
    if stream.tell() + wanted != size:
        raise _UnfitError(f"is damaged: it claims shape {shape}, but its length does not fit")
    stream.seek(0)
    return np.lib.format.read_array(stream, allow_pickle=False)


def _safetensors(path: Path) -> Arrays:
    def reader(name: str) -> Callable[[], np.ndarray]:
        def read() -> np.ndarray:
            with safe_open(path, "numpy") as file:
                kind = file.get_slice(name).get_dtype()
                if kind == "BF16":
                    array = _bfloat16(path, name)
                elif kind in REAL:
                    array = file.get_tensor(name)
                else:
                    raise _UnfitError(
                        f"holds {name} as {kind}, not as real numbers of 16 bits or more, or integers"
                    )
            return array.T if "encoder" in name else array

        return read

    with path.open("rb") as stream:
        beginning = stream.read(seal.NEAR)
    if seal.MARK in beginning and not seal.fits(path.read_bytes()):  # a checkpoint of ours
        raise _UnfitError("is damaged: its checksum does not fit")
    try:
        with safe_open(path, "numpy") as file:
            names = list(file.keys())
    except SafetensorError as error:
        raise _UnfitError(f"is no safetensors file: {error}") from None
    return {name: reader(name) for name in names}


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
    if saved.sizes.get("replicate", 1) > 1:
        raise _UnfitError(f"holds {saved.sizes['replicate']} networks, one is wanted")
    saved = saved.squeeze("replicate") if "replicate" in saved.dims else saved
    return {str(name): partial(_encodings, saved[name]) for name in (*FINAL, *INITIAL) if name in saved}


def _encodings(saved: xr.DataArray) -> np.ndarray:
    if set(saved.dims) != {"feature", "neuron"}:
        raise _UnfitError(f"holds {saved.name} with axes ({', '.join(map(str, saved.dims))})")
    return saved.transpose("feature", "neuron").to_numpy()
