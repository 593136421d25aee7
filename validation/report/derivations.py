"""Derivations as documents: text, Markdown or LaTeX that compiles; and the table of statements."""

from collections import Counter
from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table

from sim.progress import track
from theory.derivation import Derivation

FORMATS = ("text", "latex", "markdown")
WIDTH = 120
HEADINGS = ("name", "statement", "status", "how good", "source")
LINKS = ("prediction", "file")  # in Markdown only

LATEX_HEAD = r"""\documentclass{article}
\usepackage[utf8]{inputenc}
\usepackage[T1]{fontenc}
\usepackage{amsmath, amssymb, graphicx}
\usepackage[margin=2cm]{geometry}
% A line that is still too wide for the page, as of a matrix, is made smaller.
\newsavebox{\equationbox}
\def\[#1\]{\begin{center}\sbox{\equationbox}{$\displaystyle #1$}%
  \ifdim\wd\equationbox>\linewidth\resizebox{\linewidth}{!}{\usebox{\equationbox}}%
  \else\usebox{\equationbox}\fi\end{center}}
\begin{document}
"""
LATEX_FOOT = "\n\\end{document}\n"


def document(derivations: Sequence[Derivation], form: str = "text", verify: bool = False) -> str:
    """Return derivations one after the other, in LaTeX as a document that compiles.

    Parameters
    ----------
    derivations : sequence of Derivation
        What is shown.
    form : {"text", "latex", "markdown"}
        The format.
    verify : bool
        Whether to verify each step and to say how it was checked.

    Raises
    ------
    DerivationError
        If a step does not hold.
    """
    parts = []
    for derivation in track(derivations, "deriving") if verify else derivations:
        parts.append(getattr(derivation, form)())
        if verify:
            parts.append(f"Verified step by step: {', '.join(derivation.verify())}.\n")
    body = "\n".join(parts)
    return LATEX_HEAD + body + LATEX_FOOT if form == "latex" else body


def verified(derivations: Sequence[Derivation]) -> str:
    """Verify derivations and return a line for each: how many steps hold, checked in which way.

    Raises
    ------
    DerivationError
        If a step does not hold.
    """
    lines = []
    for derivation in track(derivations, "verifying"):
        outcome = Counter(derivation.verify())
        ways = ", ".join(f"{count} {how}" for how, count in outcome.items())
        lines.append(f"{derivation.name}: {outcome.total()} steps hold ({ways})")
    return "\n".join(lines)


def table(derivations: Sequence[Derivation], form: str = "text") -> str:
    """Return the table of statements as text, or as Markdown with predictions and where each proof begins."""
    rows = [[d.name, d.statement, d.status, str(d.merit or ""), d.source] for d in derivations]
    if form == "markdown":
        headings = HEADINGS + LINKS
        rows = [[*row, d.prediction, d.location] for row, d in zip(rows, derivations, strict=True)]
        lines = [headings, ["---"] * len(headings), *rows]
        return "\n".join(
            f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines
        )
    drawn = Table(*HEADINGS, box=box.SIMPLE_HEAD)
    for row in rows:
        drawn.add_row(*row)
    console = Console(width=WIDTH)
    with console.capture() as captured:
        console.print(drawn)
    return captured.get()
