"""Contexts: interference within them only, as the decoder sees in which one an input is (seed 001).

Feature i is of context i modulo their number. Outputs of other contexts do not count, so that features of
different contexts may share a neuron, with the same sign too.
"""

import functools
from collections.abc import Callable

from numba import njit

from sim.forces.kinds import Force
from theory.common import arguments


def context_interference(contexts: int) -> Force:
    """Return ``−Σ_{j≠i} ReLU(W_i·W_j) W_j``, over the features j of the context of i.

    It stands in for "interference", with which it agrees if there is one context.

    Parameters
    ----------
    contexts : int
        Number of contexts, at least 1.

    Raises
    ------
    TypeError, ValueError
        If it is no such number.

    Notes
    -----
    Seed 001, “A more realistic toy model”. `validation.training.inputs.Contexts` trains it.
    """
    number = arguments.whole("contexts", contexts, least=1)
    return Force(f"context_interference({number})", mismatch=_within(number), piecewise_linear=True)


@functools.cache
def _within(contexts: int) -> Callable:
    @njit
    def mismatch(gram, mismatch, slope):
        n = gram.shape[0]
        for i in range(n):
            for j in range(i % contexts, n, contexts):
                if j != i and gram[i, j] > 0.0:
                    mismatch[i, j] -= gram[i, j]
                    slope[i, j] += 1.0

    return mismatch
