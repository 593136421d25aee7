"""Untied layers: encoders and decoders as encodings of their own, of which each pulls the other.

For n features there are 2n encodings: n encoders, and behind them n decoders. With the output
``K_ji = D_j·E_i`` of j on input i, the error ``R_ji = δ_ji − ReLU(K_ji)`` (0 where an output off the diagonal
is off) acts as ``½ Rᵀ D`` on encoders and as ``½ R E`` on decoders: half as much as on tied weights, which
are in both (`theory.flow.untied`). The mismatch has no slope that damps it: follow it by "euler".
"""

from numba import njit

from sim.forces.kinds import Force


@njit(cache=True, nogil=True)
def mismatch(gram, mismatch, slope):
    """Add ``½ (δ_ji − ReLU(D_j·E_i))`` between encoders and decoders."""
    n = gram.shape[0] // 2
    for j in range(n):
        for i in range(n):
            product = gram[n + j, i]
            if product <= 0.0 and i != j:
                continue
            error = 0.5 * ((1.0 if i == j else 0.0) - max(product, 0.0))
            mismatch[n + j, i] += error
            mismatch[i, n + j] += error


UNTIED = Force("untied", mismatch=mismatch)
