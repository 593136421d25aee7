"""Products for Numba: the symmetric ``AᵀA``, and small ones as OpenBLAS does them best.

Numba itself has the general product only, at twice the operations. The symmetric routine is SciPy's own,
found by name, so that kernels that call it can still be cached on disk.
"""

import functools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import llvmlite.binding
import numpy as np
import scipy.linalg.cython_blas  # noqa: F401  # loaded here, so that threadpoolctl sees it
from numba import njit, types
from numba.extending import get_cython_function_address, overload
from threadpoolctl import OpenBLASController, ThreadpoolController

# Tuned; `python -m benchmarks constants blas.WORTH_IT SMALL FEWEST TILE` shows cost with other values.
WORTH_IT = 128  # columns from which on it is faster than the general product, as measured
SMALL = 2**19  # multiplications in a product that OpenBLAS does without packing (up to 10^6)
FEWEST = 8  # rows of such a product
TILE = 32  # of a transposition in cache
_SIGNATURE = types.void(*[types.voidptr] * 10)
_ROUTINES = {}
_inside: list[Any] = []  # the limit on BLAS, once for every context that needs it
_count = threading.Lock()
for _name, _type in (("ssyrk", types.float32), ("dsyrk", types.float64)):
    _address = get_cython_function_address("scipy.linalg.cython_blas", _name)
    llvmlite.binding.add_symbol(f"polysem_{_name}", _address)
    _ROUTINES[_type] = types.ExternalFunction(f"polysem_{_name}", _SIGNATURE)


def _syrk(a, out):
    raise NotImplementedError("for kernels only")


@overload(_syrk)
def _(a, out):
    routine = _ROUTINES[a.dtype]

    def call(a, out):
        rows, columns = a.shape
        letters = np.array([85, 78], np.uint8)  # "U", "N"
        sizes = np.array([columns, rows], np.int32)
        factors = np.array([1, 0], a.dtype)
        n, k = sizes[:1], sizes[1:]
        routine(
            letters[:1].ctypes, letters[1:].ctypes, n.ctypes, k.ctypes,
            factors[:1].ctypes, a.ctypes, n.ctypes, factors[1:].ctypes, out.ctypes, n.ctypes,
        )  # fmt: skip

    return call


@njit(cache=True, nogil=True, inline="always")
def rows_at_once(rows, b):
    """Return how many of the rows to multiply by `b` at a time: as many as OpenBLAS does without packing."""
    few = SMALL // b.size
    return few if few >= FEWEST else rows


@njit(cache=True, nogil=True)
def self_product(a, out):
    """Write ``AᵀA`` to `out`.

    Parameters
    ----------
    a : ndarray, shape (row, column)
        C-contiguous, float32 or float64.
    out : ndarray, shape (column, column)
        C-contiguous, of the same type.
    """
    lower_product(a, out)
    mirror(out)


@njit(cache=True, nogil=True)
def lower_product(a, out):
    """Write the lower triangle of ``AᵀA`` to `out`, and anything above it; see `self_product`."""
    if a.shape[1] < WORTH_IT:
        rows, part = SMALL // out.size, np.empty_like(out)
        np.dot(a[:rows].T, a[:rows], out)
        for first in range(rows, a.shape[0], rows):
            np.dot(a[first : first + rows].T, a[first : first + rows], part)
            add(part, out)
    else:
        _syrk(a, out)


@njit(cache=True, nogil=True, inline="always")
def copy(array, out):
    """Copy an array: a loop, since Numba compiles ``out[:] =`` with all errors that shapes may cause."""
    a, b = array.reshape(-1), out.reshape(-1)
    for i in range(a.size):
        b[i] = a[i]


@njit(cache=True, nogil=True, inline="always")
def add(array, out):
    """Add an array to another, as `copy` copies."""
    a, b = array.reshape(-1), out.reshape(-1)
    for i in range(a.size):
        b[i] += a[i]


@njit(cache=True, nogil=True)
def mirror(square):
    """Make a matrix symmetric by its lower triangle."""
    for top in range(0, square.shape[0], TILE):
        for left in range(0, top + 1, TILE):
            for i in range(top, min(top + TILE, square.shape[0])):
                for j in range(left, min(left + TILE, i)):
                    square[j, i] = square[i, j]


@contextmanager
def one_thread() -> Iterator[None]:
    """Keep BLAS on one thread, in a context.

    The number is one of the whole process: of several threads in such contexts, the last one to leave gives
    the others back.
    """
    with _count:
        OpenBLASController.clear_controlling_thread(force=True)  # only the first thread that asks may set it
        limit = _blas().limit(limits=1)  # anew, since others may have set another number meanwhile
        _inside.append(_inside[0] if _inside else limit)
    try:
        yield
    finally:
        with _count:
            limit = _inside.pop()
            if not _inside:
                OpenBLASController.clear_controlling_thread(force=True)
                limit.restore_original_limits()
                OpenBLASController.clear_controlling_thread()


@functools.cache
def _blas() -> ThreadpoolController:
    return ThreadpoolController().select(user_api="blas")
