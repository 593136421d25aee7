"""Kernels that work row by row, on all cores: with the same result whatever their number.

The rows are split into parts, by the size of the problem alone. Each part is worked on by one core with what
is in its cache, and BLAS runs on one thread, since its last bits depend on their number; whether parts are
worked on side by side or in turn changes nothing but the time. Those who already run one problem on each
core (`sim.replicates`) take Numba's number of threads down to one. Where one part is enough nothing is
compiled for several.
"""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numba
import numpy as np
from numba import njit, prange

from sim.machine.blas import one_thread

# Tuned; `python -m benchmarks constants PART WORTH_SHARING cores.MOST` shows cost with other values.
PART = 2**19  # weights of a part of a large problem
WORTH_SHARING = 2**25  # multiplications in a product from which on it is split into a few parts
FEW, MOST = 4, 16  # parts, each with a Gram matrix of its own
LOOPS = dict.fromkeys(
    ("comprehension", "fusion", "inplace_binop", "numpy", "reduction", "setitem", "stencil"), False
)
_one_at_a_time = threading.Lock()  # not all of Numba's ways to run loops bear two callers
_process = os.getpid()


class Split(NamedTuple):
    """Into how many parts rows are split, and whether these are worked on side by side."""

    parts: int
    together: bool


@contextmanager
def split(neurons: int, features: int) -> Iterator[Split | None]:
    """Give the split of a problem of this size, None for a single part.

    BLAS is kept on one thread meanwhile.
    """
    worth_it = neurons * features**2 >= WORTH_SHARING
    parts = min(MOST, max(FEW if worth_it else 1, neurons * features // PART))
    if parts == 1:
        with one_thread():
            yield None
        return
    # a forked process must not use the threads of its parent
    together = numba.get_num_threads() > 1 and os.getpid() == _process and _one_at_a_time.acquire(False)
    try:
        with one_thread():
            yield Split(parts, together)
    finally:
        if together:
            _one_at_a_time.release()


def on_all_cores(kernel: Callable) -> Any:
    """Return a kernel with a `Split`, or None, for the first argument instead of a part and their number.

    The next of its arguments may be a tuple of arrays and numbers, further ones are arrays and numbers.
    """

    @njit(cache=True, nogil=True, parallel=LOOPS | {"prange": True})
    def parts(split, one, *others):
        if split.together:
            for part in prange(split.parts):
                kernel(np.int64(part), split.parts, one, *others)
        else:
            for part in range(split.parts):
                kernel(part, split.parts, one, *others)

    @njit(cache=True, nogil=True)
    def run(split, one, *others):
        if split is None:  # known when compiled: the other branch is not compiled then
            kernel(0, 1, one, *others)
        else:
            parts(split, one, *others)

    return run


@njit(cache=True, nogil=True, inline="always")
def bounds(rows, part, parts):
    """Return where the rows of a part begin and end."""
    return rows * part // parts, rows * (part + 1) // parts


@on_all_cores
@njit(cache=True, nogil=True)
def product(part, parts, left, right, out):
    """Write a matrix product to `out`, the rows of a part."""
    first, last = bounds(left.shape[0], part, parts)
    if first < last:
        np.dot(left[first:last], right, out[first:last])
