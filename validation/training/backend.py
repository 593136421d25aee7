"""Where a model runs: NumPy on the CPU, CuPy on a GPU, one code against the array API for both."""

from types import ModuleType
from typing import Any

import array_api_compat
import numpy as np
from scipy import special

from theory.common import arguments
from theory.common.arguments import ArgumentError

DEVICES = ("cpu", "cuda")
_NUMPY = array_api_compat.array_namespace(np.empty(0))

Array = Any  # of whatever library the device has


def namespace(device: str) -> ModuleType:
    """Return the array library of `device`, in the form of the array API standard.

    Parameters
    ----------
    device : {"cpu", "cuda"}

    Raises
    ------
    ValueError
        If the device is not known, or is "cuda" and CuPy or a working driver is missing; the message
        says what to install.
    """
    arguments.choice("device", device, DEVICES)
    if device == "cpu":
        return _NUMPY
    try:
        import array_api_compat.cupy
        import cupy
    except ImportError:
        raise ArgumentError("device must be cpu: cuda needs CuPy, pip install polysem[cuda]") from None
    try:
        cupy.cuda.runtime.getDeviceCount()
    except cupy.cuda.runtime.CUDARuntimeError as error:
        reason = str(error).partition(": ")[2] or str(error)
        raise ArgumentError(f"device must be cpu: cuda needs an NVIDIA driver and GPU ({reason})") from None
    return array_api_compat.cupy


def namespace_of(array: Array) -> ModuleType:
    """Return the array library to which `array` belongs."""
    return _NUMPY if is_numpy(array) else array_api_compat.array_namespace(array)


def is_numpy(array: Array) -> bool:
    """Say whether `array` is one of NumPy, so that Numba can work on it."""
    return isinstance(array, np.ndarray)


def is_cupy(array: Array) -> bool:
    """Say whether `array` lies on a GPU."""
    return array_api_compat.is_cupy_array(array)


def to_numpy(array: Array) -> np.ndarray:
    """Return `array` as one of NumPy, copied only if it lies elsewhere."""
    return array.get() if is_cupy(array) else np.asarray(array)


def erf(array: Array) -> Array:
    """Return the error function of `array`, which the standard lacks."""
    if is_cupy(array):
        from cupyx.scipy import special as special_on_gpu

        return special_on_gpu.erf(array)
    return namespace_of(array).asarray(special.erf(to_numpy(array)))
