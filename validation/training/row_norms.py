"""Norms and active weights of each encoding in one pass: Numba on the CPU, CUDA on a GPU."""

import functools
from collections.abc import Callable

import numba
import numpy as np

from validation.training import backend
from validation.training.backend import Array
from validation.training.elementwise import REALS

THREADS = 256

# One block of threads for each row; its threads share the columns and then add up their sums.
SOURCE = """
extern "C" __global__ void row_norms(const {real} *w, const {real} threshold, const long long columns,
                                     double *l1_norm, double *square, long long *active) {{
    __shared__ double sums[{threads}], squares[{threads}];
    __shared__ long long counts[{threads}];
    const int thread = threadIdx.x;
    double sum = 0, sum_of_squares = 0;
    long long count = 0;
    for (long long k = thread; k < columns; k += blockDim.x) {{
        const {real} x = w[blockIdx.x * columns + k];
        const {real} size = x < 0 ? -x : x;
        sum += size;
        sum_of_squares += (double)x * x;
        count += size > threshold;
    }}
    sums[thread] = sum;
    squares[thread] = sum_of_squares;
    counts[thread] = count;
    for (int half = blockDim.x / 2; half > 0; half /= 2) {{
        __syncthreads();
        if (thread < half) {{
            sums[thread] += sums[thread + half];
            squares[thread] += squares[thread + half];
            counts[thread] += counts[thread + half];
        }}
    }}
    if (thread == 0) {{
        l1_norm[blockIdx.x] = sums[0];
        square[blockIdx.x] = squares[0];
        active[blockIdx.x] = counts[0];
    }}
}}
"""


def row_norms(weights: Array, threshold: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return L1 norm, L2 norm and number of weights of size greater than `threshold` along the last axis.

    Parameters
    ----------
    weights : array, shape (..., neuron)
        Of NumPy, CuPy or any other library of the array API standard.
    threshold : float
        In the precision of the weights.

    Returns
    -------
    tuple of ndarray, shape (...)
        In float64, float64 and int64.
    """
    if backend.is_numpy(weights):
        rows = np.ascontiguousarray(weights).reshape(-1, weights.shape[-1])
        sums = _on_cpu(rows, weights.dtype.type(threshold))
    elif backend.is_cupy(weights):
        sums = _on_gpu(weights, threshold)
    else:
        xp = backend.namespace_of(weights)
        wide = xp.astype(weights, xp.float64)
        active = xp.count_nonzero(xp.abs(weights) > threshold, axis=-1)
        sums = xp.sum(xp.abs(wide), axis=-1), xp.sum(wide * wide, axis=-1), active
    l1_norm, square, count = (backend.to_numpy(array).reshape(weights.shape[:-1]) for array in sums)
    return l1_norm, np.sqrt(square), count


@numba.njit(cache=True, nogil=True)
def _on_cpu(weights, threshold):
    rows, columns = weights.shape
    l1_norm, square, active = np.zeros(rows), np.zeros(rows), np.zeros(rows, np.int64)
    for i in range(rows):
        for k in range(columns):
            size = abs(weights[i, k])
            l1_norm[i] += size
            square[i] += np.float64(size) * size
            active[i] += size > threshold
    return l1_norm, square, active


def source(real: str) -> str:
    """Return the CUDA source of the kernel for `real`, "float32" or "float64"."""
    return SOURCE.format(real=REALS[real], threads=THREADS)


def _on_gpu(weights: Array, threshold: float) -> tuple[Array, ...]:
    import cupy

    weights = cupy.ascontiguousarray(weights)
    rows, columns = weights.size // weights.shape[-1], weights.shape[-1]
    sums = cupy.empty(rows), cupy.empty(rows), cupy.empty(rows, cupy.int64)
    real = np.dtype(weights.dtype)
    _compiled(real.name)((rows,), (THREADS,), (weights, real.type(threshold), np.int64(columns), *sums))
    return sums


@functools.cache
def _compiled(real: str) -> Callable:
    import cupy

    return cupy.RawModule(code=source(real), options=("--std=c++14",)).get_function("row_norms")
