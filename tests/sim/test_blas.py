import numpy as np
import pytest

from sim.blas import matmul, self_product


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (3, 5), (300, 40), (40, 300), (1000, 64)])
def test_self_product(shape, dtype):
    a = np.random.default_rng(0).normal(size=shape).astype(dtype)
    out = np.full((shape[1], shape[1]), np.nan, dtype)
    self_product(a, out)
    np.testing.assert_allclose(out, a.T @ a, rtol=0, atol=np.finfo(dtype).eps * 20 * shape[0])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1, 1), (5, 3), (300, 64), (1000, 64), (40, 300)])
def test_matmul(shape, dtype):
    rng = np.random.default_rng(1)
    a, b = rng.normal(size=shape).astype(dtype), rng.normal(size=(shape[1], shape[1])).astype(dtype)
    out = np.full(shape, np.nan, dtype)
    matmul(a, b, out)
    np.testing.assert_allclose(out, a @ b, rtol=0, atol=np.finfo(dtype).eps * 20 * shape[1])
