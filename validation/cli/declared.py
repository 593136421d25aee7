"""Options of a command from the function behind it, whose names, defaults and descriptions they are.

The function is read and not imported, so that help is instant: its signature from its source, and what its
parameters mean from its docstring (NumPy style).
"""

import ast
import importlib.util
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar

import docstring_parser
import typer

from validation.cli import reading

F = TypeVar("F", bound=Callable[..., Any])
TYPES = {"PathLike": Path, "bool": bool, "int": int, "float": float, "str": str}  # the first that is named


def options(function: str, names: Mapping[str, str], **defaults: Any) -> Callable[[F], F]:
    """Return a decorator that gives a command the parameters of a function in place of its ``**given``.

    In help they come before the keyword-only parameters of the command. Left out are the function's first
    parameter, the model, and what cannot be said on a command line, such as arrays.

    Parameters
    ----------
    function : str
        Where it is, ``package.module:function``.
    names : mapping
        What parameters are called on the command line where it is not ``--name``.
    **defaults
        Defaults that are not the function's.
    """

    def decorate(command: F) -> F:
        own = [p for p in inspect.signature(command).parameters.values() if p.kind is not p.VAR_KEYWORD]
        first = [p.replace(kind=p.KEYWORD_ONLY) for p in own if p.kind is not p.KEYWORD_ONLY]
        last = [p for p in own if p.kind is p.KEYWORD_ONLY]
        parameters = [*first, *_read(function, names, defaults), *last]
        command.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
        command.__annotations__ = {p.name: p.annotation for p in parameters}
        return command

    return decorate


def _read(
    function: str, names: Mapping[str, str], defaults: Mapping[str, Any]
) -> Iterator[inspect.Parameter]:
    """Yield the parameters of a function but for the first, as options."""
    module, _, name = function.partition(":")
    (source,) = (s for s in [importlib.util.find_spec(module)] if s and s.origin)
    statements = ast.parse(Path(str(source.origin)).read_text(encoding="utf-8")).body
    (found,) = (s for s in statements if isinstance(s, ast.FunctionDef) and s.name == name)
    meant = docstring_parser.parse(ast.get_docstring(found) or "", docstring_parser.DocstringStyle.NUMPYDOC)
    said = {p.arg_name: (p.description or "", p.type_name or "") for p in meant.params}
    usual = dict(zip(reversed(found.args.args), reversed(found.args.defaults), strict=False))
    usual |= {a: d for a, d in zip(found.args.kwonlyargs, found.args.kw_defaults, strict=True) if d}
    for argument, value in sorted(usual.items(), key=lambda pair: pair[0].lineno):
        default = defaults.get(argument.arg, _literal(value))
        kind = type(default) if default is not None else _named(argument.annotation)
        if kind is None:
            continue
        flag = names.get(argument.arg, "--" + argument.arg.replace("_", "-"))
        several = " Separated by commas." if "Collection" in _words(argument.annotation) else ""
        help = _help(*said[argument.arg]) + several
        option = reading.option(kind, flag, help) if kind in reading.WANTED else typer.Option(flag, help=help)
        yield inspect.Parameter(
            argument.arg,
            inspect.Parameter.KEYWORD_ONLY,
            default=default,
            annotation=Annotated[kind if default is not None else kind | None, option],
        )


def _literal(value: ast.expr) -> Any:
    """Return a default that is written out, None where it is computed."""
    try:
        return ast.literal_eval(value)
    except ValueError:
        return None


def _named(annotation: ast.expr | None) -> Any:
    """Return the type that an annotation names and a command line can say, None if there is none."""
    words = _words(annotation)
    return next((kind for word, kind in TYPES.items() if word in words), None)


def _words(annotation: ast.expr | None) -> set[str]:
    nodes = list(ast.walk(annotation)) if annotation else []
    return {getattr(node, "id", getattr(node, "attr", "")) for node in nodes}


def _help(description: str, type_name: str) -> str:
    """Return the first sentence of a description, as one types what it names, with the choices."""
    text = re.sub(r" \(`[^`]*`\)", "", " ".join(description.split()))
    text = re.split(r"(?<=\.) (?=[A-Z])", text)[0]
    choices = re.findall(r'"(\w+)"', type_name)
    if any(f'"{choice}"' not in text for choice in choices):
        text += f" Choices: {', '.join(choices)}."
    return re.sub(r"``(\w+)\((.*?)\)``", _as_typed, text).replace("`", "").replace('"', "")


def _as_typed(made: re.Match) -> str:
    """Return the line for an object that is made in Python: ``power_law:p=0.1`` for ``PowerLaw(p=0.1)``."""
    name = re.sub(r"(?<=[a-z])([A-Z])(?=[a-z])", r"_\1", made[1]).lower()
    return f"{name}:{made[2].replace(' ', '')}"
