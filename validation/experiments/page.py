"""The page of an experiment: answer, picture, how it was measured, what it means, its limits, numbers."""

import inspect
import os
from pathlib import Path

from theory.common import files
from validation.experiments.figure import draw
from validation.experiments.findings import Findings, setting_names
from validation.experiments.labels import RUNS, named, told, worded
from validation.experiments.rows import Row
from validation.report import plots
from validation.report.wording import duration, number, table


def write(found: Findings, folder: str | os.PathLike) -> list[Path]:
    """Write figure and page to a folder, as ``NAME.png`` and ``NAME.md``, and return their paths."""
    picture, target = (Path(folder) / f"{found.experiment.name}.{form}" for form in ("png", "md"))
    if found.experiment.panels:
        plots.save(draw(found), picture)
    files.write(target, page(found).encode())
    return [picture, target] if found.experiment.panels else [target]


def page(found: Findings) -> str:
    """Return the page in Markdown."""
    made = found.experiment
    measured = " ".join((inspect.getdoc(made.measure) or "").split())
    sections = (
        f"# {made.question}",
        f"**{found.said(made.answer)}**" if made.answer else "",
        f"![{made.question}]({made.name}.png)" if made.panels else "",
        f"## How it was measured\n\n{measured} {_settings(found)}",
        f"## What it means\n\n{found.said(made.meaning)}" if made.meaning else "",
        f"## Limits\n\n{made.limits}" if made.limits else "",
        "## Numbers",
        *_tables(found),
        _origin(found),
    )
    return "\n\n".join(filter(None, sections)) + "\n"


def _settings(found: Findings) -> str:
    """Say what was the same everywhere, how many settings and runs there are, and what the intervals are."""
    result = found.result
    constant = told(found.constant, found.experiment.names)
    settings = result.sizes["setting"]
    counts = [result[name].values for name in RUNS if name in setting_names(result) and name != "block"]
    runs = ""
    if counts:
        least, most = int(counts[0].min()), int(counts[0].max())
        runs = f" of {least} runs" if least == most else f" of {least} to {most:,} runs"
        runs += " each" if settings > 1 else ""
    several = f"{settings} settings" if settings > 1 else "One setting"
    everywhere = f", {constant}{' throughout' if settings > 1 else ''}" if constant else ""
    return f"{several}{runs}{everywhere}. Intervals are {found.level * 100:g} %."


def _tables(found: Findings) -> list[str]:
    """Return a table for all quantities that are read off the same places."""
    groups: dict[tuple, list[list[Row]]] = {}
    for column in filter(None, map(found, found.experiment.quantities)):
        varied = [
            {k: v for k, v in row.setting.items() if k not in (*found.constant, *RUNS)} for row in column
        ]
        groups.setdefault(tuple(tuple(place.items()) for place in varied), []).append(column)
    return [_table(places, columns, found) for places, columns in groups.items()]


def _table(places: tuple, columns: list[list[Row]], found: Findings) -> str:
    """Return a table with a row for each place and columns for each quantity."""
    header = [named(name).symbol for name, _ in places[0]]
    body = [[worded(name, value, found.experiment.names) for name, value in place] for place in places]
    for column in columns:
        predicted = any(row.predicted is not None for row in column)
        header += [column[0].quantity.label, column[0].quantity.authority, "measured is"][
            : 3 if predicted else 1
        ]
        for cells, row in zip(body, column, strict=True):
            theory = ["–", "–"] if row.predicted is None else [number(row.predicted), row.side]
            cells += [str(row.estimate), *theory][: 3 if predicted else 1]
    return table(header, body)


def _origin(found: Findings) -> str:
    """Say where the question comes from, and the numbers."""
    experiment, attributes = found.experiment, found.result.attrs
    cut = (
        f" It was stopped with {attributes['missing']} settings left to run." if attributes["missing"] else ""
    )
    command = f"polysem experiment {experiment.name}{' --full' if attributes['full'] else ''}"
    own = not str(experiment.measure.__module__).startswith("validation.")
    by = "" if own else f"by `{command} --seed {attributes['seed']}` "
    return (
        f"*Source: {experiment.source}.* Written {by}from [its data]({experiment.name}.nc); the runs took "
        f"{duration(float(found.result.seconds.sum()))}.{cut} "
        f"(code {attributes['code']}, {attributes['versions']})"
    )
