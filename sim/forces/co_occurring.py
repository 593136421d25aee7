"""Co-occurrence: what features on together by chance add to the averaged force (`theory.co_occurrence`).

With ``H_ki = Σ_{j≠i} (ReLU(K_ki + K_kj) − [k ∈ {i, j}])``, the sum over the pairs of features on that include
i and switch output k on, the mismatch is ``−½ p (H + Hᵀ) − p (n − 1) (I − ReLU(K))``: each feature is in
n − 1 pairs and alone so much less often.
"""

import functools
from collections.abc import Callable

from numba import njit

from sim.forces.kinds import Force
from theory.co_occurrence import checked_probability


def co_occurrence(probability: float) -> Force:
    """Return what co-occurrence adds to the averaged force per occurrence of a feature, to first order in p.

    Together with feature benefit and interference it is `theory.co_occurrence.force`, which makes sense where
    few features are on at a time: for (n − 1) p well below 1.

    Parameters
    ----------
    probability : float
        Probability p with which each feature is on, independently; less than 1.

    Raises
    ------
    TypeError, ValueError
        If it is no such number.

    Notes
    -----
    Own derivation, ``co_occurrence_force``; the question is from the comments of seed 001.
    """
    p = checked_probability(probability)
    return Force(f"co_occurrence({p!r})", mismatch=_of_probability(p))


@functools.cache
def _of_probability(p: float) -> Callable:
    @njit
    def mismatch(gram, mismatch, slope):
        add_pairs(gram, mismatch, slope, p)

    return mismatch


@njit(cache=True, nogil=True)
def add_pairs(gram, mismatch, slope, p):
    """Add to the mismatch and its slope at this probability, in a time of the order of n³.

    The slope is negative where interference is on, whose slope makes up for that.
    """
    n = gram.shape[0]
    for k in range(n):
        row = gram[k]
        for i in range(n):
            total, on = by_input(row, k, i)
            total -= (n - 1) * (max(row[i], 0.0) - (1.0 if i == k else 0.0))
            on -= (n - 1) * (1.0 if row[i] > 0.0 else 0.0)
            mismatch[k, i] -= 0.5 * p * total
            mismatch[i, k] -= 0.5 * p * total
            slope[k, i] += 0.5 * p * on
            slope[i, k] += 0.5 * p * on


@njit(cache=True, nogil=True, fastmath={"reassoc", "contract"})
def by_input(row, k, i):
    """Return H_ki, from row k of the Gram matrix, and the number of pairs that it counts."""
    total, on, first = 0.0, 0.0, row[i]
    for j in range(row.size):
        value = first + row[j]
        total += max(value, 0.0)
        on += 1.0 if value > 0.0 else 0.0
    itself = 2.0 * first
    total, on = total - max(itself, 0.0), on - (1.0 if itself > 0.0 else 0.0)  # i is no pair with itself
    if k == i:
        return total - on, on
    return total - (1.0 if first + row[k] > 0.0 else 0.0), on
