"""Newton's method for the mismatch at the end of an implicit stage.

A stage moves the encodings to ``W = … + c M X`` and wants the M that belongs to where they end, ``M = μ(W
Wᵀ)``. The unknown is a symmetric matrix of features by features, whatever the number of neurons. With the
slope ``s = −dμ/dK ≥ 0`` by entries and ``K = W Wᵀ ≈ X Wᵀ``, a correction D solves

    D + s∘c(D K + K D) = μ(K) − M.

Entries with s = 0, pairs that do not touch, are known at once; the others make a symmetric positive definite
system for conjugate gradients. Their number falls with the number of interfering pairs. The shrink of L1,
left out of the Jacobian, lessens the response, so that the iteration converges linearly; a secant through
the last two corrections (Anderson, J. ACM 12, 1965, at depth one) makes up for part of it.
"""

import numpy as np
from numba import njit

ENOUGH = 0.3  # residual of the linear system: smaller ones do not help the outer iteration
LEAST, MOST = -1.0, 0.7  # of the secant's share
LONGEST = 30  # iterations of conjugate gradients
FEW = 0.1  # share of pairs below which their inner products one by one beat a matrix product


@njit(cache=True, nogil=True, error_model="numpy")
def correction(mismatch, target, slope, gram, c, along, image):
    """Write a Newton correction of `mismatch` to `along`.

    Parameters
    ----------
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
    n = gram.shape[0]
    one, c = gram.dtype.type(1), gram.dtype.type(c)
    rows, columns = touching(slope)
    count = rows.size
    rest, stiff = np.empty(count, gram.dtype), np.empty(count, gram.dtype)
    scale, twice = np.empty_like(rest), np.empty_like(rest)
    moved = separate(mismatch, target, slope, gram, along)
    if moved > 0.0:
        respond(along, gram, rows, columns, image, rest)
    else:
        rest[:] = 0
    known, step, wanted = along.copy(), np.empty_like(rest), np.empty_like(rest)
    direction, response = np.empty_like(rest), np.empty_like(rest)
    for a in range(count):
        i, j = rows[a], columns[a]
        stiff[a] = slope[i, j]
        step[a] = target[i, j] - mismatch[i, j]
        scale[a] = gram[i, i] + gram[j, j]
        twice[a] = 1 if i == j else 2
    for a in range(count):
        stiff[a] = one / stiff[a]
        scale[a] = one / (stiff[a] + c * scale[a])
        rest[a] = wanted[a] = stiff[a] * step[a] - c * rest[a]
        direction[a] = scale[a] * rest[a]
        step[a] = 0
    along[:] = 0
    power = product(twice, rest, direction)
    enough = ENOUGH**2 * product(twice, rest, rest)
    for _ in range(LONGEST):
        if power <= 0.0:
            break
        scatter(direction, rows, columns, along)
        respond(along, gram, rows, columns, image, response)
        for a in range(count):
            response[a] = stiff[a] * direction[a] + c * response[a]
        size = gram.dtype.type(power / product(twice, direction, response))
        for a in range(count):
            step[a] += size * direction[a]
            rest[a] -= size * response[a]
        if product(twice, rest, rest) <= enough:
            break
        for a in range(count):
            response[a] = scale[a] * rest[a]
        before, power = power, product(twice, rest, response)
        keep = gram.dtype.type(power / before)
        for a in range(count):
            direction[a] = response[a] + keep * direction[a]
    along[:] = known
    scatter(step, rows, columns, along)
    # of the equation that was solved, c (D K + K D), times D, is twice what it moves encodings by, squared
    for a in range(count):
        response[a] = wanted[a] - rest[a] - stiff[a] * step[a]
    moved += max(0.0, 0.5 * product(twice, step, response) / c)
    return c * np.sqrt(moved / n)


@njit(cache=True, nogil=True)
def touching(slope):
    """Return the rows and columns of the pairs with a slope, the diagonal and what is below it."""
    n = slope.shape[0]
    rows, columns = np.empty(n * (n + 1) // 2, np.int32), np.empty(n * (n + 1) // 2, np.int32)
    count = 0
    for i in range(n):
        for j in range(i + 1):
            rows[count], columns[count] = i, j  # without a branch: the next overwrites one without slope
            count += slope[i, j] > 0.0
    return rows[:count], columns[:count]


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def separate(mismatch, target, slope, gram, known):
    """Write the corrections of pairs without slope, which are known, else 0; return about what they move."""
    n, moved = slope.shape[0], 0.0
    for i in range(n):
        for j in range(n):
            error = target[i, j] - mismatch[i, j]
            error = 0.0 if slope[i, j] > 0.0 else error
            known[i, j] = error
            moved += error * error * gram[j, j]
    return moved


@njit(cache=True, nogil=True)
def scatter(values, rows, columns, out):
    """Write values to a symmetric matrix."""
    for a in range(values.size):
        out[rows[a], columns[a]] = out[columns[a], rows[a]] = values[a]


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


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def respond(along, gram, rows, columns, image, response):
    """Write the entries (rows, columns) of ``D K + K D`` to `response`, D being `along`."""
    n = gram.shape[0]
    if rows.size > FEW * n * n:
        np.dot(along, gram, image)
        for a in range(rows.size):
            response[a] = image[rows[a], columns[a]] + image[columns[a], rows[a]]
    else:
        for a in range(rows.size):
            i, j = rows[a], columns[a]
            one, two, other, another = along[i], gram[j], gram[i], along[j]
            total = one[0] - one[0]
            for k in range(n):
                total += one[k] * two[k] + other[k] * another[k]
            response[a] = total


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def product(weight, a, b):
    """Return ``Σ weight · a · b``, added up in double precision."""
    total = 0.0
    for k in range(a.size):
        total += weight[k] * a[k] * b[k]
    return total
