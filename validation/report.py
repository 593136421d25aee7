"""The report: one self-contained page with every finding and picture, and the pictures as files."""

import base64
import os
from pathlib import Path

import jinja2

from sim.progress import track
from theory.common import files, schema
from validation import checking, plots, wording
from validation.checking import Row

PAGE = "report.html"


def write(folder: str | os.PathLike, rows: list[Row], seed: int = 0, full: bool = False) -> Path:
    """Write the report of a check to a folder: ``report.html``, and each picture as PNG and SVG.

    Everything is computed before anything is written, and each file is whole or not there.

    Parameters
    ----------
    folder : path
        Made if it does not exist; its parent must exist.
    rows : list of dict
        What `validation.check` returned.
    seed, full
        As given to `validation.check`.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    ValueError
        If the folder cannot be written to.
    """
    folder = files.folder(folder, "report")
    sections = []
    pictures: dict[str, bytes] = {}
    for claim in track(checking.select(row["claim"] for row in rows), "pictures"):
        figure = claim.plot(seed, full) if claim.plot else None
        if figure:
            pictures |= {f"{claim.name}.{form}": plots.drawn(figure, form) for form in ("png", "svg")}
        picture = embedded(pictures[f"{claim.name}.png"]) if figure else None
        sections.append((claim, [row for row in rows if row["claim"] == claim.name], picture))
    page = template("report.html.j2").render(
        sections=sections, summary=checking.summary(rows), seed=seed, full=full, versions=schema.versions()
    )
    return publish(folder, PAGE, page, pictures)


def publish(folder: Path, name: str, page: str, pictures: dict[str, bytes]) -> Path:
    """Write a page and its pictures to a folder, made if need be, each file whole; return the page's path."""
    folder.mkdir(exist_ok=True)
    for file, content in (pictures | {name: page.encode()}).items():
        with files.atomic(folder / file) as temporary:
            temporary.write_bytes(content)
    return folder / name


def embedded(picture: bytes) -> str:
    """Return a PNG file's content as a page holds it."""
    return base64.b64encode(picture).decode()


def template(name: str) -> jinja2.Template:
    """Return a template of this package, with the filter ``number``."""
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("validation", "."), autoescape=True, undefined=jinja2.StrictUndefined
    )
    environment.filters["number"] = wording.number
    return environment.get_template(name)
