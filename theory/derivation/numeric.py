"""Derived expressions as functions of NumPy arrays: the only way predictions are made."""

import functools
from collections.abc import Callable

import mpmath
import sympy as sp

DIGITS = 30  # of `precisely`


def function(expression: object, *arguments: sp.Expr) -> Callable:
    """Turn a derived expression, or several, into a function of NumPy arrays, made at its first call."""

    @functools.cache
    def made() -> Callable:
        return sp.lambdify(arguments, expression, modules=["scipy", "numpy"])

    return lambda *values: made()(*values)


def precisely(expression: object, *arguments: sp.Expr) -> Callable[..., float]:
    """Turn a derived expression into a function of numbers whose factors may be greater than any float.

    Worked out by mpmath; infinite where the result is greater than any float.
    """

    @functools.cache
    def made() -> Callable:
        return sp.lambdify(arguments, expression, modules="mpmath")

    def at(*values: float) -> float:
        with mpmath.workdps(DIGITS):
            return float(made()(*map(mpmath.mpf, values)))

    return at
