"""Stages of the flow, neuron by neuron: work follows the weights that are alive.

Weights are kept with a neuron to a row, and only neurons that have an active weight: without one a neuron
can never come back, since forces act between the features on a neuron. While many weights are alive, BLAS
does the products; later each neuron is a short list of features, and costs (features on it) times n and
their square.
"""

import numpy as np
from numba import njit
from numba.cpython.unsafe.numbers import trailing_zeros

from sim.forces.l1 import constant_push
from sim.machine.blas import lower_product, mirror, rows_at_once
from sim.machine.cores import bounds, on_all_cores

FAST = {"reassoc", "contract", "nsz"}
# Tuned; `python -m benchmarks constants PIECE WORTH_DROPPING SHORT` shows cost and winners with other values.
WORD = 64  # weights looked at together
PIECE = 2**11  # weights moved together, while in cache
WORTH_DROPPING = 0.9  # share of neurons that are alive
SHORT = 16  # features on a neuron up to which pairs from its list beat whole rows


@njit(cache=True, nogil=True)
def gather(row, places, values):
    """List the entries of a row that are not 0, and return how many there are."""
    count = 0
    for first in range(0, row.size, WORD):
        piece, alive = row[first : first + WORD], np.uint64(0)
        for b in range(piece.size):
            alive |= np.uint64(piece[b] != 0) << np.uint64(b)
        while alive:
            b = trailing_zeros(alive)
            places[count], values[count] = first + b, piece[b]
            count += 1
            alive &= alive - np.uint64(1)
    return count


@on_all_cores
@njit(cache=True, nogil=True)
def move(part, parts, start, earlier, share, by, listed, factor, beside, c, amount, product, end):
    """Move weights by L1 and a constant force.

    Parameters
    ----------
    start, earlier, by : ndarray, shape (neuron, feature)
        Weights to start from, an earlier force, weights on which M acts. The earlier force may be `product`
        if it has no share.
    share, c, amount : float
        Time of the earlier force, time of this one, λ times the whole time.
    listed : bool
        Whether to list the active weights of each neuron, worth it for few.
    factor : ndarray, shape (feature, feature)
        M.
    beside : ndarray, shape (neuron, feature) or (0, feature)
        What this force is beside ``by M``, if anything.
    product, end : ndarray, shape (neuron, feature)
        For this force and the weights in the end.
    """
    first, last = bounds(start.shape[0], part, parts)
    share, c, amount = start.dtype.type(share), start.dtype.type(c), start.dtype.type(amount)
    rows = max(1, PIECE // factor.shape[0]) if listed else rows_at_once(last - first, factor)
    for top in range(first, last, rows):
        some = slice(top, min(top + rows, last))
        if listed:
            combine(by[some], factor, product[some])
        else:
            np.dot(by[some], factor, product[some])
        if beside.size > 0:
            product[some] += beside[some]
        push(
            start[some].reshape(-1), earlier[some].reshape(-1), share, product[some].reshape(-1), c, amount,
            end[some].reshape(-1),
        )  # fmt: skip


@njit(cache=True, nogil=True)
def multiply(split, weights, listed, shares, gram):
    """Write the Gram matrix of weights by (neuron, feature) to `gram`, those of several parts to `shares`."""
    if split.parts == 1:
        multiply_part(split, weights, listed, gram.reshape((1, *gram.shape)))
    else:
        multiply_part(split, weights, listed, shares)
        gram[:] = shares[0]
        for part in range(1, split.parts):
            gram += shares[part]
    mirror(gram)


@on_all_cores
@njit(cache=True, nogil=True)
def multiply_part(part, parts, weights, listed, shares):
    """Write the Gram matrix of a part of the neurons to its share, at least its lower triangle."""
    first, last = bounds(weights.shape[0], part, parts)
    gram = shares[part]
    if not listed:
        lower_product(weights[first:last], gram)
        return
    gram[:] = 0
    places, sizes = np.empty(gram.shape[0], np.uint32), np.empty(gram.shape[0], gram.dtype)
    for k in range(first, last):
        count = gather(weights[k], places, sizes)
        for a in range(count):
            row, size = gram[places[a]], sizes[a]
            if count > SHORT:
                for j in range(np.uint64(places[a]) + np.uint64(1)):
                    row[j] += size * weights[k, j]
            else:
                for b in range(a + 1):
                    row[places[b]] += size * sizes[b]


@njit(cache=True, nogil=True, fastmath=FAST)
def combine(rows, factor, out):
    """Write the product of rows with few entries and `factor` to `out`: four at a time, for less traffic."""
    places, sizes = np.empty(rows.shape[1], np.uint32), np.empty(rows.shape[1], rows.dtype)
    width = np.uint64(out.shape[1])
    for k in range(rows.shape[0]):
        last = gather(rows[k], places, sizes)
        out[k] = 0
        a = 0
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
def push(start, earlier, share, product, c, amount, end):
    """Move weights by a constant force and L1."""
    if share == 0:
        for i in range(start.size):
            end[i] = constant_push(start[i], c * product[i], amount)
    else:
        for i in range(start.size):
            end[i] = constant_push(start[i], share * earlier[i] + c * product[i], amount)


@njit(cache=True, nogil=True)
def drop_dead(weights, velocity, place):
    """Move neurons with an active weight to the front, and their numbers in `place`; return how many.

    If only few have none, all stay.
    """
    alive = np.empty(place.size, np.bool_)
    for k in range(place.size):
        alive[k] = weights[k].any()
    live = 0
    if np.count_nonzero(alive) > WORTH_DROPPING * place.size:
        return place.size
    for k in range(place.size):
        if alive[k]:
            if live < k:
                weights[live], velocity[live], place[live] = weights[k], velocity[k], place[k]
            live += 1
    return live
