"""All public names of the toolkit under one roof: ``from polysem import Autoencoder, simulate, train``.

They are those of `theory`, what the mathematics predicts, `sim`, which integrates the flow, and `validation`,
which trains the models and compares; each is imported when it is first asked for.
"""

import importlib
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path

ROOMS = ("theory", "sim", "validation")

for _room in ROOMS:
    _found = find_spec(_room)
    _origin = Path(_found.origin).parent.parent if _found and _found.origin else None
    if _origin is None or _origin.resolve() != Path(__file__).parent.parent.resolve():
        raise ImportError(
            f"polysem needs its own package {_room}, but {_found and _found.origin} comes first; "
            "give that another name, or run from another folder"
        )

_HOME = {name: room for room in ROOMS for name in importlib.import_module(room).__all__}
__all__ = [*ROOMS, *_HOME]
__version__ = metadata.version("polysem")


def __getattr__(name: str) -> object:
    if name in ROOMS:
        return importlib.import_module(name)
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
