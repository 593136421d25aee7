"""Derived expressions as functions of NumPy arrays: the only way predictions are made."""

import functools
from collections.abc import Callable

import sympy as sp


def function(expression: object, *arguments: sp.Expr) -> Callable:
    """Turn a derived expression, or several, into a function of NumPy arrays, made at its first call."""

    @functools.cache
    def made() -> Callable:
        return sp.lambdify(arguments, expression, modules=["scipy", "numpy"])

    return lambda *values: made()(*values)
