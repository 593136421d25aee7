"""Checkpoints of training in safetensors, and weights out of a PyTorch state dict in the same format."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from theory.common import files
from theory.common.arguments import ArgumentError

FORMAT = "polysem checkpoint 1"


def save(path: str | os.PathLike, arrays: Mapping[str, np.ndarray], run: Mapping[str, Any]) -> None:
    """Write arrays and what says which run they belong to, whole or not at all.

    Raises
    ------
    ValueError
        If a file cannot be written there.
    """
    contiguous = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    with files.atomic(path) as temporary:
        save_file(
            contiguous, temporary, metadata={"format": FORMAT, "run": json.dumps(dict(run), sort_keys=True)}
        )


def load(path: str | os.PathLike, run: Mapping[str, Any]) -> dict[str, np.ndarray] | None:
    """Read the arrays that `save` wrote for the same run, None if there is no such file.

    Raises
    ------
    ValueError
        If the file is no checkpoint, or one of another run.
    """
    if not Path(path).exists():
        return None
    arrays, metadata = _read(path, "checkpoint")
    if metadata.get("format") != FORMAT:
        raise ArgumentError(f"checkpoint must be one of polysem; {path} is not")
    saved, wanted = json.loads(metadata["run"]), json.loads(json.dumps(dict(run)))
    if differing := sorted(name for name in saved | wanted if saved.get(name) != wanted.get(name)):
        raise ArgumentError(f"checkpoint must be of the same run; {path} differs in {', '.join(differing)}")
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
    arrays, _ = _read(path, "initial")
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
        found = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ArgumentError(
            f"initial must hold one matrix of {n_features} features and {n_neurons} neurons, or an encoder "
            f"and a decoder; {path} has {found}"
        )
    return next(iter(as_encoding.values())).copy()


def _read(path: str | os.PathLike, name: str) -> tuple[dict[str, np.ndarray], dict[str, str]]:
    try:
        with safe_open(path, "numpy") as file:
            return {key: file.get_tensor(key) for key in file.keys()}, file.metadata() or {}  # noqa: SIM118
    except (OSError, SafetensorError) as error:
        reason = "no such file" if isinstance(error, FileNotFoundError) else "not a safetensors file"
        raise ArgumentError(f"{name} must be a safetensors file; {path}: {reason}") from None
