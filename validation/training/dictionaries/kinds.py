"""The six kinds of dictionary: which latents are on, with what value, and what passes back through them.

A new one is a class with `latents` and `pull`, a line in `CODERS`, and one with its strengths in
`theory.dictionaries.KINDS`. What they say of a latent holds for lists of latents and for masks alike
(`validation.training.dictionaries.patterns`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, NamedTuple, Protocol

from theory import Dictionary
from validation.training.backend import Array, namespace_of
from validation.training.dictionaries import patterns
from validation.training.dictionaries.patterns import Pattern

Parameters = Mapping[str, Array]

BANDWIDTH = 0.05  # of the kernel that smooths JumpReLU's step; as in SAELens
FIRST_THRESHOLD = 0.01  # of JumpReLU, likewise


class Latents(NamedTuple):
    """Latents that may be on, their values, and the input of the function that gave these."""

    pattern: Pattern
    values: Array
    before: Array


class Pulled(NamedTuple):
    """Gradient by pre-activations ``W_e (x − b_d)``, by parameters of latents, and what the kind adds."""

    pre: Array
    parameters: dict[str, Array]
    penalty: Array | float


class Coder(Protocol):
    """A kind of dictionary."""

    extra: ClassVar[dict[str, float]]
    """Parameters of latents beside the encoder's bias, with what they begin at."""

    def latents(self, pre: Array, parameters: Parameters) -> Latents:
        """Return the latents for pre-activations (..., sample, latent)."""

    def pull(
        self, latents: Latents, slopes: Array, parameters: Parameters, frozen: "Frozen", strength: float
    ) -> Pulled:
        """Return the gradient where that by the values is `slopes`; L1 or L0 acts with this strength."""


@dataclass(frozen=True)
class Frozen:
    """Reconstructs the inputs from other values of the same latents, with a decoder that does not learn."""

    decoder: Array
    bias: Array
    inputs: Array

    def __call__(self, pattern: Pattern, values: Array) -> tuple[Array, Array]:
        """Return the mean squared error and its gradient by the values."""
        slopes = pattern.reconstruct(values, self.decoder, self.bias, self.inputs, (self.decoder.shape[-2],))
        return slopes.squares[..., 0], slopes.values


@dataclass(frozen=True)
class L1:
    """``f = ReLU(z)`` with ``λ Σ f`` (Bricken et al. 2023)."""

    model: Dictionary
    extra: ClassVar[dict[str, float]] = {}

    def latents(self, pre: Array, parameters: Parameters) -> Latents:
        """Return the latents."""
        pattern = patterns.above(pre, -parameters["b_enc"])
        values = pattern.take(pre) + pattern.spread(parameters["b_enc"])
        return Latents(pattern, values, values)

    def pull(
        self, latents: Latents, slopes: Array, parameters: Parameters, frozen: Frozen, strength: float
    ) -> Pulled:
        """Return the gradient."""
        each = strength * (self.model.l1_coefficient or 0.0) / frozen.inputs.shape[-2]
        penalty = each * _sum(latents.pattern.total(latents.values))
        slopes = slopes + each
        return Pulled(slopes, {"b_enc": latents.pattern.total(slopes)}, penalty)


@dataclass(frozen=True)
class TopK:
    """The k largest of a sample, where positive (Gao et al., arXiv:2406.04093)."""

    model: Dictionary
    extra: ClassVar[dict[str, float]] = {}

    def latents(self, pre: Array, parameters: Parameters) -> Latents:
        """Return the latents."""
        pattern = self.pattern(pre, parameters["b_enc"])
        values = pattern.take(pre) + pattern.spread(parameters["b_enc"])
        return Latents(pattern, values, values)

    def pattern(self, pre: Array, bias: Array) -> Pattern:
        """Return which latents are on."""
        return patterns.largest(pre, bias, int(self.model.k or 1))

    def pull(
        self, latents: Latents, slopes: Array, parameters: Parameters, frozen: Frozen, strength: float
    ) -> Pulled:
        """Return the gradient."""
        return Pulled(slopes, {"b_enc": latents.pattern.total(slopes)}, 0.0)


@dataclass(frozen=True)
class BatchTopK(TopK):
    """The largest of a batch, k a sample on average (Bussmann et al., arXiv:2412.06410)."""

    def pattern(self, pre: Array, bias: Array) -> Pattern:
        """Return which latents are on."""
        return patterns.largest_of_batch(pre, bias, self.model.k or 1)


