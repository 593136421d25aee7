"""Two layers on sparse features: kernels whose work is that of the features and neurons that are on.

Where few neurons are on, the second layer and its gradient go through those alone, sample by sample; the
dense products of BLAS are faster from a share of about `SPARSE` on (``python -m benchmarks two_layer_step``).
All arrays are of one replicate, C-contiguous and of one type.
"""

import numba
import numpy as np

SPARSE = 0.15  # share of neurons that are on
PROBED = 64  # samples from which that share is estimated


@numba.njit(cache=True, nogil=True)
def hidden_layer(starts, features, values, encodings, biases, out):
    """Write ``Σ x_f encodings_f + biases``, what enters the neurons, to `out` (sample, neuron)."""
    for s in range(out.shape[0]):
        row = out[s]
        row[:] = biases
        for entry in range(starts[s], starts[s + 1]):
            x, encoding = values[entry], encodings[features[entry]]
            for j in range(row.size):
                row[j] += x * encoding[j]


@numba.njit(cache=True, nogil=True)
def subtract_targets(starts, features, targets, wanted, outputs):
    """Subtract what is wanted at the outputs: the features' targets, or a projection of them."""
    for s in range(outputs.shape[0]):
        _subtract(starts[s], starts[s + 1], features, targets, wanted, outputs[s])


@numba.njit(cache=True, nogil=True)
def _subtract(begin, end, features, targets, wanted, row):
    for entry in range(begin, end):
        if wanted.size:
            projected = wanted[features[entry]]
            for o in range(row.size):
                row[o] -= targets[entry] * projected[o]
        else:
            row[features[entry]] -= targets[entry]


@numba.njit(cache=True, nogil=True)
def rectified_pull(activity, by_activity, l1):
    """Turn the gradient by the activity into that by what enters a rectifier, L1 on activity included."""
    zero = l1 - l1
    for s in range(activity.shape[0]):
        for j in range(activity.shape[1]):
            by_activity[s, j] = by_activity[s, j] + l1 if activity[s, j] > zero else zero


@numba.njit(cache=True, nogil=True)
def dense_pull(starts, features, values, by_hidden, by_biases, by_encodings):
    """Add the gradient of the first layer, from that by what enters the neurons (sample, neuron)."""
    for s in range(by_hidden.shape[0]):
        row = by_hidden[s]
        for j in range(row.size):
            by_biases[j] += row[j]
        for entry in range(starts[s], starts[s + 1]):
            x, into = values[entry], by_encodings[features[entry]]
            for j in range(row.size):
                into[j] += x * row[j]


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def squared_error(errors):
    """Return the sum of squares of an array, in float64."""
    total = 0.0
    for s in range(errors.shape[0]):
        for o in range(errors.shape[1]):
            total += np.float64(errors[s, o]) * np.float64(errors[s, o])
    return total


@numba.njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def rectified_step(samples, targets, wanted, encodings, biases, decoder, l1, gradients):
    """Add gradients, summed over samples, through rectified neurons, and return the sum of squared errors.

    `l1` is the slope of the loss by an activity; `gradients` are those by decoder, biases and encodings.
    """
    starts, features, values = samples
    by_decoder, by_biases, by_encodings = gradients
    on, hidden = np.empty(biases.size, np.int64), np.empty_like(biases)
    error = np.empty(decoder.shape[1], decoder.dtype)
    total = 0.0
    for s in range(starts.size - 1):
        begin, end = starts[s], starts[s + 1]
        hidden[:] = biases
        for entry in range(begin, end):
            x, encoding = values[entry], encodings[features[entry]]
            for j in range(hidden.size):
                hidden[j] += x * encoding[j]
        count = 0
        for j in range(hidden.size):
            on[count] = j
            count += hidden[j] > 0
        error[:] = 0
        for place in range(count):
            a, weights = hidden[on[place]], decoder[on[place]]
            for o in range(error.size):
                error[o] += a * weights[o]
        _subtract(begin, end, features, targets, wanted, error)
        for o in range(error.size):
            total += np.float64(error[o]) * np.float64(error[o])
            error[o] += error[o]  # now the slope by the output
        for place in range(count):
            j = on[place]
            a, weights, into, pulled = hidden[j], decoder[j], by_decoder[j], l1
            for o in range(error.size):
                pulled += error[o] * weights[o]
            for o in range(error.size):
                into[o] += a * error[o]
            by_biases[j] += pulled
            for entry in range(begin, end):
                by_encodings[features[entry], j] += values[entry] * pulled
    return total
