"""Hidden activations f with written-out derivatives; the last axis is that of the neurons.

A new one is a frozen dataclass and a line in `ACTIVATIONS`.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from validation.training.backend import Array, erf, namespace_of

LAYER_NORM_EPSILON = 1e-5  # of torch.nn.LayerNorm


class Activation(Protocol):
    """A function of the hidden layer."""

    def value(self, hidden: Array) -> Array:
        """Return f(hidden)."""

    def pull(self, hidden: Array, value: Array, slope: Array) -> Array:
        """Return the gradient by `hidden` where that by ``value = f(hidden)`` is `slope`."""


@dataclass(frozen=True)
class Identity:
    """f(h) = h."""

    def value(self, hidden: Array) -> Array:
        """Return `hidden`."""
        return hidden

    def pull(self, hidden: Array, value: Array, slope: Array) -> Array:
        """Return `slope`."""
        return slope


@dataclass(frozen=True)
class ReLU:
    """f(h) = max(h, 0), with derivative 0 at 0."""

    def value(self, hidden: Array) -> Array:
        """Return f(hidden)."""
        return namespace_of(hidden).maximum(hidden, 0.0)

    def pull(self, hidden: Array, value: Array, slope: Array) -> Array:
        """Return `slope` where `hidden` is positive."""
        xp = namespace_of(hidden)
        return xp.where(hidden > 0, slope, xp.zeros_like(slope))


@dataclass(frozen=True)
class GELU:
    """f(h) = h Φ(h), the exact form, default of PyTorch (Hendrycks & Gimpel, arXiv:1606.08415)."""

    def value(self, hidden: Array) -> Array:
        """Return f(hidden)."""
        return hidden * _normal_cdf(hidden)

    def pull(self, hidden: Array, value: Array, slope: Array) -> Array:
        """Return ``slope · (Φ(h) + h φ(h))``."""
        density = namespace_of(hidden).exp(-hidden * hidden / 2) / math.sqrt(2 * math.pi)
        return slope * (_normal_cdf(hidden) + hidden * density)


@dataclass(frozen=True)
class SoLU:
    """f(h) = h eʰ: what arXiv:2211.09169 uses under this name."""

    def value(self, hidden: Array) -> Array:
        """Return f(hidden)."""
        return hidden * namespace_of(hidden).exp(hidden)

    def pull(self, hidden: Array, value: Array, slope: Array) -> Array:
        """Return ``slope · (1 + h) eʰ``."""
        return slope * (1 + hidden) * namespace_of(hidden).exp(hidden)


@dataclass(frozen=True)
class LayerNorm:
    """f(h) = (h − mean) / √(variance + ε) over the neurons, without weights (Ba et al., arXiv:1607.06450)."""

    def value(self, hidden: Array) -> Array:
        """Return f(hidden)."""
        xp = namespace_of(hidden)
        return (hidden - xp.mean(hidden, axis=-1, keepdims=True)) / _deviation(hidden)

    def pull(self, hidden: Array, value: Array, slope: Array) -> Array:
        """Return ``(slope − mean(slope) − f · mean(f · slope)) / √(variance + ε)``."""
        xp = namespace_of(hidden)
        along = value * xp.mean(value * slope, axis=-1, keepdims=True)
        return (slope - xp.mean(slope, axis=-1, keepdims=True) - along) / _deviation(hidden)


ACTIVATIONS: dict[str, type[Activation]] = {
    "none": Identity,
    "relu": ReLU,
    "gelu": GELU,
    "solu": SoLU,
    "layer_norm": LayerNorm,
}


def _normal_cdf(hidden: Array) -> Array:
    return (1 + erf(hidden / math.sqrt(2))) / 2


def _deviation(hidden: Array) -> Array:
    xp = namespace_of(hidden)
    return xp.sqrt(xp.var(hidden, axis=-1, keepdims=True) + LAYER_NORM_EPSILON)
