"""The check: what theory predicts beside what was measured, claim by claim."""

import itertools
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich import box
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from sim.progress import track
from theory.common import arguments, files
from validation.experiments import running
from validation.experiments.catalogue import EXPERIMENTS, find
from validation.experiments.experiment import Experiment
from validation.experiments.findings import Findings
from validation.experiments.rows import Row
from validation.report.statistics import LEVEL
from validation.report.wording import number

CLAIMS = tuple(experiment for experiment in EXPERIMENTS if experiment.predicts)
Record = dict[str, Any]


def check(names: Iterable[str] = (), seed: int = 0, full: bool = False) -> list[Record]:
    """Measure what theory predicts and say whether it is as expected.

    Parameters
    ----------
    names : iterable of str
        Names of claims, by default all of them; those with a page, of minutes, only if `full`.
    seed : int
        Seed of every random draw, at least 0.
    full : bool
        Larger sizes and more replicates: minutes instead of seconds.

    Returns
    -------
    list of dict
        One row for each number: ``claim``, ``source``, ``quantity``, ``predicted``, ``measured``, ``low``,
        ``high``, ``interval`` (what it is), ``verdict`` ("agrees" if the prediction lies in it, else
        "disagrees"), ``expected`` ("agrees", or "rough" where a statement is only roughly right), ``band``
        and ``reason`` (where measured over predicted is then expected, and why), ``as_expected``, ``origin``.

    Raises
    ------
    TypeError, ValueError
        If a claim is unknown or the seed is no whole number.
    """
    seed, names = arguments.seed_number("seed", seed), arguments.collection("names", names, "claims")
    chosen = [claim for claim in select(names) if names or full or not claim.answer]
    return [
        record(found.experiment, row)
        for found in measured(chosen, seed, full)
        for row in found.rows
        if row.predicted is not None
    ]


def measured(claims: Iterable[Experiment], seed: int, full: bool) -> list[Findings]:
    """Return what a check measures, claim by claim, with the wide intervals of checks."""
    return [
        Findings(claim, running.checked(claim, seed, full), LEVEL) for claim in track(tuple(claims), "claims")
    ]


def select(names: Iterable[str] = ()) -> tuple[Experiment, ...]:
    """Return the claims of these names, or all claims; ValueError if one is unknown."""
    return tuple(find(name, CLAIMS, "claim") for name in dict.fromkeys(names)) or CLAIMS


def record(claim: Experiment, row: Row) -> Record:
    """Return a row as it is written to a file."""
    return {
        "claim": claim.name,
        "source": row.source,
        "quantity": ", ".join(filter(None, (row.quantity.label, row.where))),
        "predicted": float(row.predicted),  # type: ignore[arg-type]
        "measured": row.estimate.value,
        "low": row.estimate.low,
        "high": row.estimate.high,
        "interval": row.estimate.method,
        "verdict": "agrees" if row.agrees else "disagrees",
        "expected": "rough" if row.band else "agrees",
        "band": [row.band.low, row.band.high] if row.band else None,
        "reason": row.band.reason if row.band else "",
        "as_expected": row.as_expected,
        "origin": claim.source,
    }


def unexpected(records: Iterable[Record]) -> list[Record]:
    """Return the rows that are not as expected."""
    return [row for row in records if not row["as_expected"]]


def verdict(row: Record) -> str:
    """Return in words whether a row is as expected; of a rough one its ratio, and the band for it, too."""
    if row["expected"] == "agrees":
        return "agrees" if row["as_expected"] else "DISAGREES"
    ratio = f" × {number(row['measured'] / row['predicted'])}" if row["predicted"] else ""
    low, high = map(number, row["band"])
    return f"{'as expected' if row['as_expected'] else 'NOT AS EXPECTED'}{ratio} in {low} … {high}"


def table(records: Iterable[Record]) -> Table:
    """Return the rows as a table for the terminal."""
    drawn = Table(box=box.SIMPLE_HEAD, title="Theory beside simulation and training", pad_edge=False)
    drawn.add_column("claim and quantity", ratio=1)
    drawn.add_column("measured in", no_wrap=True)
    for heading in ("predicted", "measured"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("interval", justify="center")
    drawn.add_column("verdict")
    for claim, rows in itertools.groupby(records, lambda row: row["claim"]):
        drawn.add_row(f"[bold]{claim}[/]")
        for row in rows:
            values = [number(row[name]) for name in ("predicted", "measured", "low", "high")]
            style = "green" if row["as_expected"] else "bold red"
            drawn.add_row(
                Padding(row["quantity"], (0, 0, 0, 2)),
                row["source"],
                *values[:2],
                " … ".join(values[2:]),
                Text(verdict(row), style),
            )
    return drawn


def summary(records: list[Record]) -> str:
    """Return in a sentence or two what the rows say."""
    firm, rough = ([row for row in records if row["expected"] == kind] for kind in ("agrees", "rough"))
    right, agree, inside = (len(rows) - len(unexpected(rows)) for rows in (records, firm, rough))
    return (
        f"Of {len(records)} numbers {right} are as expected. Of {len(firm)} that the project predicts, "
        f"{agree} agree. Of {len(rough)} that are stated only roughly, {inside} are off by no more than the "
        "band of each allows; × is measured over predicted."
    )


def save(records: list[Record], path: str | os.PathLike) -> Path:
    """Write the rows to a JSON file, atomically; ValueError if a file cannot be written there."""
    text = json.dumps(records, indent=2, ensure_ascii=False)
    return files.write(path, f"{text}\n".encode(), "json")
