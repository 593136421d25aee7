"""Encodings out of files: which array of a file they are, which way round, and of which network."""

import os
import re
import warnings
from typing import NamedTuple

import numpy as np

from theory.common import arguments, memory
from theory.common.arguments import ArgumentError
from validation.analysis import arrays
from validation.analysis.arrays import Arrays, Stored

FINAL = ("final", "weights")
INITIAL = ("initial",)
PAIRS, ENTRIES = 16, 18  # bytes of memory that an analysis takes for each pair of features, each weight
HELD = 8  # names of a file that a line tells

ENCODER = re.compile(r"[Ee]ncoder|\b(?:W_)?enc|\bW_in\b")
DECODER = re.compile(r"[Dd]ecoder|\b(?:W_)?dec|\bW_out\b")
RIGHT = re.compile(r"\bW_\w+$")  # stored (input, output) and multiplied from the right, as by SAELens
LINEAR = re.compile(r"(?:^|\.)weight$")  # stored (output, input), as by torch.nn.Linear


class Loaded(NamedTuple):
    """Encodings (feature, neuron) before and after training, if known, and a line that says what was read."""

    weights: np.ndarray
    initial: np.ndarray | None
    origin: str


def load(
    file: str | os.PathLike,
    initial: str | os.PathLike | None = None,
    key: str | None = None,
    transpose: bool | None = None,
    replicate: int | None = None,
) -> Loaded:
    """Read final encodings, and initial ones if there are any.

    Parameters
    ----------
    file : path
        ``.npy``, ``.npz``, ``.safetensors``, or ``.nc`` written by this toolkit. Of several arrays the final
        encodings are those called ``final`` or ``weights``, or else the only matrix beside ``initial``, the
        only one of an encoder (``encoder.weight``, ``W_enc``, ``W_in``), or the first of two numbered layers
        that lead to the hidden layer and back (``0.weight``, ``2.weight`` of an ``nn.Sequential``). Vectors,
        such as biases, are left out.
    initial : path, optional
        A file with the initial encodings: ``initial``, or what would be read as final ones.
    key : str, optional
        The name of the array in the file, where that does not find it.
    transpose : bool, optional
        Whether the array is stored as (neuron, feature). By default its name tells: ``weight`` of
        ``torch.nn.Linear`` is (output, input), and neurons are the output of an encoder, as which a single
        array of a single one is read, and the input
        (neuron, feature); all others (feature, neuron). Where the name does not tell, and features are more
        than neurons, so that some would have to share, there is a warning.
    replicate : int, optional
        Which network of a file that holds several, counted from 0.

    Returns
    -------
    Loaded
        ``weights``, ``initial`` or None, each (feature, neuron), and ``origin``, what was read.

    Raises
    ------
    ValueError
        If a file is not what its name claims, holds Python objects, or no matrix of finite real numbers; or
        it is not clear which is meant.
    """
    held = arrays.of(file, "file")
    name = _chosen(held, FINAL, key, file, "file")
    weights, turned, known = _encodings(held[name], name, file, "file", transpose, replicate)
    weights = matrix("file", weights)
    n, m = weights.shape
    if n > m and not known:
        rows, other = ("neurons", "features") if turned else ("features", "neurons")
        warnings.warn(
            f"{file} does not tell which axis is which: it is read with rows as {rows}, as {n} features on "
            f"{m} neurons, which have to share; if rows are {other}, say so (--transpose, --no-transpose)",
            stacklevel=2,
        )
    origin = f"{name or 'the array'}{', transposed' * turned}: {n} features × {m} neurons"
    if initial is not None:
        others = arrays.of(initial, "initial")
        wanted = key if key in others else None
        first = _chosen(others, INITIAL + FINAL, wanted, initial, "initial")
        before, _, _ = _encodings(others[first], first or name, initial, "initial", transpose, replicate)
        return Loaded(weights, matrix("initial", before, like=weights), origin)
    if "initial" in held and key in (None, *FINAL):
        before, _, _ = _encodings(held["initial"], "initial", file, "file", transpose, replicate)
        return Loaded(weights, matrix("file", before, like=weights, what="initial"), origin)
    return Loaded(weights, None, origin)


