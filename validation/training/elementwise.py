"""A formula for every element of some arrays, written once: Numba, CUDA and the array API run the same text.

Such a formula is a Python function of numbers that consists of assignments and returns the tuple of those of
its parameters that it changes. Numba compiles it, with a loop about it, for the CPU. Its syntax tree,
printed as C++, is the body of a CUDA kernel. On any other library of the array API standard its code runs
on whole arrays, with that library's `sqrt`, `sign`, ….
"""

import ast
import copy
import functools
import inspect
import textwrap
from collections.abc import Callable
from types import FunctionType

import numba
import numpy as np

from validation.training import backend
from validation.training.backend import Array

sign, sqrt = np.sign, np.sqrt


@numba.njit
def maximum(a, b):
    """Return the larger number; a plain comparison, which becomes one vector instruction."""
    return b if a < b else a


@numba.njit
def minimum(a, b):
    """Return the smaller number."""
    return b if b < a else a


@numba.njit
def where(condition, a, b):
    """Return `a` if the condition holds, else `b`."""
    return a if condition else b


FUNCTIONS = ("abs", "maximum", "minimum", "sign", "sqrt", "where")
REALS = {"float32": "float", "float64": "double"}
THREADS, BLOCKS = 256, 4096

PREAMBLE = """
template <typename T> __device__ T absolute(T x) { return x < T(0) ? -x : x; }
template <typename T> __device__ T maximum(T a, T b) { return a < b ? b : a; }
template <typename T> __device__ T minimum(T a, T b) { return b < a ? b : a; }
template <typename T> __device__ T sign(T x) { return x != x ? x : T((x > T(0)) - (x < T(0))); }
template <typename T> __device__ T where(bool condition, T a, T b) { return condition ? a : b; }
"""
KERNEL = """
extern "C" __global__ void {name}({parameters}, const long long size) {{
    const long long stride = (long long)gridDim.x * blockDim.x;
    for (long long k = (long long)blockIdx.x * blockDim.x + threadIdx.x; k < size; k += stride) {{
{body}
    }}
}}
"""


class Elementwise:
    """A formula that changes some of the arrays that it is given, element by element and in place.

    Parameters
    ----------
    formula : callable
        A function of numbers as the module says: first one of each array, then the settings.
    arrays : int
        How many of its parameters are elements of arrays.
    loop : callable
        A Numba function of these arrays, flattened, and of an array of the settings.
    """

    def __init__(self, formula: Callable, arrays: int, loop: Callable) -> None:
        self.formula, self.loop = formula, loop
        self.name = formula.__name__.strip("_")
        names = list(inspect.signature(formula).parameters)
        self.arrays, self.settings = names[:arrays], names[arrays:]
        self.body, self.changed = _parsed(formula)

    def __call__(self, arrays: tuple[Array, ...], settings: tuple[float, ...] = ()) -> None:
        """Change `arrays`, all of one shape and type and C-contiguous; settings take their type."""
        if backend.is_numpy(arrays[0]):
            if not all(array.flags.c_contiguous for array in arrays):
                raise ValueError(f"{self.name} works on contiguous arrays: of others it would change copies")
            real = arrays[0].dtype
            self.loop(*(array.reshape(-1) for array in arrays), np.array(settings, real))
        elif backend.is_cupy(arrays[0]):
            self._on_gpu(arrays, settings)
        else:
            self.on_arrays(arrays, settings)

    def on_arrays(self, arrays: tuple[Array, ...], settings: tuple[float, ...]) -> None:
        """Do the same with whole arrays of any library of the standard."""
        xp = backend.namespace_of(arrays[0])
        functions = {name: getattr(xp, name) for name in FUNCTIONS}
        results = FunctionType(self.formula.__code__, functions)(*arrays, *settings)
        for name, result in zip(self.changed, results, strict=True):
            arrays[self.arrays.index(name)][...] = result

    def _on_gpu(self, arrays: tuple[Array, ...], settings: tuple[float, ...]) -> None:
        real = np.dtype(arrays[0].dtype)
        size = arrays[0].size
        kernel = _compiled(self.source(real.name), self.name)
        blocks = min(BLOCKS, -(-size // THREADS))
        kernel((blocks,), (THREADS,), (*arrays, *(real.type(value) for value in settings), np.int64(size)))

    def source(self, real: str) -> str:
        """Return the CUDA source of the kernel for `real`, "float32" or "float64"."""
        number = REALS[real]
        pointers = [f"{number if a in self.changed else f'const {number}'} *{a}_" for a in self.arrays]
        scalars = [f"const {number} {name}" for name in self.settings]
        lines = [f"{number} {name} = {name}_[k];" for name in self.arrays]
        known = set(self.arrays)
        for statement in self.body:
            target = statement.targets[0].id  # type: ignore[attr-defined]
            value = ast.unparse(_InC(number).visit(copy.deepcopy(statement.value)))
            lines.append(f"{'' if target in known else number + ' '}{target} = {value};")
            known.add(target)
        lines += [f"{name}_[k] = {name};" for name in self.changed]
        body = textwrap.indent("\n".join(lines), " " * 8)
        return PREAMBLE + KERNEL.format(name=self.name, parameters=", ".join(pointers + scalars), body=body)


class _InC(ast.NodeTransformer):
    """Turns a Python expression into one that C++ reads alike: numbers in the precision of the arrays."""

    def __init__(self, number: str) -> None:
        self.number = number

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        return ast.Call(ast.Name(self.number), [node], [])

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name("absolute") if node.id == "abs" else node


def _parsed(formula: Callable) -> tuple[list[ast.Assign], list[str]]:
    """Return the assignments of a formula and the names that it returns."""
    found = list(ast.walk(ast.parse(textwrap.dedent(inspect.getsource(formula)))))
    (returned,) = (s.value.elts for s in found if isinstance(s, ast.Return))  # type: ignore[union-attr]
    return [s for s in found if isinstance(s, ast.Assign)], [name.id for name in returned]


@functools.cache
def _compiled(source: str, name: str) -> Callable:
    import cupy

    return cupy.RawModule(code=source, options=("--std=c++14",)).get_function(name)
