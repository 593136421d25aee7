import sys

import numpy as np
import pytest

from theory import Autoencoder
from validation import train
from validation.training import backend


def test_cpu_is_numpy():
    assert isinstance(backend.namespace("cpu").zeros(2), np.ndarray)


def test_without_cupy_one_line_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "cupy", None)
    with pytest.raises(
        ValueError, match=r"^device must be cpu: cuda needs CuPy, pip install polysem\[cuda\]$"
    ):
        train(Autoencoder(2, 3, l1=0.01), device="cuda")


def test_without_a_driver_one_line_says_so(monkeypatch):
    runtime = pytest.importorskip("cupy").cuda.runtime

    def none():
        raise runtime.CUDARuntimeError(100)  # cudaErrorNoDevice

    monkeypatch.setattr(runtime, "getDeviceCount", none)
    with pytest.raises(ValueError, match=r"^device must be cpu: cuda needs an NVIDIA driver and GPU .*$"):
        train(Autoencoder(2, 3, l1=0.01), device="cuda")


def test_error_function():
    xp = pytest.importorskip("array_api_strict")
    values = [-1.0, 0.0, 0.5]
    expected = [-0.8427007929497149, 0.0, 0.5204998778130465]
    np.testing.assert_allclose(backend.erf(np.array(values)), expected, rtol=1e-14)
    np.testing.assert_allclose(np.asarray(backend.erf(xp.asarray(values))), expected, rtol=1e-14)