def activations(file: str | os.PathLike) -> np.ndarray:
    """Read activations (sample, input), the array of that name or the only one, from ``.npy`` and the like.

    Raises
    ------
    ValueError
        If the file is not what its name claims, holds Python objects, or not one such array.
    """
    held = arrays.of(file, "data")
    name = "activations" if "activations" in held else next(iter(held), None)
    if name is None or (name != "activations" and len(held) > 1):
        raise ArgumentError(
            f"data must hold an array called activations, or one only; {file} has {_names(held)}"
        )
    with arrays.reading(file, "data"):
        return held[name].read()


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


def _chosen(
    held: Arrays, names: tuple[str, ...], key: str | None, path: str | os.PathLike, argument: str
) -> str:
    """Return the name of the array that is meant."""
    if key is not None:
        if key not in held:
            raise ArgumentError(f"key must be one of {_names(held)}, got {arguments.shown(key)}")
        return key
    if found := next((name for name in names if name in held), None):
        return found
    others = [name for name in held if name not in INITIAL]
    if len(others) == 1:
        return others[0]
    with arrays.reading(path, argument):
        shapes = {name: held[name].shape() for name in others}
    matrices = [name for name in sorted(shapes, key=_numbered) if len(shapes[name]) > 1]
    encoders = [name for name in matrices if ENCODER.search(name) and not DECODER.search(name)]
    for few in (matrices, encoders, _there_and_back(matrices, shapes)):
        if len(few) == 1:
            return few[0]
    raise ArgumentError(
        f"key must say which array of {path} holds the encodings: {_names(held)}"
        if matrices
        else f"{argument} must hold a matrix of encodings, {path} has {_names(held) or 'nothing'}"
    )


def _names(held: Arrays) -> str:
    """Return the names in a file, with their number if they are many."""
    names = ", ".join(sorted(held)[:HELD])
    return f"{names} ... ({len(held)})" if len(held) > HELD else names


def _there_and_back(matrices: list[str], shapes: dict[str, tuple[int, ...]]) -> list[str]:
    """Return the first of two layers that differ by number only, from features to neurons and back."""
    if len(matrices) != 2:
        return []
    first, second = matrices
    numbered = re.sub(r"\d+", "", first) == re.sub(r"\d+", "", second)
    return [first] if numbered and shapes[first] == shapes[second][::-1] else []


def _numbered(name: str) -> list[tuple[int, str]]:
    """Return what sorts names by the numbers in them: 2.weight before 10.weight."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _encodings(
    stored: Stored,
    name: str,
    path: str | os.PathLike,
    argument: str,
    transpose: bool | None,
    replicate: int | None,
) -> tuple[np.ndarray, bool, bool]:
    """Read encodings (feature, neuron), and say whether they were transposed, and whether that is certain."""
    with arrays.reading(path, argument):
        array = stored.read()
        array, axes = _one_network(array, stored.axes, replicate, path)
    if axes:
        if set(axes) != {"feature", "neuron"}:
            raise ArgumentError(
                f"{argument} must hold encodings (feature, neuron); {path} holds {name} with axes "
                f"({', '.join(axes)})"
            )
        turned, known = axes != ("feature", "neuron"), True
    else:
        turned, known = _way_round(name)
        if transpose is not None:
            turned, known = transpose, True
    return array.T if turned else array, turned, known


def _one_network(
    array: np.ndarray, axes: tuple[str, ...], replicate: int | None, path: str | os.PathLike
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the matrix of one network: the first axis of more than two is that of networks."""
    if replicate is not None:
        replicate = arguments.whole("replicate", replicate)
    several = "replicate" in axes if axes else array.ndim > 2
    count = array.shape[0] if several else 1
    if (replicate or 0) >= count:
        raise ArgumentError(f"replicate must be less than {count}, the networks in {path}, got {replicate}")
    if replicate is None and count > 1:
        raise ArgumentError(f"replicate must say which of the {count} networks in {path}: 0 to {count - 1}")
    if not several:
        return array, axes
    array, axes = array[replicate or 0], axes[1:]
    if (
        not axes and array.ndim == 3 and len(array) == 2
    ):  # encoder and decoder of an untied checkpoint of ours
        array = array[0]
    return array, axes


def _way_round(name: str) -> tuple[bool, bool]:
    """Say by its name whether an array is stored as (neuron, feature), and whether that is certain."""
    decoder = bool(DECODER.search(name))
    known = decoder or bool(ENCODER.search(name))
    if RIGHT.search(name):
        return decoder, known
    if LINEAR.search(name) or known:
        return not decoder, known
    return False, name in FINAL + INITIAL
