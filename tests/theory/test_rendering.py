"""Derivations in LaTeX: equations go into lines that fit a page."""

import re

import sympy as sp

from theory import derivations
from theory.derivation import Derivation, define, rendering

a = sp.symbols("a1:60")


def latex(left, right):
    return Derivation("name", "A statement.", "own", "proved", lambda: (define(left, right, "So."),)).latex()


def test_a_short_equation_is_one_line():
    assert r"\[ a_{1} = a_{2} + a_{3} \]" in latex(a[0], a[1] + a[2])


def test_a_long_sum_is_broken_and_loses_nothing():
    text = latex(a[0], sp.Add(*(k * x for k, x in enumerate(a[1:], start=2))))
    (block,) = re.findall(r"\\begin\{align\*\}\n(.*?)\n\\end\{align\*\}", text, re.S)
    rows = block.split("\\\\\n")
    assert len(rows) > 2
    assert sorted(map(int, re.findall(r"(\d+) a_", block))) == list(range(2, 60))
    assert max(len(re.sub(r"[_{}\\&]|quad", "", row)) for row in rows) <= rendering.PAGE + 10


def test_most_equations_of_ours_fit():
    """Those that are left are single terms, products and matrices, which the document makes smaller."""
    steps = [step.equation for derivation in derivations for step in derivation.steps]
    wide = [
        e for e in steps if max(map(rendering._width, (e.lhs, *rendering._terms(e.rhs)))) > rendering.PAGE
    ]
    assert len(wide) < 0.1 * len(steps)
