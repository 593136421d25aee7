"""The page of an experiment: answer, picture, how it was measured, what it means, its limits, numbers."""

import inspect
import os
from pathlib import Path

from theory.common import files
from validation.experiments.figure import draw
from validation.experiments.findings import Findings, setting_names
from validation.experiments.labels import RUNS, shown, symbol, told
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
    experiment = found.experiment
    sections = [f"# {experiment.question}"]
    if experiment.answer:
        sections.append(f"**{found.said(experiment.answer)}**")
    if experiment.panels:
        sections.append(f"![{experiment.question}]({experiment.name}.png)")
    sections += ["## How it was measured", f"{_how(found)} {_settings(found)}"]
    if experiment.meaning:
        sections += ["## What it means", found.said(experiment.meaning)]
    if experiment.limits:
        sections += ["## Limits", experiment.limits]
    return "\n\n".join((*sections, "## Numbers", *_tables(found), _origin(found))) + "\n"


def _how(found: Findings) -> str:
    """Return what the measurement says of itself, as one paragraph."""
    said = inspect.getdoc(found.experiment.measure) or ""
    return " ".join(said.split())


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
    groups: dict[tuple, list[Row]] = {}
    for name in found.experiment.quantities:
        rows = found(name)
        groups.setdefault(tuple(_place(row, found) for row in rows), []).extend(rows)
    return [
        table(*(_by_place(list(places), rows, found) if len(places) > 1 else _by_quantity(rows)))
        for places, rows in groups.items()
        if rows
    ]


def _place(row: Row, found: Findings) -> tuple:
    """Return the settings of a row that are not the same throughout."""
    return tuple((k, v) for k, v in row.setting.items() if k not in found.constant and k not in RUNS)


def _by_quantity(rows: list[Row]) -> tuple[list[str], list[list[str]]]:
    """Return header and rows where there is one place: a row for each quantity."""
    sources = {row.source for row in rows}
    header = ["quantity", *(["measured in"] if len(sources) > 1 else []), "measured", "theory", "measured is"]
    body = [
        [_heading(row), *([row.source] if len(sources) > 1 else []), *_cells(row, with_theory=True)]
        for row in rows
    ]
    return header, body


def _by_place(places: list[tuple], rows: list[Row], found: Findings) -> tuple[list[str], list[list[str]]]:
    """Return header and rows where there are several: a row for each, with all quantities."""
    header = [symbol(name) for name, _ in places[0]]
    body = [
        [
            shown(name, value, found.experiment.names).removeprefix(f"{symbol(name)} = ")
            for name, value in place
        ]
        for place in places
    ]
    for name in dict.fromkeys(row.name for row in rows):
        column = [row for row in rows if row.name == name]
        with_theory = any(row.predicted is not None for row in column)
        header += [_heading(column[0]), *(["theory", "measured is"] if with_theory else [])]
        for cells, row in zip(body, column, strict=True):
            cells += _cells(row, with_theory)
    return header, body


def _heading(row: Row) -> str:
    return f"{row.quantity.label} ({row.quantity.unit})" if row.quantity.unit else row.quantity.label


def _cells(row: Row, with_theory: bool) -> list[str]:
    """Return what was measured and, in a column that has it, what theory says."""
    theory = ["–", "–"] if row.predicted is None else [number(row.predicted), row.side]
    return [str(row), *(theory if with_theory else [])]


def _origin(found: Findings) -> str:
    experiment, attributes = found.experiment, found.result.attrs
    missing = attributes["missing"]
    cut = f" It was stopped with {missing} settings left to run." if missing else ""
    command = f"polysem experiment {experiment.name}{' --full' if attributes['full'] else ''}"
    own = not str(experiment.measure.__module__).startswith("validation.")
    by = "" if own else f"by `{command} --seed {attributes['seed']}` "
    code = f"code {attributes['code']}, " if "code" in attributes else ""
    return (
        f"*Source: {experiment.source}.* Written {by}from [its data]({experiment.name}.nc); the runs took "
        f"{duration(float(found.result.seconds.sum()))}.{cut} ({code}{attributes['versions']})"
    )
