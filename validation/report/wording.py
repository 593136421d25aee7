"""Numbers and estimates in words, for tables and findings."""

from collections.abc import Iterable, Sequence
from math import floor, log10

from validation.report.statistics import Estimate


def number(value: float) -> str:
    """Return a number with as many digits as a table wants."""
    size = abs(value)
    if size == 0:
        return "0"
    return f"{value:.2e}" if size < 1e-3 or size >= 1e6 else f"{value:.4g}" if size < 1e4 else f"{value:.0f}"


def interval(estimate: Estimate) -> str:
    """Return an estimate with its interval, ``6.37 [6.09, 6.65]``, to the digits that it allows."""
    width = estimate.high - estimate.low
    if not 0 < width < float("inf"):
        return f"{number(estimate.value)} [{number(estimate.low)}, {number(estimate.high)}]"
    decimals = max(0, 1 - floor(log10(width)))
    if decimals > 6:
        return f"{estimate.value:.3g} [{estimate.low:.3g}, {estimate.high:.3g}]"
    return f"{estimate.value:.{decimals}f} [{estimate.low:.{decimals}f}, {estimate.high:.{decimals}f}]"


def duration(seconds: float) -> str:
    """Return a time in the unit in which one thinks of it."""
    if seconds >= 7200:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes" if seconds >= 100 else f"{seconds:.0f} s"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
