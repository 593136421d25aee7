"""One pass over the rows by Numba, by the array API, and by the CUDA kernel as C++ and under NVRTC."""

import ctypes
import shutil
import subprocess

import numpy as np
import pytest

from validation.training import row_norms as module
from validation.training.elementwise import REALS
from validation.training.row_norms import row_norms

THRESHOLD = 0.5

# As many threads as a block has, one after the other, do not meet at a barrier: one thread does all.
SHIM = """
#define __global__
#define __shared__ static
#define __syncthreads()
struct Three { int x; };
static Three blockIdx = {0}, threadIdx = {0}, blockDim = {1};
extern "C" void at_block(int block) { blockIdx.x = block; }
"""


@pytest.fixture(params=REALS)
def weights(request):
    values = np.random.default_rng(15).normal(size=(3, 4, 1001)).astype(request.param)
    values[0, 0, :3] = THRESHOLD, -THRESHOLD, 0
    return values


def check(result, weights):
    wide = weights.astype(float)
    np.testing.assert_allclose(result[0], np.abs(wide).sum(axis=-1), rtol=1e-12)
    np.testing.assert_allclose(result[1], np.linalg.norm(wide, axis=-1), rtol=1e-12)
    np.testing.assert_array_equal(result[2], (np.abs(weights) > THRESHOLD).sum(axis=-1))
    assert result[2].dtype == np.int64


def test_numba(weights):
    check(row_norms(weights, THRESHOLD), weights)
    turned = weights.transpose(1, 0, 2)
    check(row_norms(turned, THRESHOLD), turned)


def test_array_api(weights):
    xp = pytest.importorskip("array_api_strict")
    check(row_norms(xp.asarray(weights), THRESHOLD), weights)


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
def test_kernel_as_cpp(weights, tmp_path):
    real = weights.dtype.name
    (tmp_path / "kernel.cpp").write_text(SHIM + module.source(real))
    command = ["g++", "-shared", "-fPIC", "-std=c++14", "-Wall", "-Werror", "kernel.cpp", "-o", "kernel.so"]
    subprocess.run(command, cwd=tmp_path, check=True)
    library = ctypes.CDLL(str(tmp_path / "kernel.so"))
    number = {"float32": ctypes.c_float, "float64": ctypes.c_double}[real]
    sums = np.empty((3, 4)), np.empty((3, 4)), np.empty((3, 4), np.int64)
    pointers = [array.ctypes.data_as(ctypes.c_void_p) for array in (weights, *sums)]
    for block in range(12):
        library.at_block(block)
        library.row_norms(pointers[0], number(THRESHOLD), ctypes.c_longlong(1001), *pointers[1:])
    check((sums[0], np.sqrt(sums[1]), sums[2]), weights)


@pytest.mark.parametrize("real", REALS)
@pytest.mark.parametrize("capability", [80, 90])
def test_nvrtc_compiles(real, capability):
    nvrtc = pytest.importorskip("cupy_backends.cuda.libs.nvrtc")
    try:
        nvrtc.getVersion()
    except RuntimeError:
        pytest.skip("needs NVRTC")
    program = nvrtc.createProgram(module.source(real), "row_norms.cu", (), ())
    nvrtc.compileProgram(program, (f"--gpu-architecture=sm_{capability}", "--std=c++14"))
    assert b"row_norms" in nvrtc.getCUBIN(program)
    nvrtc.destroyProgram(program)


@pytest.mark.gpu
def test_cupy(weights):
    cupy = pytest.importorskip("cupy")
    if not cupy.is_available():
        pytest.skip("needs a GPU")
    check(row_norms(cupy.asarray(weights), THRESHOLD), weights)
