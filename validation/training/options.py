"""Options written as one line, ``name`` or ``name:setting=value,...``, in Python, commands and files."""

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import Any, TypeVar

from theory.common import arguments
from theory.common.arguments import ArgumentError

T = TypeVar("T")


def split(name: str, text: object, choices: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the choice and the settings that `text` names; `name` is the argument's.

    Raises
    ------
    ValueError
        If the choice is none of `choices` or a setting is not ``setting=value``.
    """
    head, _, rest = text.partition(":") if isinstance(text, str) else (text, "", "")
    choice = arguments.choice(name, head, choices)
    settings = {}
    for setting in filter(None, rest.split(",")):
        key, equals, value = (part.strip() for part in setting.partition("="))
        if not equals:
            raise ArgumentError(f"{name} must be written {choice}:setting=value,..., got {text!r}")
        settings[key] = value
    return choice, settings


def number(name: str, text: str) -> float:
    """Return the number that `text` writes.

    Raises
    ------
    ValueError
        If it writes none.
    """
    try:
        return float(text)
    except ValueError:
        raise ArgumentError(f"{name} must be a number, got {text!r}") from None


def make(name: str, text: object, kinds: Mapping[str, type[T]]) -> T:
    """Return the dataclass that `text` describes: its fields are the settings, in their types.

    Raises
    ------
    ValueError
        If there is no such kind or setting, one without a default is missing, or a value is not allowed.
    """
    choice, settings = split(name, text, kinds)
    kind = kinds[choice]
    known = {field.name: field for field in fields(kind)}  # type: ignore[arg-type]
    for key in settings:
        arguments.choice(f"{name} setting", key, known)
    for key, field in known.items():
        if field.default is MISSING and key not in settings:
            raise ArgumentError(f"{name} must say {key}: {choice}:{key}=...")
    values: dict[str, Any] = {}
    for key, value in settings.items():
        values[key] = value if known[key].type is str else number(f"{name} {key}", value)
        if known[key].type is int:
            whole = int(values[key]) if values[key].is_integer() else values[key]
            values[key] = arguments.whole(f"{name} {key}", whole)
    return kind(**values)
