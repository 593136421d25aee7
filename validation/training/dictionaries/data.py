"""What dictionaries are trained on: activations, a function, or the hidden layer of a trained model."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import xarray as xr

from theory.common import arguments
from theory.common.arguments import ArgumentError, ArgumentTypeError

Data = np.ndarray | xr.Dataset | Callable[[np.random.Generator, int], np.ndarray]
PROBED = 8  # samples of a function that are looked at before training


class Source(Protocol):
    """Where activations come from."""

    def draw(self, rng: np.random.Generator, count: int, replicate: int) -> np.ndarray:
        """Return activations, (sample, input), for the dictionary of a replicate."""

    @property
    def identity(self) -> str:
        """What tells these data from others, in a checkpoint."""


@dataclass(frozen=True)
class Rows:
    """Rows of an array (sample, input), drawn with replacement."""

    activations: np.ndarray

    def draw(self, rng: np.random.Generator, count: int, replicate: int) -> np.ndarray:
        """Return rows."""
        return self.activations[rng.integers(len(self.activations), size=count)]

    @property
    def identity(self) -> str:
        """A digest of the rows."""
        return hashlib.sha256(self.activations.tobytes()).hexdigest()


@dataclass(frozen=True)
class Drawn:
    """What a function ``(rng, count)`` returns."""

    function: Callable[[np.random.Generator, int], np.ndarray]

    def draw(self, rng: np.random.Generator, count: int, replicate: int) -> np.ndarray:
        """Return what the function does."""
        return self.function(rng, count)

    @property
    def identity(self) -> str:
        """The name of the function: what it does cannot be known."""
        return str(getattr(self.function, "__qualname__", type(self.function).__qualname__))


@dataclass(frozen=True)
class Hidden:
    """The hidden layer ``Wᵀx`` of a trained model, for features x as it is trained on them.

    Parameters
    ----------
    encodings : ndarray, shape (replicate, feature, neuron)
        W; a dictionary has that of its own replicate, or there is one for all.
    probability : float
        Each feature is on independently with this probability, with values uniform on [0, 1]; 0 stands for
        one feature at a time, any of them, with value 1.
    """

    encodings: np.ndarray
    probability: float

    def draw(self, rng: np.random.Generator, count: int, replicate: int) -> np.ndarray:
        """Return hidden activations."""
        return self.features(rng, count) @ self.encodings[replicate % len(self.encodings)]

    @property
    def identity(self) -> str:
        """A digest of the encodings, and the probability."""
        return f"{hashlib.sha256(self.encodings.tobytes()).hexdigest()} at {self.probability}"

    def features(self, rng: np.random.Generator, count: int) -> np.ndarray:
        """Return features, (sample, feature)."""
        number = self.encodings.shape[1]
        if self.probability == 0:
            return np.eye(number)[rng.integers(number, size=count)]
        features = np.zeros((count, number), np.float32)
        on = rng.random(features.shape, np.float32) < self.probability
        features[on] = 1 - rng.random(np.count_nonzero(on), np.float32)  # on is above 0
        return features


def source(data: Any, n_inputs: int, replicates: int) -> Source:
    """Return what draws from `data`.

    Raises
    ------
    TypeError, ValueError
        If it is none of what `train` takes, or has not as many inputs as the dictionary.
    """
    if isinstance(data, xr.Dataset):
        return hidden(data, n_inputs, replicates)
    if callable(data):
        probe = arguments.array("data", data(np.random.default_rng(0), PROBED), ("sample", "input"))
        if probe.shape != (PROBED, n_inputs):
            raise ArgumentError(
                f"data must return shape (count, {n_inputs}), got {probe.shape} for count {PROBED}"
            )
        return Drawn(data)
    if data is None:
        raise ArgumentTypeError("data must be given: activations, a Dataset, or a function (rng, count)")
    rows = arguments.array("data", data, ("sample", "input"))
    if rows.shape[1] != n_inputs:
        raise ArgumentError(f"data must have n_inputs = {n_inputs} columns, got {rows.shape[1]}")
    return Rows(rows)


def hidden(data: xr.Dataset, n_inputs: int, replicates: int) -> Hidden:
    """Return what draws hidden activations of a trained or simulated model.

    Raises
    ------
    ValueError
        If it has no encodings, not as many neurons as there are inputs, or another number of replicates.
    """
    if "final" not in data or data.final.dims[-2:] != ("feature", "neuron"):
        raise ArgumentError("data must be a result with final encodings (feature, neuron)")
    encodings = data.final.values.reshape(-1, *data.final.shape[-2:])
    if encodings.shape[-1] != n_inputs:
        raise ArgumentError(f"data must have n_inputs = {n_inputs} neurons, got {encodings.shape[-1]}")
    if len(encodings) not in (1, replicates):
        raise ArgumentError(f"data must have one replicate, or {replicates}, got {len(encodings)}")
    return Hidden(encodings, float(data.attrs.get("probability", 0.0)))
