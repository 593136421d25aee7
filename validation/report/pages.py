"""Self-contained pages: the frame that they share, and how they and their pictures reach a folder."""

import base64
from pathlib import Path

import jinja2

from theory.common import files
from validation.report import wording


def publish(folder: Path, name: str, page: str, pictures: dict[str, bytes]) -> Path:
    """Write a page and its pictures to a folder, made if need be, each file whole; return the page's path."""
    files.make(folder, "report")
    written = page.encode(errors="backslashreplace")  # a file's name in it may have bytes that are no text
    for file, content in (pictures | {name: written}).items():
        files.write(folder / file, content, "report")
    return folder / name


def embedded(picture: bytes) -> str:
    """Return a PNG file's content as a page holds it."""
    return base64.b64encode(picture).decode()


def template(name: str) -> jinja2.Template:
    """Return a template ``room/file``, which may extend ``report/page.html.j2``; a filter is ``number``."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("validation", "."), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["number"] = wording.number
    return environment.get_template(name)
