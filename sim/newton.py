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

ENOUGH = 0.2  # residual of the linear system: smaller ones do not help the outer iteration
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
        How far D moves an encoding, as root mean square.
    """
    n = gram.shape[0]
    c = gram.dtype.type(c)
    rows, columns = touching(slope)
    count = rows.size
    rest, stiff = np.empty(count, gram.dtype), np.empty(count, gram.dtype)
    scale, twice = np.empty_like(rest), np.empty_like(rest)
    if separate(mismatch, target, slope, along):
        respond(along, gram, rows, columns, image, rest)
    else:
        rest[:] = 0
    known, step = along.copy(), np.zeros_like(rest)
    direction, response = np.empty_like(rest), np.empty_like(rest)
    for a in range(count):
        i, j = rows[a], columns[a]
        stiff[a] = 1.0 / slope[i, j]
        rest[a] = stiff[a] * (target[i, j] - mismatch[i, j]) - c * rest[a]
        scale[a] = 1 / (stiff[a] + c * (gram[i, i] + gram[j, j]))
        direction[a] = scale[a] * rest[a]
        twice[a] = 1 if i == j else 2
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
    np.dot(along, gram, image)
    return c * np.sqrt(max(0.0, overlap(along, image)) / n)


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


@njit(cache=True, nogil=True)
def separate(mismatch, target, slope, known):
    """Write the corrections of pairs without slope, which are known, else 0; say whether there is any."""
    m, t, s, k = mismatch.reshape(-1), target.reshape(-1), slope.reshape(-1), known.reshape(-1)
    found = 0
    for i in range(m.size):
        error = t[i] - m[i]
        k[i] = 0.0 if s[i] > 0.0 else error
        found += k[i] != 0
    return found > 0


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


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def overlap(a, b):
    """Return the sum of the products of the entries of two matrices."""
    total, one, two = 0.0, a.reshape(-1), b.reshape(-1)
    for k in range(one.size):
        total += one[k] * two[k]
    return total