@dataclass(frozen=True)
class Gated:
    """``f = (g > 0) ReLU(e^r z + b_m)`` with a gate ``g = z + b_e`` (Rajamanoharan et al., arXiv:2404.16014).

    The gate alone feels L1, and learns to reconstruct by itself with the decoder as it is.
    """

    model: Dictionary
    extra: ClassVar[dict[str, float]] = {"b_mag": 0.0, "r_mag": 0.0}

    def latents(self, pre: Array, parameters: Parameters) -> Latents:
        """Return the latents whose gates are open."""
        pattern = patterns.above(pre, -parameters["b_enc"])
        before = pattern.take(pre)
        xp = namespace_of(pre)
        scale = pattern.spread(xp.exp(parameters["r_mag"]))
        magnitude = before * scale + pattern.spread(parameters["b_mag"])
        return Latents(pattern, xp.maximum(magnitude, xp.zeros_like(magnitude)), before)

    def pull(
        self, latents: Latents, slopes: Array, parameters: Parameters, frozen: Frozen, strength: float
    ) -> Pulled:
        """Return the gradient."""
        pattern, values, before = latents
        xp = namespace_of(values)
        each = strength * (self.model.l1_coefficient or 0.0) / frozen.inputs.shape[-2]
        gate = before + pattern.spread(parameters["b_enc"])
        alone, by_gate = frozen(pattern, gate)
        by_gate = by_gate + each
        scale = pattern.spread(xp.exp(parameters["r_mag"]))
        by_magnitude = xp.where(values > 0, slopes, xp.zeros_like(slopes))
        by_parameter = {
            "b_enc": pattern.total(by_gate),
            "b_mag": pattern.total(by_magnitude),
            "r_mag": pattern.total(by_magnitude * before * scale),
        }
        return Pulled(by_gate + by_magnitude * scale, by_parameter, alone + each * _sum(pattern.total(gate)))


@dataclass(frozen=True)
class JumpReLU:
    """``f = z (z > θ)`` with ``λ Σ (z > θ)`` (Rajamanoharan et al., arXiv:2407.14435).

    The slope by θ is that of steps smoothed over `BANDWIDTH`. θ itself is trained: its logarithm would hardly
    move under Adam, whose steps do not grow with the gradient.
    """

    model: Dictionary
    extra: ClassVar[dict[str, float]] = {"threshold": FIRST_THRESHOLD}

    def latents(self, pre: Array, parameters: Parameters) -> Latents:
        """Return the latents beyond the threshold, and with value 0 those just below it."""
        threshold = parameters["threshold"]
        pattern = patterns.above(pre, threshold - BANDWIDTH / 2 - parameters["b_enc"])
        before = pattern.take(pre) + pattern.spread(parameters["b_enc"])
        xp = namespace_of(pre)
        values = xp.where(before > pattern.spread(threshold), before, xp.zeros_like(before))
        return Latents(pattern, values, before)

    def pull(
        self, latents: Latents, slopes: Array, parameters: Parameters, frozen: Frozen, strength: float
    ) -> Pulled:
        """Return the gradient."""
        pattern, values, before = latents
        xp = namespace_of(values)
        zero = xp.zeros_like(values)
        each = strength * (self.model.l0_coefficient or 0.0) / frozen.inputs.shape[-2]
        threshold = pattern.spread(parameters["threshold"])
        near = xp.abs(before - threshold) < BANDWIDTH / 2
        by_threshold = xp.where(near, -(threshold * slopes + each) / BANDWIDTH, zero)
        on = before > threshold
        passed = xp.where(on, slopes, zero)
        number = pattern.total(xp.where(on, xp.ones_like(values), zero))
        by_parameter = {"b_enc": pattern.total(passed), "threshold": pattern.total(by_threshold)}
        return Pulled(passed, by_parameter, each * _sum(number))


CODERS: dict[str, type[Coder]] = {
    "l1": L1,
    "topk": TopK,
    "batch_topk": BatchTopK,
    "gated": Gated,
    "jumprelu": JumpReLU,
    "matryoshka": BatchTopK,
}


def coder(model: Dictionary) -> Coder:
    """Return what gives the latents of a dictionary."""
    return CODERS[model.kind](model)  # type: ignore[call-arg]


def _sum(values: Array) -> Array:
    xp = namespace_of(values)
    return xp.sum(values, axis=-1, dtype=xp.float64)
