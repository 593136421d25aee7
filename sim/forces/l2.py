"""L2 decay: ``−rate W``, beside L1 or instead of it.

L2 shortens encodings and knows no basis, so that it does not make them sparse.
"""

import functools
from collections.abc import Callable

from numba import njit

from sim.forces.kinds import Force
from theory.common import arguments


def l2_decay(rate: float) -> Force:
    """Return the decay ``−rate W`` of all weights: minus the gradient of ``½ rate ‖W‖²``.

    Parameters
    ----------
    rate : float
        In flow units, at least 0. With feature benefit alone it takes norms to ``√(1 − rate)``.

    Raises
    ------
    TypeError, ValueError
        If it is no such number.
    """
    rate = arguments.real("rate", rate, least=0)
    return Force(f"l2_decay({rate!r})", mismatch=_at_rate(rate), piecewise_linear=True)


@functools.cache
def _at_rate(rate: float) -> Callable:
    @njit
    def mismatch(gram, mismatch, slope):
        for i in range(gram.shape[0]):
            mismatch[i, i] -= rate

    return mismatch
