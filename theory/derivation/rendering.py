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
        lambda equation: f"\\[ {sp.latex(equation)} \\]",
        escape=_escape,
    )


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
