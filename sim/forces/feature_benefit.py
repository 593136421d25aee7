"""Feature benefit: ``(1 − ‖W_i‖²) W_i`` pulls every encoding to norm one (seed 001; `theory.flow`)."""

from numba import njit

from sim.forces.kinds import Force


@njit(cache=True, nogil=True)
def mismatch(gram, mismatch, slope):
    """Add ``1 − ‖W_i‖²`` to the diagonal."""
    for i in range(gram.shape[0]):
        mismatch[i, i] += 1.0 - gram[i, i]
        slope[i, i] += 1.0


FORCE = Force("feature_benefit", mismatch=mismatch, piecewise_linear=True)
