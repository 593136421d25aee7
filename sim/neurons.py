"""Stages of the flow, neuron by neuron: work follows the weights that are alive.

Weights are kept with a neuron to a row, and only neurons that have an active weight: without one a neuron
can never come back, since forces act between the features on a neuron. While many weights are alive, BLAS
does the products; later each neuron is a short list of features, and costs (features on it) times n and
their square.
"""

import numpy as np
from numba import njit

from sim.blas import self_product
from sim.forces.l1 import constant_push

FAST = {"reassoc", "contract", "nsz"}


@njit(cache=True, nogil=True)
def listing(weights):
    """Return lists of active weights: where those of each neuron begin, their features and sizes."""
    starts = np.zeros(weights.shape[0] + 1, np.int64)
    room = np.count_nonzero(weights) + 1  # `gather` looks one ahead
    features, sizes = np.empty(room, np.int32), np.empty(room, weights.dtype)
    count = 0
    for k in range(weights.shape[0]):
        count += gather(weights[k], features[count:], sizes[count:])
        starts[k + 1] = count
    return starts, features, sizes


@njit(cache=True, nogil=True)
def gather(row, places, values):
    """List the entries of a row that are not 0; return how many there are."""
    count = 0
    for i in range(row.size):
        places[count], values[count] = i, row[i]  # without a branch: the next overwrites a zero
        count += row[i] != 0
    return count


@njit(cache=True, nogil=True)
def move(start, before, by, lists, mismatch, c, amount, product, end):
    """Move weights by L1 and the constant force ``before + c (by M)``.

    Parameters
    ----------
    start, before, by : ndarray, shape (neuron, feature)
        Weights to start from, force times time beside that of M, weights on which M acts.
    lists : tuple
        The `listing` of `by`, worth it for few active weights, or of nothing.
    mismatch : ndarray, shape (feature, feature)
        M.
    c, amount : float
        Time of M, λ times time.
    product, end : ndarray, shape (neuron, feature)
        For ``by M`` and the weights in the end.
    """
    c, amount = start.dtype.type(c), start.dtype.type(amount)
    starts, features, sizes = lists
    if starts.size > 1:
        for k in range(start.shape[0]):
            product[k] = 0
            a, last = starts[k], starts[k + 1]
            while a + 1 < last:
                add_two(sizes[a], mismatch[features[a]], sizes[a + 1], mismatch[features[a + 1]], product[k])
                a += 2
            if a < last:
                add_two(sizes[a], mismatch[features[a]], sizes[a] - sizes[a], mismatch[0], product[k])
            push(start[k], before[k], product[k], c, amount, end[k])
    else:
        np.dot(by, mismatch, product)
        push(start.reshape(-1), before.reshape(-1), product.reshape(-1), c, amount, end.reshape(-1))


@njit(cache=True, nogil=True)
def multiply(weights, listed, gram):
    """Write the Gram matrix of weights of shape (neuron, feature) to `gram`."""
    if listed:
        gram[:] = 0
        places, sizes = np.empty(gram.shape[0], np.int64), np.empty(gram.shape[0], gram.dtype)
        for k in range(weights.shape[0]):
            count = gather(weights[k], places, sizes)
            for a in range(count):
                row = gram[places[a]]
                for b in range(a + 1):
                    row[places[b]] += sizes[a] * sizes[b]
        for i in range(gram.shape[0]):
            for j in range(i):
                gram[j, i] = gram[i, j]
    else:
        self_product(weights, gram)


@njit(cache=True, nogil=True, fastmath=FAST)
def add_two(one, first, two, second, out):
    """Add multiples of two rows: half the traffic of one after the other."""
    for i in range(out.size):
        out[i] += one * first[i] + two * second[i]


@njit(cache=True, nogil=True, fastmath=FAST, error_model="numpy")
def push(start, before, product, c, amount, end):
    """Move weights by a constant force and L1."""
    for i in range(start.size):
        end[i] = constant_push(start[i], before[i] + c * product[i], amount)


@njit(cache=True, nogil=True)
def drop_dead(weights, velocity, place):
    """Move neurons with an active weight to the front, and their numbers in `place`; return how many."""
    live = 0
    for k in range(place.size):
        if weights[k].any():
            if live < k:
                weights[live], velocity[live], place[live] = weights[k], velocity[k], place[k]
            live += 1
    return live
