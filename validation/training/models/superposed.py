"""The model of superposition, ``y = ReLU(W Wᵀ x + b)``, trained on batches of sparse features."""

from collections.abc import Callable
from typing import NamedTuple

import numba
import numpy as np

from validation.training.backend import Array, is_numpy, namespace_of
from validation.training.models import Network, Parameters

DRAWN_AHEAD = 2**17  # random numbers of a replicate drawn at once: a generator costs as much as many of them
SPARSE = 0.25  # share of entries that are on, up to which nothing is multiplied by the others


class Entries(NamedTuple):
    """What is on in a step: of replicate r the entries from ``first[r]`` to ``last[r]``.

    A place is ``offset + sample · n + feature``.
    """

    places: np.ndarray  # int64 (entry,)
    values: np.ndarray  # (entry,)
    first: np.ndarray
    last: np.ndarray
    offset: int


class Superposed(Network):
    """Loss and gradient for a batch of replicates.

    Parameters
    ----------
    draw : callable
        Takes a generator and a number of samples, and returns the places and values of entries that are on,
        as `theory.Superposition.on` does.
    batch : int
        Samples in each step.
    importances : ndarray, shape (feature,)
        Importance of each output's error.
    keys : ndarray of uint64, shape (replicate, 2)
        Keys of the replicates' random numbers, which depend on nothing but the key and the step.
    density : float
        Share of entries that are on, as a rule: it says which of two ways is faster.

    Notes
    -----
    ``weights`` have shape (replicate, feature, neuron), ``biases`` (replicate, feature). Of a step's five
    products three go to BLAS; the two with the inputs need but what is on, if that is little. What is between
    them is one pass over the outputs.
    """

    def __init__(
        self,
        draw: Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]],
        batch: int,
        importances: np.ndarray,
        keys: np.ndarray,
        density: float,
    ) -> None:
        self.draw, self.batch, self.importances, self.keys = draw, batch, importances, keys
        self.sparse = density <= SPARSE
        none = np.empty(0)
        self._ahead: tuple[int, np.ndarray, np.ndarray, np.ndarray] = -1, none, none, none

    def loss(self, parameters: Parameters, step: int) -> Array:
        """Return the mean loss of the batch of this step by replicate, in float64."""
        inputs = self.inputs(parameters, step)
        xp = namespace_of(inputs)
        weights, biases = parameters["weights"], parameters["biases"]
        outputs = (inputs @ weights) @ xp.matrix_transpose(weights) + biases[:, None, :]
        error = xp.astype(xp.maximum(outputs, 0.0) - inputs, xp.float64)
        return xp.sum(error * error * xp.asarray(self.importances), axis=(-1, -2)) / self.batch

    def gradients(self, parameters: Parameters, step: int) -> Parameters:
        """Return the gradient of the loss on the batch of this step."""
        if self.sparse and is_numpy(parameters["weights"]):
            return self._sparse_gradients(parameters, self.entries(parameters, step))
        return self.gradients_on(parameters, self.inputs(parameters, step))

    def gradients_on(self, parameters: Parameters, inputs: Array) -> Parameters:
        """Return the gradient for these inputs, (replicate, sample, feature)."""
        weights, biases = parameters["weights"], parameters["biases"]
        xp = namespace_of(weights)
        hidden = inputs @ weights
        outputs = hidden @ xp.matrix_transpose(weights)
        slope, by_biases = _slope(outputs, biases, inputs, self._factors(weights, inputs.shape[-2]))
        by_weights = xp.matrix_transpose(slope) @ hidden
        by_weights += xp.matrix_transpose(inputs) @ (slope @ weights)
        return {"weights": by_weights, "biases": by_biases}

    def _sparse_gradients(self, parameters: Parameters, entries: Entries) -> Parameters:
        weights, biases = parameters["weights"], parameters["biases"]
        hidden = np.zeros((len(weights), self.batch, weights.shape[-1]), weights.dtype)
        _encode(weights, *entries, hidden)
        outputs, by_biases = hidden @ np.matrix_transpose(weights), np.zeros_like(biases)
        _fused_sparse(outputs, biases, self._factors(weights, self.batch), *entries, by_biases)
        by_weights = np.matrix_transpose(outputs) @ hidden
        _add_to_encodings(outputs @ weights, *entries, by_weights)
        return {"weights": by_weights, "biases": by_biases}

    def _factors(self, weights: Array, samples: int) -> Array:
        return namespace_of(weights).asarray(2 / samples * self.importances, dtype=weights.dtype)

    def inputs(self, parameters: Parameters, step: int) -> Array:
        """Return the inputs of a step, (replicate, sample, feature)."""
        weights = parameters["weights"]
        places, values, first, last, offset = self.entries(parameters, step)
        inputs = np.zeros((len(self.keys), self.batch, weights.shape[-2]), values.dtype)
        for replicate, start, end in zip(inputs, first, last, strict=True):
            replicate.reshape(-1)[places[start:end] - offset] = values[start:end]
        return namespace_of(weights).asarray(inputs)

    def entries(self, parameters: Parameters, step: int) -> Entries:
        """Return what is on in a step."""
        weights = parameters["weights"]
        size = self.batch * weights.shape[-2]
        count = max(1, DRAWN_AHEAD // size)
        if self._ahead[0] != step // count:
            drawn = [self._drawn(key, step // count, count) for key in self.keys]
            ends = np.array([np.searchsorted(places, size * np.arange(count + 1)) for places, _ in drawn])
            before = np.cumsum([0, *(len(places) for places, _ in drawn[:-1])])
            joined = np.concatenate([places for places, _ in drawn])
            values = np.concatenate([values for _, values in drawn]).astype(str(weights.dtype))
            self._ahead = step // count, joined, values, (ends + before[:, None]).T
        _, places, values, bounds = self._ahead
        k = step % count
        return Entries(places, values, bounds[k], bounds[k + 1], k * size)

    def _drawn(self, key: np.ndarray, number: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        rng = np.random.Generator(np.random.Philox(counter=[0, 0, 0, number], key=key))
        return self.draw(rng, count * self.batch)


def _slope(outputs: Array, biases: Array, inputs: Array, factors: Array) -> tuple[Array, Array]:
    """Return the gradient by what enters ReLU, and by biases; `outputs` of NumPy are overwritten."""
    if is_numpy(outputs):
        by_biases = np.zeros_like(biases)
        _fused(outputs, biases, inputs, factors, by_biases)
        return outputs, by_biases
    xp = namespace_of(outputs)
    outputs = outputs + biases[:, None, :]
    slope = xp.where(outputs > 0, factors * (outputs - inputs), xp.zeros_like(outputs))
    return slope, xp.sum(slope, axis=1)


@numba.njit(cache=True, nogil=True)
def _fused(outputs, biases, inputs, factors, by_biases):
    replicates, samples, features = outputs.shape
    for r in range(replicates):
        for s in range(samples):
            for j in range(features):
                output = outputs[r, s, j] + biases[r, j]
                slope = factors[j] * (output - inputs[r, s, j])
                if not output > 0:
                    slope = factors[j] * 0
                outputs[r, s, j] = slope
                by_biases[r, j] += slope


@numba.njit(cache=True, nogil=True)
def _encode(weights, places, values, first, last, offset, hidden):
    """Add ``x W`` to hidden activations, (replicate, sample, neuron)."""
    n = weights.shape[1]
    for r in range(len(weights)):
        for e in range(first[r], last[r]):
            sample, feature = divmod(places[e] - offset, n)
            for k in range(weights.shape[2]):
                hidden[r, sample, k] += values[e] * weights[r, feature, k]


@numba.njit(cache=True, nogil=True)
def _fused_sparse(outputs, biases, factors, places, values, first, last, offset, by_biases):
    """Do what `_fused` does: first as if nothing were on, then what is on."""
    replicates, samples, features = outputs.shape
    for r in range(replicates):
        for s in range(samples):
            for j in range(features):
                output = outputs[r, s, j] + biases[r, j]
                slope = factors[j] * output
                if not output > 0:
                    slope = factors[j] * 0
                outputs[r, s, j] = slope
                by_biases[r, j] += slope
        for e in range(first[r], last[r]):
            s, j = divmod(places[e] - offset, features)
            if outputs[r, s, j] > 0:
                outputs[r, s, j] -= factors[j] * values[e]
                by_biases[r, j] -= factors[j] * values[e]


@numba.njit(cache=True, nogil=True)
def _add_to_encodings(back, places, values, first, last, offset, by_weights):
    """Add ``xᵀ back`` to the gradient by weights."""
    n = by_weights.shape[1]
    for r in range(len(by_weights)):
        for e in range(first[r], last[r]):
            sample, feature = divmod(places[e] - offset, n)
            for k in range(by_weights.shape[2]):
                by_weights[r, feature, k] += values[e] * back[r, sample, k]
