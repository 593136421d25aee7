"""Numbers in words, and tables in Markdown."""

from collections.abc import Sequence

LONG = 12  # rows from which on a table is folded away


def number(value: float) -> str:
    """Return a number with as many digits as a table wants."""
    size = abs(value)
    if size == 0:
        return "0"
    return f"{value:.2e}" if size < 1e-3 or size >= 1e6 else f"{value:.4g}" if size < 1e4 else f"{value:.0f}"


def duration(seconds: float) -> str:
    """Return a time in the unit in which one thinks of it."""
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes" if seconds >= 100 else f"{seconds:.0f} s"


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table in Markdown, folded away if it is long."""
    lines = [header, ["---"] * len(header), *rows]
    text = "\n".join(f"| {' | '.join(line)} |" for line in lines)
    if len(rows) <= LONG:
        return text
    return f'<details markdown="1"><summary>Table of {len(rows)} rows</summary>\n\n{text}\n\n</details>'
