"""Options of training: objects in Python, plain names, and lines ``name:setting=value,...`` where one types.

The kinds of an option are frozen dataclasses by name; their fields are the settings.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, TypeVar

from theory.common import arguments
from theory.common.arguments import ArgumentError

T = TypeVar("T")


def chosen(name: str, given: object, kinds: Mapping[str, type[T]]) -> T:
    """Return the object that is given for the argument `name`, itself or by the name of its kind.

    Raises
    ------
    ValueError
        If there is no such kind, or it cannot do without settings.
    """
    for kind in kinds.values():
        if type(given) is kind:
            return given
    kind = kinds[arguments.choice(name, given, tuple(kinds))]
    for key in _needed(kind):
        raise ArgumentError(f"{name} must say {key}: {kind.__name__}({key}=...)")
    return kind()


def typed(name: str, text: str, kinds: Mapping[str, type[T]]) -> T:
    """Return the object that a line describes, ``name`` or ``name:setting=value,...``.

    Raises
    ------
    ValueError
        If there is no such kind or setting, one without a default is missing, or a value is not allowed.
    """
    head, colon, rest = text.partition(":")
    choice = arguments.choice(name, head, kinds)
    settings = {}
    for setting in rest.split(",") if colon else ():
        key, equals, value = (part.strip() for part in setting.partition("="))
        if not equals:
            raise ArgumentError(f"{name} must be written {choice}:setting=value,..., got {text!r}")
        if key in settings:
            raise ArgumentError(f"{name} must say {key} only once, got {text!r}")
        settings[key] = value
    known = _settings(kinds[choice])
    if settings and not known:
        raise ArgumentError(f"{name} must be {choice} without settings, got {text!r}")
    for key in settings:
        arguments.choice(f"{name} setting", key, known)
    for key in _needed(kinds[choice]):
        if key not in settings:
            raise ArgumentError(f"{name} must say {key}: {choice}:{key}=...")
    return kinds[choice](**{key: _value(f"{name} {key}", text, known[key]) for key, text in settings.items()})


def written(given: object, kinds: Mapping[str, type]) -> str:
    """Return the line that describes an object: its kind, and the settings that are not by default."""
    (name,) = (name for name, kind in kinds.items() if type(given) is kind)
    values = {key: (getattr(given, key), field.default) for key, field in _settings(type(given)).items()}
    said = [
        f"{key}={str(value).removesuffix('.0')}" for key, (value, usual) in values.items() if value != usual
    ]
    return f"{name}:{','.join(said)}" if said else name


def _settings(kind: type) -> dict[str, Field]:
    return {field.name: field for field in fields(kind)}


def _needed(kind: type) -> list[str]:
    return [key for key, field in _settings(kind).items() if field.default is MISSING]


def _value(name: str, text: str, field: Field) -> Any:
    """Return what `text` writes, in the type of the setting."""
    if field.type is str:
        return text
    wanted = "a whole number" if field.type is int else "a number"
    try:
        return field.type(text)  # type: ignore[operator]
    except ValueError:
        raise ArgumentError(f"{name} must be {wanted}, got {text!r}") from None
