"""Stages of the flow, neuron by neuron: work follows the weights that are alive.

Weights are kept with a neuron to a row, and only neurons that have an active weight: without one a neuron
can never come back, since forces act between the features on a neuron. While many weights are alive, BLAS
does the products; later each neuron is a short list of features, and costs (features on it) times n and
their square.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

from sim.forces.l1 import constant_push
from sim.machine.blas import add, copy, lower_product, mirror, rows_at_once
from sim.machine.cores import bounds, on_all_cores

FAST = {"reassoc", "contract", "nsz"}
# Tuned; `python -m benchmarks constants PIECE WORTH_DROPPING SHORT` shows cost and winners with other values.
WORD = 64  # weights looked at together
PIECE = 2**11  # weights moved together, while in cache
WORTH_DROPPING = 0.9  # share of neurons that are alive
SHORT = 16  # features on a neuron up to which pairs from its list beat whole rows
SEQUENCE = 0x03F79D71B4CB0A89  # of de Bruijn: its 64 windows of six bits all differ
LOWEST = np.zeros(64, np.int64)  # bit that is set, by the window that it shifts to the top
for _bit in range(64):
    LOWEST[(SEQUENCE << _bit) % 2**64 >> 58] = _bit


class Push(NamedTuple):
    """A move of weights by constant forces and L1.

    Attributes
    ----------
    start, earlier, by : ndarray, shape (neuron, feature)
        Weights to start from, an earlier force, weights on which M acts. The earlier force may be `product`
        if it has no share.
    share, c, time : float
        Time of the earlier force, time of this one, the whole time.
    product, end : ndarray, shape (neuron, feature)
        For this force and the weights in the end.
    """

    start: np.ndarray
    earlier: np.ndarray
    by: np.ndarray
    share: float
    c: float
    time: float
    product: np.ndarray
    end: np.ndarray


@njit(cache=True, nogil=True)
def gather(row, places, values):
    """List the entries of a row that are not 0, and return how many there are."""
    count = 0
    for first in range(0, row.size, WORD):
        piece, alive = row[first : first + WORD], np.uint64(0)
        for b in range(piece.size):
            alive |= np.uint64(piece[b] != 0) << np.uint64(b)
        while alive:
            rest = alive & (alive - np.uint64(1))
            b = LOWEST[((alive ^ rest) * np.uint64(SEQUENCE)) >> np.uint64(58)]
            places[count], values[count] = first + b, piece[b]
            count += 1
            alive = rest
    return count


@on_all_cores
@njit(cache=True, nogil=True)
def move(part, parts, push, factor, beside, l1, listed):
    """Move weights by L1 and a constant force.

    Parameters
    ----------
    push : Push
    factor : ndarray, shape (feature, feature)
        M.
    beside : ndarray, shape (neuron, feature) or (0, feature)
        What this force is beside ``by M``, if anything.
    l1 : float
        λ.
    listed : bool
        Whether to list the active weights of each neuron, worth it for few.
    """
    start, earlier, by, product, end = push.start, push.earlier, push.by, push.product, push.end
    first, last = bounds(start.shape[0], part, parts)
    real = start.dtype.type
    share, c, amount = real(push.share), real(push.c), real(l1 * push.time)
    rows = max(1, PIECE // factor.shape[0]) if listed else rows_at_once(last - first, factor)
    for top in range(first, last, rows):
        some = slice(top, min(top + rows, last))
        if listed:
            combine(by[some], factor, product[some])
        else:
            np.dot(by[some], factor, product[some])
        if beside.size > 0:
            add(beside[some], product[some])
        shift(
            start[some].reshape(-1), earlier[some].reshape(-1), share, product[some].reshape(-1), c, amount,
            end[some].reshape(-1),
        )  # fmt: skip


@njit(cache=True, nogil=True)
def multiply(split, weights, listed, shares, gram):
    """Write the Gram matrix of weights by (neuron, feature) to `gram`, those of several parts to `shares`."""
    if split is None:
        multiply_part(split, weights, listed, gram.reshape((1, *gram.shape)))
    else:
        multiply_part(split, weights, listed, shares)
        copy(shares[0], gram)
        for part in range(1, split.parts):
            add(shares[part], gram)
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
def shift(start, earlier, share, product, c, amount, end):
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
    alive, count = np.zeros(place.size, np.bool_), 0
    for k in range(place.size):
        for i in range(weights.shape[1]):
            if weights[k, i] != 0:
                alive[k] = True
                count += 1
                break
    if count > WORTH_DROPPING * place.size:
        return place.size
    live = 0
    for k in range(place.size):
        if alive[k]:
            if live < k:
                place[live] = place[k]
                for i in range(weights.shape[1]):
                    weights[live, i], velocity[live, i] = weights[k, i], velocity[k, i]
            live += 1
    return live
