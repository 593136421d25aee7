"""One formula, run by Numba, on whole arrays, as C++ on the CPU, and compiled by NVRTC: all the same."""

import ast
import ctypes
import shutil
import subprocess

import numpy as np
import pytest

from validation.training.elementwise import REALS
from validation.training.models.tied import to_residual
from validation.training.optimizers.adam import adam
from validation.training.optimizers.descent import descent
from validation.training.optimizers.lamb import direction
from validation.training.optimizers.momentum import heavy_ball

KERNELS = (adam, descent, direction, heavy_ball, to_residual)
SIZE = 1000
TOLERANCE = {"float32": 3e-6, "float64": 1e-14}

SHIM = """
#include <cmath>
#define __global__
#define __device__
using std::sqrt;
struct Three { int x; };
static Three blockIdx = {0}, threadIdx = {0}, blockDim = {1}, gridDim = {1};
"""


def operands(kernel, real):
    """Arrays of both signs, none negative where a root is taken, with zeros; settings in (0, 1)."""
    rng = np.random.default_rng(2)
    arrays = [rng.normal(size=SIZE) for _ in kernel.arrays]
    arrays[0][:10] = 0
    if "square" in kernel.arrays:
        arrays[kernel.arrays.index("square")] **= 2
    settings = tuple(rng.uniform(0.1, 0.9, len(kernel.settings)).astype(real).tolist())
    return [array.astype(real) for array in arrays], settings


def by_definition(kernel, arrays, settings):
    """The formula, run as plain Python with NumPy's functions on whole arrays."""
    names = {name: getattr(np, name) for name in ("sqrt", "sign", "where", "maximum", "minimum")}
    scope = {**names}
    values = dict(zip(kernel.arrays + kernel.settings, [*arrays, *settings], strict=True))
    code = "\n".join(ast.unparse(line) for line in kernel.body)
    exec(code, scope, values)
    return [values[name] for name in kernel.arrays]


@pytest.fixture(params=KERNELS, ids=lambda kernel: kernel.name)
def kernel(request):
    return request.param


@pytest.fixture(params=REALS)
def real(request):
    return request.param


def check(kernel, real, arrays, originals, settings):
    expected = by_definition(kernel, [a.astype(float) for a in originals], settings)
    for name, array, value, before in zip(kernel.arrays, arrays, expected, originals, strict=True):
        if name in kernel.changed:
            np.testing.assert_allclose(array, value, rtol=TOLERANCE[real], atol=TOLERANCE[real])
            assert not np.array_equal(array, before)
        else:
            np.testing.assert_array_equal(array, before)


def test_numba(kernel, real):
    originals, settings = operands(kernel, real)
    arrays = [a.copy() for a in originals]
    kernel(tuple(arrays), settings)
    check(kernel, real, arrays, originals, settings)


def test_array_api(kernel, real):
    xp = pytest.importorskip("array_api_strict")
    originals, settings = operands(kernel, real)
    arrays = [xp.asarray(a.copy()) for a in originals]
    kernel(tuple(arrays), settings)
    check(kernel, real, [np.asarray(a) for a in arrays], originals, settings)


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs a C++ compiler")
def test_body_as_cpp(kernel, real, tmp_path):
    (tmp_path / "kernel.cpp").write_text(SHIM + kernel.source(real))
    command = [
        "g++",
        "-shared",
        "-fPIC",
        "-std=c++14",
        "-Wall",
        "-Werror",
        "-O1",
        "kernel.cpp",
        "-o",
        "kernel.so",
    ]
    subprocess.run(command, cwd=tmp_path, check=True)
    function = getattr(ctypes.CDLL(str(tmp_path / "kernel.so")), kernel.name)
    number = {"float32": ctypes.c_float, "float64": ctypes.c_double}[real]
    originals, settings = operands(kernel, real)
    arrays = [a.copy() for a in originals]
    pointers = [a.ctypes.data_as(ctypes.c_void_p) for a in arrays]
    function(*pointers, *(number(value) for value in settings), ctypes.c_longlong(SIZE))
    check(kernel, real, arrays, originals, settings)


@pytest.mark.parametrize("capability", [80, 90])
def test_nvrtc_compiles(kernel, real, capability):
    """NVRTC needs no driver."""
    nvrtc = pytest.importorskip("cupy_backends.cuda.libs.nvrtc")
    try:
        nvrtc.getVersion()
    except RuntimeError:
        pytest.skip("needs NVRTC")
    program = nvrtc.createProgram(kernel.source(real), f"{kernel.name}.cu", (), ())
    nvrtc.compileProgram(program, (f"--gpu-architecture=sm_{capability}", "--std=c++14"))
    assert kernel.name.encode() in nvrtc.getCUBIN(program)
    nvrtc.destroyProgram(program)


def test_nan_is_kept_so_that_divergence_shows():
    weights = np.array([np.nan, 1.0])
    descent((weights, np.zeros(2)), (0.1, 0.1, 0.1, 0.5))
    assert np.isnan(weights[0])
    gram = np.array([np.nan])
    to_residual((gram, np.ones(1)))
    assert np.isnan(gram[0])


def test_arrays_that_are_not_contiguous_are_refused():
    with pytest.raises(ValueError, match="descent works on contiguous arrays"):
        descent((np.ones((2, 3)).T, np.ones((3, 2))), (0.1, 0.1, 0.1, 0.5))


@pytest.mark.gpu
def test_cupy(kernel, real):
    cupy = pytest.importorskip("cupy")
    if not cupy.is_available():
        pytest.skip("needs a GPU")
    originals, settings = operands(kernel, real)
    arrays = [cupy.asarray(a) for a in originals]
    kernel(tuple(arrays), settings)
    check(kernel, real, [a.get() for a in arrays], originals, settings)
