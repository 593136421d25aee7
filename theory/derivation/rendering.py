"""Derivations as plain text, Markdown or LaTeX."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import sympy as sp

if TYPE_CHECKING:
    from theory.derivation.proof import Derivation

SYMBOLS = "αβγδεζηθκλμνξπρστφχψω ΔΣΦ‖√∫−±×·≈≠≤≥→∞∈∘ ₀₁₂₃₄₊²³⁴ᵀ".replace(" ", "")
COMMANDS = (
    r"\alpha \beta \gamma \delta \varepsilon \zeta \eta \theta \kappa \lambda \mu \nu \xi \pi \rho \sigma "
    r"\tau \phi \chi \psi \omega \Delta \Sigma \Phi \| \surd \int - \pm \times \cdot \approx \ne \le \ge \to "
    r"\infty \in \circ _0 _1 _2 _3 _4 _+ ^2 ^3 ^4 ^T"
)
BREAK = " \\\\\n& \\quad"
PAGE = 95  # letters that go into a line of an A4 page
LATEX = str.maketrans(
    {character: "\\" + character for character in "&%$#_{}"}
    | {"\\": r"\textbackslash{}", "^": r"\^{}", "~": r"\~{}", "…": r"\dots{}", "“": "``", "”": "''"}
    | {symbol: f"${command}$" for symbol, command in zip(SYMBOLS, COMMANDS.split(), strict=True)}
)


def text(derivation: Derivation) -> str:
    """Return the derivation as plain text with the equations drawn in Unicode."""
    return _render(
        derivation,
        "{name}: {statement}\nSource: {source}. Status: {status}.\n",
        lambda equation: (
            "\n".join("    " + line for line in sp.pretty(equation, wrap_line=False).splitlines()) + "\n"
        ),
    )


def markdown(derivation: Derivation) -> str:
    """Return the derivation as Markdown with the equations in LaTeX between dollars."""
    return _render(
        derivation,
        "## {name}\n\n**{statement}**\n\n*Source: {source}. Status: {status}.*\n",
        lambda equation: f"\n$$\n{sp.latex(equation)}\n$$\n",
    )


def latex(derivation: Derivation) -> str:
    """Return the derivation as a section of a LaTeX document."""
    return _render(
        derivation,
        "\\section*{{{title}}}\n\\emph{{{statement}}}\n\nSource: {source}. Status: {status}.\n",
        _latex_equation,
        escape=_escape,
    )


def _latex_equation(equation: sp.Eq) -> str:
    """Return an equation on as many lines as a page needs; terms are kept whole."""
    if _width(equation) <= PAGE:
        return f"\\[ {sp.latex(equation)} \\]"
    alone = _width(equation.lhs) > PAGE / 2  # the left side on lines of its own
    left = BREAK.join(_rows(equation.lhs))
    right = BREAK.join(_rows(equation.rhs, 0 if alone else _width(equation.lhs)))
    body = f"& {left}{BREAK} = {right}" if alone else f"{left} & = {right}"
    return f"\\begin{{align*}}\n{body}\n\\end{{align*}}"


def _rows(side: sp.Expr, filled: int = 0) -> list[str]:
    """Return the terms of a side in rows, of which the first has letters in it already."""
    rows = [""]
    for place, term in enumerate(_terms(side)):
        if place and filled + _width(term) > PAGE:
            rows.append("")
            filled = 0
        written = sp.latex(term)
        rows[-1] += f" + {written}" if place and not written.startswith("-") else f" {written}"
        filled += _width(term) + 3
    return rows


def _terms(side: sp.Expr) -> list[sp.Expr]:
    """Return the terms of a sum in the order in which they are printed, or the one that it is."""
    return list(side.as_ordered_terms()) if isinstance(side, sp.Add) else [side]


def _width(expression: sp.Basic) -> int:
    """Return how wide an expression is drawn, in letters."""
    return max(map(len, sp.pretty(expression, wrap_line=False).splitlines()))


def _render(
    derivation: Derivation, head: str, show: Callable[[sp.Eq], str], escape: Callable[[str], str] = str
) -> str:
    parts = {
        "name": derivation.name,
        "title": escape(derivation.name.replace("_", " ")),
        "statement": escape(derivation.statement),
        "source": escape(derivation.source),
        "status": derivation.status,
    }
    lines = [head.format(**parts)]
    for number, step in enumerate(derivation.steps, start=1):
        lines += [f"{number}. {escape(step.text)}\n", show(step.equation)]
    return "\n".join(lines)


def _escape(words: str) -> str:
    """Write a sentence in plain LaTeX: escape what is special, and turn symbols into mathematics."""
    return words.translate(LATEX)
