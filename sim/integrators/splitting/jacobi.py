"""Jacobi iterations for the mismatch at the end of an implicit stage: entry by entry, with a secant.

A stage moves the encodings to ``W = … + c M X`` and wants the M that belongs to where they end,
``M = μ(W Wᵀ)``. The unknown is a symmetric matrix of features by features, whatever the number of neurons.
A correction D takes active weights, and only these, ``c D X`` further. An entry of ``K = W Wᵀ`` then changes
mostly by its own correction,

    ΔK_ij ≈ r_ij D_ij,    r = c (q + qᵀ),    q_ij = Σ W_jk² over the neurons k on which i is active,

so that each entry is left with an equation of its own, ``M_ij + D_ij = μ(K_ij + r_ij D_ij)``. As μ has a kink
where a pair begins to touch, two steps of Newton's method are taken, the second from the Gram matrix that the
first one predicts. This makes the iteration converge where it is stiff: a pair then either does not touch,
or its mismatch keeps its inner product near zero, which is a linear complementarity problem, here solved by
Jacobi's method (Cottle, Pang, Stone, The Linear Complementarity Problem, 1992, chapter 5).

Where i = j or both are on the same neurons, q_ij is K_jj; of other pairs, it is about the share of weights
that are active times that, and none if they share no neuron. But many entries are wrong in the same way at
once, and move each other: half-way between that share and one measured best. To it comes
``(1 − alive) |K_ij|``, the least that keeps ``q_ij + q_ji`` above its bound ``2 |K_ij|``, which holds since
``W_ik² + W_jk² ≥ 2 |W_ik W_jk|`` on the neurons of both; so a norm responds by ``2 c K_ii``, as it does. A
secant through the last two corrections (Anderson, J. ACM 12, 1965, at depth one) makes up for part of what
is left out. Where many features share few neurons, corrections are damped as well.
"""

from typing import NamedTuple

import numpy as np
from numba import njit

# Tuned; `python -m benchmarks constants LEAST MOST` shows cost and winners with other values.
LEAST, MOST = -1.0, 0.7  # of the secant's share


class Space(NamedTuple):
    """Room for a correction, all of shape (feature, feature).

    Attributes
    ----------
    along : ndarray
        The correction D.
    response : ndarray
        r; both are of the type of the weights.
    gram, target, slope : ndarray of float64
        What the forces are asked with, and what they answer.
    """

    along: np.ndarray
    response: np.ndarray
    gram: np.ndarray
    target: np.ndarray
    slope: np.ndarray


@njit(cache=True, nogil=True)
def correction(mismatch_of, mismatch, gram, c, alive, damping, space):
    """Write a correction of `mismatch` to ``space.along``.

    Parameters
    ----------
    mismatch_of : callable
        Adds μ(K) and its slope −dμ/dK by entries to two arrays (`sim.forces.kinds`). Slopes below 0 do
        not count.
    mismatch : ndarray, shape (feature, feature)
        M, symmetric.
    gram : ndarray, shape (feature, feature)
        K.
    c : float
        Length of the stage.
    alive : float
        Share of weights that are active.
    damping : float
        By how much entries are taken to respond more strongly than one by one, at least 1.
    space : Space

    Returns
    -------
    float
        About how far D moves an encoding, as root mean square.
    """
    respond(gram, damping * c, alive, space.response)
    space.along[:] = 0
    for _ in range(2):
        predict(gram, space)
        mismatch_of(space.gram, space.target, space.slope)
        improve(mismatch, space)
    return c * np.sqrt(moved(gram, space.along) / gram.shape[0])


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def respond(gram, c, alive, response):
    """Write how much an entry of the Gram matrix changes by its own correction: r."""
    squares, real = diagonal(gram), gram.dtype.type
    apart, together = real(0.5 * (1.0 + alive) * c), real((1.0 - alive) * c)
    for i in range(gram.shape[0]):
        for j in range(gram.shape[0]):
            size = np.abs(gram[i, j])
            both = apart * (squares[i] + squares[j]) + together * size
            response[i, j] = both if size > 0 else size


@njit(cache=True, nogil=True, fastmath={"contract"})
def predict(gram, space):
    """Write the Gram matrix after the correction, and zero to what is to be found for it."""
    k, r, d = gram.reshape(-1), space.response.reshape(-1), space.along.reshape(-1)
    w, t, s = space.gram.reshape(-1), space.target.reshape(-1), space.slope.reshape(-1)
    for a in range(k.size):
        w[a] = k[a] + r[a] * d[a]
        t[a] = s[a] = 0.0


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def improve(mismatch, space):
    """Take a step of Newton's method in every entry of the correction."""
    m, t, s = mismatch.reshape(-1), space.target.reshape(-1), space.slope.reshape(-1)
    r, d, real = space.response.reshape(-1), space.along.reshape(-1), mismatch.dtype.type
    for a in range(m.size):
        d[a] += (real(t[a]) - m[a] - d[a]) / (real(1) + real(max(0.0, s[a])) * r[a])


@njit(cache=True, nogil=True, inline="always")
def diagonal(matrix):
    """Return a copy of the diagonal."""
    result = np.empty(matrix.shape[0], matrix.dtype)
    for i in range(result.size):
        result[i] = matrix[i, i]
    return result


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def moved(gram, along):
    """Return about how far a correction moves encodings in unit time, squared and added up."""
    squares, total = diagonal(gram), 0.0
    for i in range(gram.shape[0]):
        for j in range(gram.shape[0]):
            total += along[i, j] * along[i, j] * squares[j]
    return total


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def follow(mismatch, correction, last_mismatch, last_correction, second):
    """Add a correction to `mismatch`, from the `second` on along the secant through the last two."""
    m, d = mismatch.reshape(-1), correction.reshape(-1)
    before, past = last_mismatch.reshape(-1), last_correction.reshape(-1)
    share = m[0] - m[0]
    if second:
        along = square = share
        for i in range(m.size):
            change = d[i] - past[i]
            along += change * d[i]
            square += change * change
        share = mismatch.dtype.type(max(LEAST, min(MOST, along / square)) if square > 0 else 0.0)
    else:
        before[:] = past[:] = 0
    for i in range(m.size):
        moved = m[i] + d[i]
        back = share * (moved - before[i] - past[i])
        before[i], past[i] = m[i], d[i]
        m[i] = moved - back
