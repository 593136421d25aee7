"""Interference: ``−Σ_{j≠i} ReLU(W_i·W_j) W_j`` drives encodings apart (seed 001; `theory.flow`)."""

from numba import njit

from sim.forces.kinds import Force


@njit(cache=True, nogil=True)
def mismatch(gram, mismatch, slope):
    """Add ``−ReLU(W_i·W_j)`` off the diagonal."""
    for i in range(gram.shape[0]):
        row, out, falls = gram[i], mismatch[i], slope[i]
        own = out[i], falls[i]
        for j in range(row.size):
            out[j] -= max(row[j], 0.0)
            falls[j] += 1.0 if row[j] > 0.0 else 0.0
        out[i], falls[i] = own


FORCE = Force("interference", mismatch=mismatch, piecewise_linear=True)
