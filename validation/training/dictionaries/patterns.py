"""Which latents may be on: as a list, where few are, or as a mask.

What a kind of dictionary does with a latent is written once, for a list of values or for all of them.
"""

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import numpy as np

from validation.training.backend import Array, is_numpy, namespace_of
from validation.training.dictionaries import kernels

DENSE = 1 / 6  # share of latents on from which BLAS is faster: python -m benchmarks dictionaries


class Slopes(NamedTuple):
    """Mean squared error by width, and its gradient by the values of latents, by decoder and bias."""

    squares: Array
    values: Array
    decoder: Array
    bias: Array


class Pattern(Protocol):
    """Which latents of which samples may be on."""

    def take(self, pre: Array) -> Array:
        """Return the pre-activations of these latents."""

    def spread(self, parameter: Array) -> Array:
        """Return for each of these latents the parameter of its own."""

    def total(self, values: Array) -> Array:
        """Return the sum over samples by latent."""

    def reconstruct(
        self, values: Array, decoder: Array, bias: Array, inputs: Array, widths: tuple[int, ...]
    ) -> Slopes:
        """Return what reconstructing `inputs` from these values costs, by width, and its slopes."""

    def encoder(self, slopes: Array, centred: Array) -> Array:
        """Return the gradient by the encoder (input, latent), where that by pre-activations is `slopes`."""

    def dense(self, values: Array) -> Array:
        """Return all latents, (sample, latent)."""


@dataclass(frozen=True)
class Listed:
    """A list of latents, sample by sample, of NumPy."""

    first: np.ndarray
    latents: np.ndarray
    count: int

    def take(self, pre: np.ndarray) -> np.ndarray:
        """Return the pre-activations of these latents."""
        return kernels.take(pre, self.first, self.latents)

    def spread(self, parameter: np.ndarray) -> np.ndarray:
        """Return for each of these latents the parameter of its own."""
        return parameter[self.latents]

    def total(self, values: np.ndarray) -> np.ndarray:
        """Return the sum over samples by latent."""
        return kernels.total(values, self.latents, self.count)

    def reconstruct(
        self,
        values: np.ndarray,
        decoder: np.ndarray,
        bias: np.ndarray,
        inputs: np.ndarray,
        widths: tuple[int, ...],
    ) -> Slopes:
        """Return what reconstructing `inputs` from these values costs, by width, and its slopes."""
        return Slopes(
            *kernels.reconstruct(
                self.first, self.latents, values, decoder, bias, inputs, np.array(widths, np.int64)
            )
        )

    def encoder(self, slopes: np.ndarray, centred: np.ndarray) -> np.ndarray:
        """Return the gradient by the encoder."""
        by_encoder = kernels.encoder_slopes(self.first, self.latents, slopes, centred, self.count)
        return np.ascontiguousarray(by_encoder.T)

    def dense(self, values: np.ndarray) -> np.ndarray:
        """Return all latents, (sample, latent)."""
        result = np.zeros((len(self.first) - 1, self.count), values.dtype)
        result[np.repeat(np.arange(len(result)), np.diff(self.first)), self.latents] = values
        return result


@dataclass(frozen=True)
class Masked:
    """A mask of all latents, (..., sample, latent), of any library."""

    mask: Array

    def take(self, pre: Array) -> Array:
        """Return all pre-activations: what is masked is left out of results."""
        return pre

    def spread(self, parameter: Array) -> Array:
        """Return the parameters with an axis of samples."""
        return parameter[..., None, :]

    def total(self, values: Array) -> Array:
        """Return the sum over samples by latent."""
        return namespace_of(values).sum(self.dense(values), axis=-2)

    def reconstruct(
        self, values: Array, decoder: Array, bias: Array, inputs: Array, widths: tuple[int, ...]
    ) -> Slopes:
        """Return what reconstructing `inputs` from these values costs, by width, and its slopes."""
        xp = namespace_of(values)
        values, scale = self.dense(values), 2 / inputs.shape[-2]
        bounds = list(zip((0, *widths[:-1]), widths, strict=True))
        error, errors = bias[..., None, :] - inputs, []
        for low, high in bounds:
            error = error + values[..., low:high] @ decoder[..., low:high, :]
            errors.append(error)
        squares = [xp.sum(e * e, axis=(-1, -2), dtype=xp.float64) / inputs.shape[-2] for e in errors]
        for w in range(len(widths) - 2, -1, -1):  # a latent has a part in its own width and all beyond
            errors[w] = errors[w] + errors[w + 1]
        by_value, by_decoder = [], []
        for (low, high), error in zip(bounds, errors, strict=True):
            by_value.append(scale * (error @ xp.matrix_transpose(decoder[..., low:high, :])))
            by_decoder.append(xp.matrix_transpose(values[..., low:high]) @ (scale * error))
        return Slopes(
            xp.stack(squares, axis=-1),
            xp.concat(by_value, axis=-1),
            xp.concat(by_decoder, axis=-2),
            scale * xp.sum(errors[0], axis=-2),
        )

    def encoder(self, slopes: Array, centred: Array) -> Array:
        """Return the gradient by the encoder."""
        return namespace_of(slopes).matrix_transpose(centred) @ self.dense(slopes)

    def dense(self, values: Array) -> Array:
        """Return the values with 0 where the mask says so."""
        xp = namespace_of(values)
        return xp.where(self.mask, values, xp.zeros_like(values))


def above(pre: Array, least: Array) -> Pattern:
    """Return those latents whose pre-activation exceeds `least`, which is by latent."""
    if listable(pre):
        first, latents = kernels.above(pre, least)
        if len(latents) <= DENSE * pre.size:
            return Listed(first, latents, pre.shape[-1])
    return Masked(pre > least[..., None, :])


def largest(pre: Array, bias: Array, k: int) -> Pattern:
    """Return the k latents of each sample with the largest positive ``pre + bias``."""
    if listable(pre) and k <= DENSE * pre.shape[-1]:
        first, latents = kernels.largest(pre, bias, k)
        return Listed(first, latents, pre.shape[-1])
    xp = namespace_of(pre)
    values = pre + bias[..., None, :]
    ranks = xp.argsort(xp.argsort(values, axis=-1, descending=True), axis=-1)
    return Masked((ranks < k) & (values > 0))


def largest_of_batch(pre: Array, bias: Array, k: float) -> Pattern:
    """Return the latents with the largest positive ``pre + bias`` of a batch, k a sample on average."""
    return above(pre, batch_threshold(pre, bias, k)[..., None] - bias)


def batch_threshold(pre: Array, bias: Array, k: float) -> Array:
    """Return what ``pre + bias`` must exceed so that k latents a sample are on, and at least 0."""
    xp = namespace_of(pre)
    number = int(k * pre.shape[-2])
    if listable(pre):
        found = kernels.positive(pre, bias)
        if len(found) <= number:
            return np.zeros((), pre.dtype)
        return np.partition(found, len(found) - number - 1)[len(found) - number - 1]
    values = xp.reshape(pre + bias[..., None, :], (*pre.shape[:-2], -1))
    if number >= values.shape[-1]:
        return xp.zeros_like(values[..., 0])
    least = xp.sort(values, axis=-1)[..., values.shape[-1] - number - 1]
    return xp.maximum(least, xp.zeros_like(least))


def listable(pre: Array) -> bool:
    """Say whether Numba can list the latents: those of one dictionary, of NumPy."""
    return is_numpy(pre) and pre.ndim == 2
