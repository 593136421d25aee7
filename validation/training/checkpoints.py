"""Checkpoints of training in safetensors with a checksum, and weights out of a PyTorch state dict."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy

from theory.common import files, seal
from theory.common.arguments import ArgumentError

FORMAT = "polysem checkpoint 2"
WANTED = "a safetensors file"


def save(path: str | os.PathLike, arrays: Mapping[str, np.ndarray], run: Mapping[str, Any]) -> None:
    """Write arrays and what says which run they belong to, whole or not at all.

    Raises
    ------
    ValueError
        If a file cannot be written there, or what is there is not of the same run: where two runs write to
        one file, the second is told so.
    """
    if Path(path).exists():
        with Path(path).open("rb") as stream:
            _compare(_metadata(stream.read(seal.NEAR)), run, path)
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    metadata = {"format": FORMAT, "run": json.dumps(dict(run), sort_keys=True), "seal": seal.BLANK.decode()}
    files.write(path, seal.sealed(safetensors.numpy.save(contiguous, metadata)), "checkpoint")


def load(path: str | os.PathLike, run: Mapping[str, Any]) -> dict[str, np.ndarray] | None:
    """Read the arrays that `save` wrote for the same run, None if there is no such file.

    Raises
    ------
    ValueError
        If the file is no checkpoint, is damaged, or belongs to another run.
    """
    if not Path(path).exists():
        return None
    content = _checked(path, "checkpoint")
    arrays = _tensors(content, path, "checkpoint")
    _compare(_metadata(content), run, path)
    return arrays


def weights(path: str | os.PathLike, n_features: int, n_neurons: int) -> np.ndarray:
    """Read weights to start from out of a PyTorch state dict that was saved as safetensors.

    Parameters
    ----------
    path : path-like
        The file. ``torch.nn.Linear`` stores (output, input): tensors whose name has ``encoder`` in it,
        or that have this shape only, are (neuron, feature) and are transposed. Others are
        (feature, neuron), like a decoder's or a tied parameter.
    n_features, n_neurons : int
        Size of the model.

    Returns
    -------
    ndarray, float64
        Encodings, shape (feature, neuron); encodings and decoder, shape (2, feature, neuron), if the
        file has an encoder and a decoder.

    Raises
    ------
    ValueError
        If the file cannot be read, or does not hold one matrix, or one of each, of this size.
    """
    arrays = _tensors(_checked(path, "initial"), path, "initial")
    as_encoding = {}
    for name, array in arrays.items():
        transposed = "encoder" in name or array.shape != (n_features, n_neurons)
        if array.ndim == 2 and (array.T if transposed else array).shape == (n_features, n_neurons):
            as_encoding[name] = (array.T if transposed else array).astype(np.float64)
    if len(as_encoding) == 2:
        encoders = [name for name in as_encoding if "encoder" in name]
        decoders = [name for name in as_encoding if "decoder" in name]
        if len(encoders) == len(decoders) == 1:
            return np.stack([as_encoding[encoders[0]], as_encoding[decoders[0]]])
    if len(as_encoding) != 1:
        found = ", ".join(f"{name} {array.shape}" for name, array in sorted(arrays.items()))
        raise ArgumentError(
            f"initial must hold one matrix of {n_features} features and {n_neurons} neurons, or an encoder "
            f"and a decoder; {path} has {found}"
        )
    return next(iter(as_encoding.values())).copy()


def _compare(metadata: Mapping[str, str], run: Mapping[str, Any], path: str | os.PathLike) -> None:
    """Check that what a checkpoint says of itself is this run."""
    ours = metadata.get("format") == FORMAT and str(metadata.get("seal")).startswith(seal.MARK.decode())
    try:
        saved = dict(json.loads(metadata["run"])) if ours else None
    except (KeyError, ValueError, TypeError):
        saved = None
    if saved is None:
        raise ArgumentError(f"checkpoint must be one of polysem; {path} is not")
    wanted = json.loads(json.dumps(dict(run)))
    if differing := sorted(name for name in saved | wanted if saved.get(name) != wanted.get(name)):
        raise ArgumentError(f"checkpoint must be of the same run; {path} differs in {', '.join(differing)}")


def _checked(path: str | os.PathLike, name: str) -> bytes:
    """Return the content of a file; where it has a checksum, that fits."""
    content = files.read(path, name, WANTED)
    if seal.fits(content) is False:
        raise ArgumentError(f"{name} must be {WANTED}; {path} is damaged: its checksum does not fit")
    return content


def _metadata(beginning: bytes) -> dict[str, str]:
    """Return what a file says of itself in its header, nothing if it has none."""
    try:
        header = json.loads(beginning[8 : 8 + int.from_bytes(beginning[:8], "little")])
        return dict(header.get("__metadata__", {}))
    except (ValueError, TypeError, AttributeError, RecursionError):
        return {}


def _tensors(content: bytes, path: str | os.PathLike, name: str) -> dict[str, np.ndarray]:
    try:
        return safetensors.numpy.load(content)
    except Exception:  # the library's own, and whatever kinds of numbers that NumPy lacks lead to
        raise ArgumentError(f"{name} must be {WANTED}; {path}: not a safetensors file") from None
