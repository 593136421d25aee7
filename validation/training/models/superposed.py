"""The model of superposition, ``y = ReLU(W Wᵀ x + b)``, trained on batches of sparse features."""

from collections.abc import Callable

import numba
import numpy as np

from validation.training.backend import Array, is_numpy, namespace_of
from validation.training.models import Network, Parameters

DRAWN_AHEAD = 2**17  # random numbers of a replicate drawn at once: a generator costs as much as many of them


class Superposed(Network):
    """Loss and gradient for a batch of replicates.

    Parameters
    ----------
    draw : callable
        Takes a generator and a number of samples, and returns inputs, (sample, feature).
    batch : int
        Samples in each step.
    importances : ndarray, shape (feature,)
        Importance of each output's error.
    keys : ndarray of uint64, shape (replicate, 2)
        Keys of the replicates' random numbers, which depend on nothing but the key and the step.

    Notes
    -----
    ``weights`` have shape (replicate, feature, neuron), ``biases`` (replicate, feature). The products go to
    BLAS; what is between them is one pass over the outputs.
    """

    def __init__(
        self,
        draw: Callable[[np.random.Generator, int], np.ndarray],
        batch: int,
        importances: np.ndarray,
        keys: np.ndarray,
    ) -> None:
        self.draw, self.batch, self.importances, self.keys = draw, batch, importances, keys
        self._drawn: tuple[int, Array] = -1, None

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
        return self.gradients_on(parameters, self.inputs(parameters, step))

    def gradients_on(self, parameters: Parameters, inputs: Array) -> Parameters:
        """Return the gradient for these inputs, (replicate, sample, feature)."""
        weights, biases = parameters["weights"], parameters["biases"]
        xp = namespace_of(weights)
        hidden = inputs @ weights
        outputs = hidden @ xp.matrix_transpose(weights)
        factors = xp.asarray(2 / inputs.shape[-2] * self.importances, dtype=weights.dtype)
        slope, by_biases = _slope(outputs, biases, inputs, factors)
        by_weights = xp.matrix_transpose(slope) @ hidden
        by_weights += xp.matrix_transpose(inputs) @ (slope @ weights)
        return {"weights": by_weights, "biases": by_biases}

    def inputs(self, parameters: Parameters, step: int) -> Array:
        """Return the inputs of a step, (replicate, sample, feature)."""
        weights = parameters["weights"]
        xp = namespace_of(weights)
        count = max(1, DRAWN_AHEAD // (self.batch * weights.shape[-2]))
        if self._drawn[0] != step // count:
            samples = np.stack([self._ahead(key, step // count, count) for key in self.keys], axis=1)
            self._drawn = step // count, xp.asarray(samples, dtype=weights.dtype)
        return self._drawn[1][step % count]

    def _ahead(self, key: np.ndarray, number: int, count: int) -> np.ndarray:
        rng = np.random.Generator(np.random.Philox(counter=[0, 0, 0, number], key=key))
        return self.draw(rng, count * self.batch).reshape(count, self.batch, -1)


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
