"""Newton's method for the mismatch at the end of an implicit stage.

A stage moves the encodings to ``W = … + c M X`` and wants the M that belongs to where they end, ``M = μ(W
Wᵀ)``. The unknown is a symmetric matrix of features by features, whatever the number of neurons. With the
slope ``s = −dμ/dK ≥ 0`` by entries and ``K = W Wᵀ ≈ X Wᵀ``, a correction D solves

    D + s∘c(D K + K D) = μ(K) − M.

Entries with s = 0, pairs that do not touch, are known at once; the others make a symmetric positive definite
system for conjugate gradients. All arrays are dense and zero for the former, so that loops stay simple and
fast; only products follow the number of entries. The shrink of L1,
left out of the Jacobian, lessens the response, so that the iteration converges linearly; a secant through
the last two corrections (Anderson, J. ACM 12, 1965, at depth one) makes up for part of it.
"""

import numpy as np
from numba import njit

from sim.blas import TILE
from sim.cores import bounds, on_all_cores
from sim.neurons import combine

ENOUGH = 0.3  # residual of the linear system: smaller ones do not help the outer iteration
LEAST, MOST = -1.0, 0.7  # of the secant's share
LONGEST = 30  # iterations of conjugate gradients
FEW = 0.2  # share of pairs below which lists of them beat a matrix product


@njit(cache=True, nogil=True, error_model="numpy")
def correction(split, mismatch, target, slope, gram, c, along, image):
    """Write a Newton correction of `mismatch` to `along`.

    Parameters
    ----------
    split : Split
        How the cores share the work (`sim.cores`).
    mismatch : ndarray, shape (feature, feature)
        M, symmetric.
    target, slope : ndarray, shape (feature, feature)
        The μ(K) that M should be, and its slope by entries, at least 0; float64.
    gram : ndarray, shape (feature, feature)
        K.
    c : float
        Length of the stage.
    along, image : ndarray, shape (feature, feature)
        The correction D, and work space.

    Returns
    -------
    float
        About how far D moves an encoding, as root mean square: exactly, if all pairs have a slope.
    """
    n, c, squares = gram.shape[0], gram.dtype.type(c), np.diag(gram).copy()
    stiff, scale, known = np.empty_like(gram), np.empty_like(gram), np.empty_like(gram)
    rest, step = np.empty_like(gram), np.zeros_like(gram)
    moved = separate(mismatch, target, slope, squares, c, known, stiff, scale, rest)
    stiff, scale, rest, step = stiff.reshape(-1), scale.reshape(-1), rest.reshape(-1), step.reshape(-1)
    direction, response, wanted = along.reshape(-1), image.reshape(-1), np.empty_like(rest)
    if moved > 0.0:
        respond(split, known, gram, image)
    else:
        response[:] = 0
    for a in range(gram.size):
        rest[a] -= c * response[a] if scale[a] > 0 else response[a] - response[a]
        wanted[a] = rest[a]
        direction[a] = scale[a] * rest[a]
    power = product(rest, direction)
    enough = ENOUGH**2 * product(rest, rest)
    for _ in range(LONGEST):
        if power <= 0.0:
            break
        respond(split, along, gram, image)
        for a in range(gram.size):
            total = stiff[a] * direction[a] + c * response[a]
            response[a] = total if scale[a] > 0 else total - total
        size = gram.dtype.type(power / product(direction, response))
        for a in range(gram.size):
            step[a] += size * direction[a]
            rest[a] -= size * response[a]
        if product(rest, rest) <= enough:
            break
        for a in range(gram.size):
            response[a] = scale[a] * rest[a]
        before, power = power, product(rest, response)
        keep = gram.dtype.type(power / before)
        for a in range(gram.size):
            direction[a] = response[a] + keep * direction[a]
    # of the equation that was solved, c (D K + K D), times D, is twice what it moves encodings by, squared
    for a in range(gram.size):
        response[a] = wanted[a] - rest[a] - stiff[a] * step[a]
        direction[a] = step[a]
    along += known
    moved += max(0.0, 0.5 * product(step, response) / c)
    return c * np.sqrt(moved / n)


@njit(cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "contract"})
def separate(mismatch, target, slope, squares, c, known, stiff, scale, rest):
    """Set up the linear system, zero for pairs without slope, whose corrections are `known`.

    Returns
    -------
    float
        About how far what is known moves encodings, squared.
    """
    n, moved = slope.shape[0], 0.0
    zero, one = mismatch.dtype.type(0), mismatch.dtype.type(1)
    for i in range(n):
        for j in range(n):
            error = mismatch.dtype.type(target[i, j] - mismatch[i, j])
            touches = slope[i, j] > 0.0
            already = zero if touches else error
            inverse = one / mismatch.dtype.type(slope[i, j])
            moved += already * already * squares[j]
            known[i, j] = already
            stiff[i, j] = inverse if touches else zero
            scale[i, j] = one / (inverse + c * (squares[i] + squares[j])) if touches else zero
            rest[i, j] = inverse * error if touches else zero
    return moved


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


@njit(cache=True, nogil=True)
def respond(split, along, gram, image):
    """Write ``D K + K D`` to `image`, D being `along`, both symmetric."""
    n = gram.shape[0]
    multiply(split, along, np.count_nonzero(along) < FEW * along.size, gram, image)
    for top in range(0, n, TILE):
        for left in range(0, top + 1, TILE):
            for i in range(top, min(top + TILE, n)):
                for j in range(left, min(left + TILE, i + 1)):
                    image[i, j] = image[j, i] = image[i, j] + image[j, i]


@on_all_cores
@njit(cache=True, nogil=True)
def multiply(part, parts, along, listed, gram, image):
    """Write ``D K`` to `image`."""
    first, last = bounds(along.shape[0], part, parts)
    if listed:
        combine(along[first:last], gram, image[first:last])
    else:
        np.dot(along[first:last], gram, image[first:last])


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def product(a, b):
    """Return ``Σ a · b``, added up in double precision."""
    total = 0.0
    for k in range(a.size):
        total += a[k] * b[k]
    return total
