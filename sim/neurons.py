"""Stages of the flow, neuron by neuron: work follows the weights that are alive.

Weights are kept with a neuron to a row, and only neurons that have an active weight: without one a neuron
can never come back, since forces act between the features on a neuron. While many weights are alive, BLAS
does the products; later each neuron is a short list of features, and costs (features on it) times n and
their square.
"""

import numpy as np
from numba import njit
from numba.cpython.unsafe.numbers import trailing_zeros

from sim.blas import matmul, self_product
from sim.forces.l1 import constant_push

FAST = {"reassoc", "contract", "nsz"}
WORD = 64  # weights looked at together


@njit(cache=True, nogil=True)
def listing(weights):
    """Return lists of active weights: where those of each neuron begin, their features and sizes."""
    starts = np.zeros(weights.shape[0] + 1, np.int64)
    room = 0
    flat = weights.reshape(-1)
    for i in range(flat.size):
        room += flat[i] != 0
    features, sizes = np.empty(room, np.uint32), np.empty(room, weights.dtype)
    for k in range(weights.shape[0]):
        starts[k + 1] = gather(weights, k, features, sizes, starts[k])
    return starts, features, sizes


@njit(cache=True, nogil=True)
def gather(weights, k, places, values, count):
    """List the entries of row k that are not 0, from place `count` on; return where the list ends."""
    for first in range(0, weights.shape[1], WORD):
        piece, alive = weights[k, first : first + WORD], np.uint64(0)
        for b in range(piece.size):
            alive |= np.uint64(piece[b] != 0) << np.uint64(b)
        while alive:
            b = trailing_zeros(alive)
            places[count], values[count] = first + b, piece[b]
            count += 1
            alive &= alive - np.uint64(1)
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
    if lists[0].size > 1:
        combine(lists, mismatch, product)
    else:
        matmul(by, mismatch, product)
    push(start.reshape(-1), before.reshape(-1), product.reshape(-1), c, amount, end.reshape(-1))


@njit(cache=True, nogil=True)
def multiply(weights, listed, gram):
    """Write the Gram matrix of weights of shape (neuron, feature) to `gram`."""
    if listed:
        gram[:] = 0
        places, sizes = np.empty(gram.shape[0], np.int64), np.empty(gram.shape[0], gram.dtype)
        for k in range(weights.shape[0]):
            count = gather(weights, k, places, sizes, 0)
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
def combine(lists, factor, out):
    """Write the product of a listed matrix and `factor` to `out`: four rows at a time, for less traffic."""
    starts, places, sizes = lists
    width = np.uint64(out.shape[1])
    for k in range(out.shape[0]):
        out[k] = 0
        a, last = starts[k], starts[k + 1]
        while a + 3 < last:
            p, q, r, s = places[a], places[a + 1], places[a + 2], places[a + 3]
            one, two, three, four = sizes[a], sizes[a + 1], sizes[a + 2], sizes[a + 3]
            for i in range(width):
                out[k, i] += (
                    one * factor[p, i] + two * factor[q, i] + three * factor[r, i] + four * factor[s, i]
                )
            a += 4
        while a < last:
            p, one = places[a], sizes[a]
            for i in range(width):
                out[k, i] += one * factor[p, i]
            a += 1


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
