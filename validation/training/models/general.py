"""The autoencoder ``y = ReLU(D f(Eᵀx + ξ))`` with all its options, trained on batches."""

from dataclasses import dataclass

import numpy as np

from validation.training.activations import Activation
from validation.training.backend import Array, namespace_of
from validation.training.inputs import Inputs
from validation.training.models import Encodings
from validation.training.noise import HiddenNoise

DRAWN_AHEAD = (
    2**17
)  # random numbers of a replicate that are drawn at once: a generator costs as much as many of them


@dataclass
class General(Encodings):
    """Training loss and gradient of the autoencoder with any options, for a batch of replicates.

    The loss is the squared error of a batch, times n over the number of samples, so that for the basis
    vectors it is the sum over all of them, plus ``l1 Σ |w|`` or ``l1 Σ |f|`` and ``l2 Σ w²``.

    Parameters
    ----------
    inputs : Inputs
        What is fed in.
    noise : HiddenNoise
        What disturbs the hidden layer before f.
    activation : Activation
        The function f.
    l1_weights, l1_activations, l2 : float
        Strengths of the penalties. The gradient has those of the activations only: what depends on
        nothing but the weights is the optimiser's.
    keys : ndarray of uint64, shape (replicate, 2)
        Keys of the replicates' random numbers.

    Notes
    -----
    Weights have shape (replicate, feature, neuron) when tied, D = E, and (replicate, 2, feature, neuron)
    when not, E before D. The random numbers of a step depend on nothing but the key and the step.
    """

    inputs: Inputs
    noise: HiddenNoise
    activation: Activation
    l1_weights: float
    l1_activations: float
    l2: float
    keys: np.ndarray

    def __post_init__(self) -> None:
        self._drawn: tuple[int, tuple[np.ndarray, ...]] = -1, ()

    def loss(self, weights: Array, step: int = 0) -> Array:
        """Return the loss by replicate on the batch of this step, in float64."""
        return self.loss_on(weights, *self.batch(weights, step))

    def smooth_gradient(self, weights: Array, step: int = 0) -> Array:
        """Return the gradient on the batch of this step, without the penalties on weights."""
        return self.gradient_on(weights, *self.batch(weights, step))

    def loss_on(self, weights: Array, inputs: Array, noise: Array) -> Array:
        """Return the loss by replicate for inputs (replicate, sample, feature) and noise alike."""
        xp = namespace_of(weights)
        _, activity, outputs = self._forward(weights, inputs, noise)
        error = xp.astype(self._error(outputs, inputs), xp.float64)
        activity = xp.sum(xp.abs(activity), axis=(-1, -2), dtype=xp.float64)
        of_batch = xp.sum(error * error, axis=(-1, -2)) + self.l1_activations * activity
        axes = tuple(range(1, weights.ndim))
        l1_norm = xp.sum(xp.abs(weights), axis=axes, dtype=xp.float64)
        squares = xp.sum(weights * weights, axis=axes, dtype=xp.float64)
        return of_batch * _scale(inputs) + self.l1_weights * l1_norm + self.l2 * squares

    def gradient_on(self, weights: Array, inputs: Array, noise: Array) -> Array:
        """Return the gradient for these inputs and this noise, in the shape of the weights."""
        xp = namespace_of(weights)
        hidden, activity, outputs = self._forward(weights, inputs, noise)
        decoder = _decoder(weights)
        slope = xp.where(
            outputs > 0, 2 * _scale(inputs) * self._error(outputs, inputs), xp.zeros_like(outputs)
        )
        by_decoder = xp.matrix_transpose(slope) @ activity
        by_activity = slope @ decoder + _scale(inputs) * self.l1_activations * xp.sign(activity)
        by_hidden = self.activation.pull(hidden, activity, by_activity)
        if self.noise.multiplies:
            by_hidden = by_hidden * noise
        by_encoder = xp.matrix_transpose(self._seen(inputs)) @ by_hidden
        return by_encoder + by_decoder if weights.ndim == 3 else xp.stack([by_encoder, by_decoder], axis=1)

    def _forward(self, weights: Array, inputs: Array, noise: Array) -> tuple[Array, Array, Array]:
        """Return what enters f, what leaves it, and the outputs."""
        xp = namespace_of(weights)
        hidden = self._seen(inputs) @ encoder(weights)
        hidden = hidden * noise if self.noise.multiplies else hidden + noise
        activity = self.activation.value(hidden)
        return hidden, activity, xp.maximum(activity @ xp.matrix_transpose(_decoder(weights)), 0.0)

    def _seen(self, inputs: Array) -> Array:
        """Return what the network is shown of the features that are on."""
        seen = getattr(self.inputs, "seen", None)
        return inputs if seen is None else seen(inputs)

    def _error(self, outputs: Array, inputs: Array) -> Array:
        """Return what outputs lack, where they count."""
        counted = getattr(self.inputs, "counted", None)
        return outputs - inputs if counted is None else (outputs - inputs) * counted(inputs)

    def batch(self, weights: Array, step: int) -> tuple[Array, Array]:
        """Return inputs and noise of a step, (replicate, sample, feature) and (replicate, sample, neuron)."""
        xp = namespace_of(weights)
        count = self._steps_drawn(weights.shape)
        number = step // count if self.inputs.random or self.noise.random else 0
        if self._drawn[0] != number:
            self._drawn = number, self._draw(weights.shape, number, count)
        samples, noise = (array[:, step % count] for array in self._drawn[1])
        return xp.asarray(samples, dtype=weights.dtype), xp.asarray(noise, dtype=weights.dtype)

    def _steps_drawn(self, shape: tuple[int, ...]) -> int:
        samples = getattr(self.inputs, "batch", shape[-2])
        return max(1, DRAWN_AHEAD // (samples * (shape[-1] + shape[-2])))

    def _draw(self, shape: tuple[int, ...], number: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw inputs and noise of `count` steps, for each replicate from its own counter-based generator."""
        features, neurons = shape[-2:]
        all_samples, all_noise = [], []
        for key in self.keys:
            rng = np.random.Generator(np.random.Philox(counter=[0, 0, 0, number], key=key))
            samples = np.stack([self.inputs.draw(rng, features) for _ in range(count)])
            all_samples.append(samples)
            all_noise.append(self.noise.draw(rng, (*samples.shape[:-1], neurons)))
        return np.stack(all_samples), np.stack(all_noise)


def encoder(weights: Array) -> Array:
    """Return the encodings, (replicate, feature, neuron), of tied or untied weights."""
    return weights if weights.ndim == 3 else weights[:, 0, ...]


def _decoder(weights: Array) -> Array:
    return weights if weights.ndim == 3 else weights[:, 1, ...]


def _scale(inputs: Array) -> float:
    return inputs.shape[-1] / inputs.shape[-2]
