"""Functions open to further kinds of model: which one serves a kind stands in a table, a line each."""

import inspect
import pkgutil
from collections.abc import Callable, Mapping
from typing import Any

from theory.common.arguments import ArgumentTypeError, meant, shown


def serving(model: object, table: Mapping[type, str], what: str) -> Callable[..., Any]:
    """Return the function that serves this kind of model; it is imported only now.

    Parameters
    ----------
    model : object
        What a user gave.
    table : mapping
        By class where the function for it is, ``package.module:name``.
    what : str
        What these classes have and others do not, for the message.

    Raises
    ------
    TypeError
        If there is none for it, nor for a class that it is derived from.
    """
    for kind in type(model).__mro__:
        if kind in table:
            return pkgutil.resolve_name(table[kind])
    kinds = ", ".join(kind.__name__ for kind in table)
    raise ArgumentTypeError(f"model must be of a type that {what} ({kinds}), got {shown(model)}")


def known(function: Callable[..., Any], options: Mapping[str, Any]) -> None:
    """Check that a function takes options of these names.

    Raises
    ------
    TypeError
        If it does not; the message says which is near.
    """
    names = tuple(inspect.signature(function).parameters)
    for name in options:
        if name not in names:
            raise ArgumentTypeError(
                f"{name} must be an argument of {function.__name__} for this model ({', '.join(names[1:])})"
                f"{meant(name, names)}"
            )
