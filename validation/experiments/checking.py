"""The check: what theory predicts beside what was measured, claim by claim."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rich import box
from rich.padding import Padding
from rich.table import Table

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
        ``high``, ``interval`` (what it is), ``verdict`` ("agrees" if the prediction lies in the interval,
        else "disagrees"), ``expected`` ("agrees", or "rough" where a statement is only roughly right),
        ``band`` and ``reason`` (where measured over predicted is then expected, and why),
        ``as_expected`` and ``origin``.

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
    """Return the claims of these names, or all claims.

    Raises
    ------
    ValueError
        If a name is unknown; the message says which names are near.
    """
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


def table(records: Iterable[Record]) -> Table:
    """Return the rows as a table for the terminal."""
    drawn = Table(box=box.SIMPLE_HEAD, title="Theory beside simulation and training", pad_edge=False)
    drawn.add_column("claim and quantity", ratio=1)
    drawn.add_column("measured in", no_wrap=True)
    for heading in ("predicted", "measured"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("interval", justify="center")
    drawn.add_column("verdict")
    previous = None
    for row in records:
        if row["claim"] != previous:
            drawn.add_row(f"[bold]{row['claim']}[/]" + (" (rough)" if row["expected"] == "rough" else ""))
        drawn.add_row(
            Padding(row["quantity"], (0, 0, 0, 2)),
            row["source"],
            number(row["predicted"]),
            number(row["measured"]),
            f"{number(row['low'])} … {number(row['high'])}",
            _verdict(row),
        )
        previous = row["claim"]
    return drawn


def summary(records: list[Record]) -> str:
    """Return in a sentence or two what the rows say."""
    off = len(unexpected(records))
    rough = [row for row in records if row["expected"] == "rough"]
    firm = len(records) - len(rough)
    said = [f"Of {len(records)} numbers {len(records) - off} are as expected."]
    if firm:
        agree = sum(row["verdict"] == "agrees" for row in records if row["expected"] == "agrees")
        said.append(f"Of {firm} that the project predicts, {agree} agree.")
    if rough:
        inside = sum(row["as_expected"] for row in rough)
        said.append(
            f"Of {len(rough)} that are stated only roughly, {inside} are off by no more than the band of "
            "each allows; × is measured over predicted."
        )
    return " ".join(said)


def save(records: list[Record], path: str | os.PathLike) -> Path:
    """Write the rows to a JSON file, atomically.

    Raises
    ------
    ValueError
        If a file cannot be written there.
    """
    with files.atomic(path) as temporary:
        temporary.write_text(json.dumps(records, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return Path(path)


def _verdict(row: Record) -> str:
    if row["expected"] == "agrees":
        return "[green]agrees[/]" if row["as_expected"] else "[bold red]DISAGREES[/]"
    ratio = f" × {number(row['measured'] / row['predicted'])}" if row["predicted"] else ""
    low, high = map(number, row["band"])
    if row["as_expected"]:
        return f"[green]as expected{ratio}[/] ({low} … {high})"
    return f"[bold red]NOT AS EXPECTED{ratio}[/] ({low} … {high})"
