"""The explorer as one page that needs nothing else: no network, no library."""

import json
import os
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from theory.common import arguments, files
from theory.common.arguments import ArgumentError
from validation.explorer import scenes

ENDINGS = (".html", ".htm")
OTHERS = ((24, 48, 0.01, 0), (24, 24, 0.01, 0), (24, 96, 0.01, 1), (24, 48, 0.001, 0), (24, 48, 0.1, 0))
ARROWS = ((5, 0.0, 3), (5, 0.0, 0), (6, 0.0, 3), (8, 0.0, 0), (5, 0.3, 0))  # the second leaves one out


def page(shown: Sequence[dict[str, Any]], served: bool = False) -> str:
    """Return the page of some scenes; one that is `served` can ask for more."""
    held = json.dumps(shown, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
    text = _part("page.html")
    for mark, content in (
        ("/* style */", _part("page.css")),
        ("/* script */", _part("page.js")),
        ("connect-src 'none'", f"connect-src {chr(39)}{'self' if served else 'none'}{chr(39)}"),
        ("[served]", "yes" if served else "no"),
        ("[scenes]", held),  # last: what is in it is not looked at
    ):
        text = text.replace(mark, content, 1)
    return text


def chosen(n: int, m: int, l1: float, seed: int) -> list[dict[str, Any]]:
    """Return the scenes of a written page: the run of these settings, smaller others, and superposition."""
    settings = dict.fromkeys(((n, m, l1, seed), *OTHERS))
    return [scenes.flow(*setting) for setting in settings] + [scenes.arrows(*setting) for setting in ARROWS]


def writable(path: str | os.PathLike) -> Path:
    """Return `path`, checked before any work is done: a page can be written there.

    Raises
    ------
    ValueError
        If it does not end in .html, or a file cannot be written there.
    """
    path = arguments.path("out", path)
    if path.suffix.lower() not in ENDINGS:
        raise ArgumentError(f"out must end in .html, got {path}")
    return files.writable(path)


def _part(name: str) -> str:
    return resources.files("validation.explorer").joinpath(name).read_text(encoding="utf-8")
