from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from sim.machine import blas
from sim.machine.blas import SMALL, rows_at_once, self_product


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (3, 5), (300, 40), (40, 300), (1000, 64)])
def test_self_product(shape, dtype):
    a = np.random.default_rng(0).normal(size=shape).astype(dtype)
    out = np.full((shape[1], shape[1]), np.nan, dtype)
    self_product(a, out)
    np.testing.assert_allclose(out, a.T @ a, rtol=0, atol=np.finfo(dtype).eps * 20 * shape[0])


@pytest.mark.parametrize("rows", [1, 10, 5000])
@pytest.mark.parametrize("columns", [1, 64, 200, 300])
def test_rows_at_once(rows, columns):
    """Pieces of a product are such that BLAS does not pack, or the whole."""
    at_once = rows_at_once(rows, np.empty((columns, columns)))
    assert at_once * columns**2 <= SMALL or at_once == rows
    assert at_once > 0


def test_any_thread_may_keep_blas_on_one_thread():
    """In turn, and inside one another: threadpoolctl by itself listens to one thread alone."""

    def numbers(_=None):
        with blas.one_thread():
            return {library["num_threads"] for library in blas._blas().info()}

    before = blas._blas().info()
    assert numbers() == {1}
    with ThreadPoolExecutor(1) as other:
        assert other.submit(numbers).result() == {1}
        with blas.one_thread():
            assert other.submit(numbers).result() == {1}
            assert numbers() == {1}
    assert blas._blas().info() == before
