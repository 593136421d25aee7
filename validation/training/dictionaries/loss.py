"""Loss and written-out gradient of a dictionary, or of several side by side.

``L = mean ‖x − x̂‖²`` over samples, summed over inputs and the widths of nested dictionaries, plus what the
kind adds, plus for dead latents `AUXILIARY` times ``mean ‖x − x̂ − ê‖²``: these reconstruct what is left,
which does not learn from it (Gao et al., arXiv:2406.04093, section A.2).
"""

from typing import NamedTuple

from theory import Dictionary
from validation.training.backend import Array, namespace_of
from validation.training.dictionaries import patterns
from validation.training.dictionaries.kinds import Coder, Frozen, Latents, Parameters, coder

AUXILIARY = 1 / 32  # as in arXiv:2406.04093


class Outcome(NamedTuple):
    """Loss in float64, its gradient by the parameters, and which latents were on at all."""

    loss: Array
    gradient: dict[str, Array]
    fired: Array


class Forward(NamedTuple):
    """The kind, the centred inputs, their pre-activations without bias, and the latents."""

    kind: Coder
    centred: Array
    pre: Array
    latents: Latents


def forward(model: Dictionary, parameters: Parameters, inputs: Array) -> Forward:
    """Return the latents of inputs, and what came before."""
    kind = coder(model)
    centred = inputs - parameters["b_dec"][..., None, :]
    pre = centred @ parameters["W_enc"]
    return Forward(kind, centred, pre, kind.latents(pre, parameters))


def loss_and_gradient(
    model: Dictionary,
    parameters: Parameters,
    inputs: Array,
    strength: float = 1.0,
    dead: Array | None = None,
) -> Outcome:
    """Return loss and gradient on inputs (..., sample, input).

    Parameters
    ----------
    model : Dictionary
        Its kind and strengths.
    parameters : mapping of str to array
        W_enc (..., input, latent), b_enc (..., latent), W_dec (..., latent, input), b_dec (..., input), and
        those of the kind, (..., latent).
    inputs : array
        A batch.
    strength : float
        Factor of L1 or L0, for their warm-up.
    dead : array of bool, (..., latent), optional
        Latents that are to reconstruct what is left.

    Returns
    -------
    Outcome
    """
    kind, centred, pre, latents = forward(model, parameters, inputs)
    decoder, bias = parameters["W_dec"], parameters["b_dec"]
    widths = model.widths or (model.n_latents,)
    slopes = latents.pattern.reconstruct(latents.values, decoder, bias, inputs, widths)
    pulled = kind.pull(latents, slopes.values, parameters, Frozen(decoder, bias, inputs), strength)
    by_encoder = latents.pattern.encoder(pulled.pre, centred)
    gradient = {"W_enc": by_encoder, "W_dec": slopes.decoder, "b_dec": slopes.bias, **pulled.parameters}
    through_encoder = latents.pattern.total(pulled.pre)
    xp = namespace_of(pre)
    loss = xp.sum(slopes.squares, axis=-1) + pulled.penalty
    if dead is not None and xp.any(dead):
        loss = loss + _auxiliary(parameters, gradient, through_encoder, (inputs, centred, pre), latents, dead)
    gradient["b_dec"] = slopes.bias - (parameters["W_enc"] @ through_encoder[..., None])[..., 0]
    on = xp.where(latents.values > 0, xp.ones_like(latents.values), xp.zeros_like(latents.values))
    return Outcome(loss, gradient, latents.pattern.total(on) > 0)


def _auxiliary(
    parameters: Parameters,
    gradient: dict[str, Array],
    through_encoder: Array,
    batch: tuple[Array, Array, Array],
    latents: Latents,
    dead: Array,
) -> Array:
    """Add the gradient by what dead latents leave of the rest, and return their part of the loss."""
    inputs, centred, pre = batch
    xp = namespace_of(pre)
    decoder, bias = parameters["W_dec"], parameters["b_enc"]
    rest = inputs - latents.pattern.dense(latents.values) @ decoder - parameters["b_dec"][..., None, :]
    never = xp.full_like(bias, -xp.inf)
    pattern = patterns.largest(pre, xp.where(dead, bias, never), inputs.shape[-1] // 2 or 1)
    values = pattern.take(pre) + pattern.spread(bias)
    nothing = xp.zeros_like(parameters["b_dec"])
    slopes = pattern.reconstruct(values, decoder, nothing, rest, (decoder.shape[-2],))
    by_bias = AUXILIARY * pattern.total(slopes.values)
    gradient["W_dec"] += AUXILIARY * slopes.decoder
    gradient["W_enc"] += AUXILIARY * pattern.encoder(slopes.values, centred)
    gradient["b_enc"] = gradient["b_enc"] + by_bias
    through_encoder += by_bias
    return AUXILIARY * slopes.squares[..., 0]
