"""The report of a check: one self-contained page with every number and picture, and the pictures as files."""

import os
from pathlib import Path

from sim.progress import track
from theory.common import files, schema
from validation.experiments import checking
from validation.experiments.checking import Record
from validation.experiments.figure import draw
from validation.report import pages, plots


def write(folder: str | os.PathLike, records: list[Record], seed: int = 0, full: bool = False) -> Path:
    """Write the report of a check to a folder: ``report.html``, and each picture as PNG and SVG.

    `records` are what `validation.check` returned for `seed` and `full`. The folder is made if need be;
    everything is computed before anything is written, and each file is whole or not there. A ValueError says
    that the folder cannot be written to.
    """
    folder = files.folder(folder, "report")
    sections: list[tuple] = []
    pictures: dict[str, bytes] = {}
    claims = checking.select(row["claim"] for row in records)
    for found in track(checking.measured(claims, seed, full), "pictures"):
        claim, picture = found.experiment, None
        if claim.panels:
            figure = draw(found)
            pictures |= {f"{claim.name}.{form}": plots.drawn(figure, form) for form in ("png", "svg")}
            picture = pages.embedded(pictures[f"{claim.name}.png"])
        sections.append((claim, [row for row in records if row["claim"] == claim.name], picture))
    said = {"checking": checking, "records": records, "seed": seed, "full": full}
    template = pages.template("experiments/report.html.j2")
    page = template.render(said, sections=sections, versions=schema.versions())
    return pages.publish(folder, "report.html", page, pictures)
