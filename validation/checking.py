"""The check: what the theory predicts beside what was measured, claim by claim."""

import difflib
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
from validation.claim import Claim
from validation.claims import claims
from validation.wording import number

Row = dict[str, Any]


def check(names: Iterable[str] = (), seed: int = 0, full: bool = False) -> list[Row]:
    """Measure claims and say which agree with their prediction.

    Parameters
    ----------
    names : iterable of str
        Names of claims, by default all of them; some only if `full`.
    seed : int
        Seed of every random draw, at least 0.
    full : bool
        Larger sizes and more replicates: minutes instead of seconds.

    Returns
    -------
    list of dict
        One row for each finding: ``claim``, ``source``, ``quantity``, ``predicted``, ``measured``, ``low``,
        ``high``, ``interval`` (what it is), ``verdict`` ("agrees" if the prediction lies in the interval,
        else "disagrees"), ``expected`` ("agrees", or "rough" where the project does not predict agreement)
        and ``origin``.

    Raises
    ------
    TypeError, ValueError
        If a claim is unknown or the seed is no whole number.
    """
    seed = arguments.whole("seed", seed)
    names = tuple(names)
    chosen = [claim for claim in select(names) if names or full or not claim.only_full]
    return [row for claim in track(chosen, "claims") for row in _rows(claim, seed, full)]


def select(names: Iterable[str] = ()) -> tuple[Claim, ...]:
    """Return the claims of these names, or all claims.

    Raises
    ------
    ValueError
        If a name is unknown; the message says which names are near.
    """
    known = {claim.name: claim for claim in claims}
    chosen = []
    for name in dict.fromkeys(names):
        if name not in known:
            near = difflib.get_close_matches(name, known)
            hint = f"; did you mean {' or '.join(near)}?" if near else "; polysem check --list shows all"
            raise arguments.ArgumentError(
                f"claim must be one of the {len(known)} known ones, got {name!r}{hint}"
            )
        chosen.append(known[name])
    return tuple(chosen) or claims


def unexpected(rows: Iterable[Row]) -> list[Row]:
    """Return the rows that disagree although the project predicts that they agree."""
    return [row for row in rows if row["verdict"] == "disagrees" and row["expected"] == "agrees"]


def table(rows: Iterable[Row]) -> Table:
    """Return the rows as a table for the terminal."""
    drawn = Table(box=box.SIMPLE_HEAD, title="Theory beside simulation and training", pad_edge=False)
    drawn.add_column("claim and quantity", ratio=1)
    drawn.add_column("measured in", no_wrap=True)
    for heading in ("predicted", "measured"):
        drawn.add_column(heading, justify="right", no_wrap=True)
    drawn.add_column("interval", justify="center")
    drawn.add_column("verdict")
    previous = None
    for row in rows:
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


def summary(rows: list[Row]) -> str:
    """Return in a sentence or two what the rows say."""
    firm = sum(row["expected"] == "agrees" for row in rows)
    rough = [row["verdict"] for row in rows if row["expected"] == "rough"]
    said = []
    if firm:
        said.append(f"Of {firm} numbers that the project predicts, {firm - len(unexpected(rows))} agree.")
    if rough:
        said.append(
            f"Of {len(rough)} that are stated only roughly, {rough.count('disagrees')} disagree, "
            "which is a result and no failure; × is measured over predicted."
        )
    return " ".join(said)


def listing() -> Table:
    """Return the claims as a table for the terminal."""
    drawn = Table(box=box.SIMPLE_HEAD)
    drawn.add_column("claim", no_wrap=True)
    drawn.add_column("expected", no_wrap=True)
    drawn.add_column("statement", ratio=1)
    drawn.add_column("origin")
    for claim in claims:
        expected = f"{claim.expected}, --full" if claim.only_full else claim.expected
        drawn.add_row(claim.name, expected, claim.statement, claim.origin)
    return drawn


def save(rows: list[Row], path: str | os.PathLike) -> Path:
    """Write the rows to a JSON file, atomically.

    Raises
    ------
    ValueError
        If a file cannot be written there.
    """
    with files.atomic(path) as temporary:
        temporary.write_text(json.dumps(rows, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return Path(path)


def _rows(claim: Claim, seed: int, full: bool) -> list[Row]:
    return [
        {
            "claim": claim.name,
            "source": finding.source,
            "quantity": finding.quantity,
            "predicted": float(finding.predicted),
            "measured": finding.estimate.value,
            "low": finding.estimate.low,
            "high": finding.estimate.high,
            "interval": finding.estimate.method,
            "verdict": finding.verdict,
            "expected": claim.expected,
            "origin": claim.origin,
        }
        for finding in claim.measure(seed, full)
    ]


def _verdict(row: Row) -> str:
    if row["verdict"] == "agrees":
        return "[green]agrees[/]"
    if row["expected"] == "agrees":
        return "[bold red]DISAGREES[/]"
    ratio = f" × {number(row['measured'] / row['predicted'])}" if row["predicted"] else ""
    return f"[yellow]disagrees{ratio}[/]"
