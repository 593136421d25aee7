"""What is done with latents that are mostly off: lists of those that are on, and loops over these alone.

``first[b]`` is where the latents of sample b begin in the list ``latents``, which are in increasing order.
"""

import numba
import numpy as np

_jit = numba.njit(
    cache=True, nogil=True, error_model="numpy", fastmath={"contract", "reassoc", "nsz", "arcp"}
)


@_jit
def above(pre, least):
    """Return `first` and `latents`: those of each sample whose pre-activation exceeds `least`, by latent."""
    samples, count = pre.shape
    first = np.empty(samples + 1, np.int64)
    latents = np.empty(samples * count + 1, np.int32)
    n = 0
    for b in range(samples):
        first[b] = n
        for i in range(count):
            latents[n] = i  # overwritten unless it is on: no branch
            n += pre[b, i] > least[i]
    first[samples] = n
    return first, latents[:n].copy()


@_jit
def largest(pre, bias, k):
    """Return `first` and `latents`: of each sample the k largest positive ones of ``pre + bias``."""
    samples, count = pre.shape
    first = np.empty(samples + 1, np.int64)
    latents = np.empty(samples * k, np.int32)
    values, places = np.empty(k, pre.dtype), np.empty(k, np.int32)
    n = 0
    for b in range(samples):
        first[b] = n
        held = 0
        least = pre.dtype.type(0)
        for i in range(count):
            value = pre[b, i] + bias[i]
            if value > least:
                at = held if held < k else k - 1  # the smallest goes
                while at > 0 and values[at - 1] < value:
                    values[at], places[at] = values[at - 1], places[at - 1]
                    at -= 1
                values[at], places[at] = value, i
                held = min(held + 1, k)
                if held == k:
                    least = values[k - 1]
        for j in range(held):
            at = n + j
            while at > n and latents[at - 1] > places[j]:
                latents[at] = latents[at - 1]
                at -= 1
            latents[at] = places[j]
        n += held
    first[samples] = n
    return first, latents[:n].copy()


@_jit
def positive(pre, bias):
    """Return the positive ones of ``pre + bias``."""
    found = np.empty(pre.size + 1, pre.dtype)
    n = 0
    for b in range(pre.shape[0]):
        for i in range(pre.shape[1]):
            value = pre[b, i] + bias[i]
            found[n] = value
            n += value > 0
    return found[:n]


@_jit
def take(pre, first, latents):
    """Return the entries of `pre` that are listed."""
    values = np.empty(len(latents), pre.dtype)
    for b in range(pre.shape[0]):
        for j in range(first[b], first[b + 1]):
            values[j] = pre[b, latents[j]]
    return values


@_jit
def total(values, latents, count):
    """Return the sum of `values` by latent."""
    sums = np.zeros(count, values.dtype)
    for j in range(len(latents)):
        sums[latents[j]] += values[j]
    return sums


@_jit
def decode(first, latents, values, decoder, bias):
    """Return the reconstructions."""
    outputs = np.empty((len(first) - 1, decoder.shape[1]), decoder.dtype)
    for b in range(len(outputs)):
        out = outputs[b]
        out[:] = bias
        for j in range(first[b], first[b + 1]):
            row = decoder[latents[j]]
            for i in range(len(row)):
                out[i] += values[j] * row[i]
    return outputs


@_jit
def reconstruct(first, latents, values, decoder, bias, inputs, widths):
    """Return squared errors by width, slopes by latent value, by decoder and by bias, of their mean."""
    samples, size = inputs.shape
    scale = inputs.dtype.type(2 / samples)
    by_value = np.empty_like(values)
    by_decoder, by_bias = np.zeros_like(decoder), np.zeros_like(bias)
    squares = np.zeros(len(widths))
    errors = np.empty((len(widths), size), inputs.dtype)
    out = np.empty(size, inputs.dtype)
    for b in range(samples):
        out[:] = bias
        j = first[b]
        for w in range(len(widths)):
            while j < first[b + 1] and latents[j] < widths[w]:
                row, value = decoder[latents[j]], values[j]
                for i in range(size):
                    out[i] += value * row[i]
                j += 1
            error = errors[w]
            square = inputs.dtype.type(0)
            for i in range(size):
                error[i] = out[i] - inputs[b, i]
                square += error[i] * error[i]
            squares[w] += square
        for w in range(len(widths) - 2, -1, -1):  # a latent has a part in its own width and all beyond
            errors[w] += errors[w + 1]
        by_bias += errors[0]
        w = 0
        for j in range(first[b], first[b + 1]):
            while latents[j] >= widths[w]:
                w += 1
            row, slope, error = decoder[latents[j]], by_decoder[latents[j]], errors[w]
            product, value = inputs.dtype.type(0), scale * values[j]
            for i in range(size):
                product += error[i] * row[i]
                slope[i] += value * error[i]
            by_value[j] = scale * product
    by_bias *= scale
    return squares / samples, by_value, by_decoder, by_bias


@_jit
def encoder_slopes(first, latents, slopes, centred, count):
    """Return the gradient by the encoder, transposed, (latent, input)."""
    by_encoder = np.zeros((count, centred.shape[1]), centred.dtype)
    for b in range(len(centred)):
        row = centred[b]
        for j in range(first[b], first[b + 1]):
            into, slope = by_encoder[latents[j]], slopes[j]
            for i in range(len(row)):
                into[i] += slope * row[i]
    return by_encoder
