"""Steps, derivations, and how each step is checked: symbolically, or at random points with 50 digits."""

import inspect
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Literal

import mpmath
import sympy as sp
from sympy.core.function import AppliedUndef

from theory.derivation import rendering

DIGITS = 50
POINTS = 4
ROOT = Path(__file__).parents[2]


Relation = Literal[":=", "=", "order"]
Status = Literal["proved", "asymptotic", "heuristic", "refuted"]


class DerivationError(ValueError):
    """A step of a derivation does not hold."""


@dataclass(frozen=True)
class Step:
    """One equation of a derivation; made by `define`, `equal` or `order`."""

    left: sp.Expr
    right: sp.Expr
    text: str
    relation: Relation
    symbolic: bool = True
    small: sp.Symbol | None = None
    power: int = 0

    @property
    def equation(self) -> sp.Eq:
        """The equation as SymPy shows it; for `order` with the remainder."""
        right = self.right
        if self.relation == "order":
            right = sp.Add(right, sp.Function("O")(sp.Pow(self.small, self.power)), evaluate=False)
        return sp.Eq(self.left, right, evaluate=False)


def define(symbol: sp.Expr, expression: object, text: str) -> Step:
    """Let `symbol` (a symbol, applied function or derivative) stand for `expression` in all later steps.

    A definition of ``Derivative(f(t), t)`` states a differential equation: wherever the derivative
    turns up after differentiating, it is replaced.
    """
    return Step(symbol, sp.sympify(expression), text, ":=")


def equal(left: object, right: object, text: str, *, symbolic: bool = True) -> Step:
    """State ``left = right``.

    Unevaluated derivatives, integrals, sums and limits are carried out by the check, so that the step
    shows what is computed and not only its outcome. With ``symbolic=False`` the check goes straight to
    random points (for expressions that SymPy cannot simplify in reasonable time).
    """
    return Step(sp.sympify(left), sp.sympify(right), text, "=", symbolic)


def order(left: object, right: object, small: sp.Symbol, power: int, text: str) -> Step:
    """State ``left = right + O(small**power)`` as `small` falls to 0.

    Checked by measurement with many digits: the difference must fall at least like ``small**power``.
    """
    return Step(sp.sympify(left), sp.sympify(right), text, "order", False, small, power)


@dataclass(frozen=True)
class Merit:
    """How good a statement is that holds only roughly: one number, and what it says.

    Parameters
    ----------
    text : str
        A few words with a place for the number: ``"off by {:.1%} at m = 100"``.
    measure : callable
        Returns the number.
    """

    text: str
    measure: Callable[[], float]

    def __str__(self) -> str:
        return self.text.format(self.measure())


@dataclass(frozen=True)
class Derivation:
    """A statement about the model with the steps that prove it.

    Parameters
    ----------
    name : str
        Short name, as in ``polysem derive NAME``.
    statement : str
        What is derived, in one sentence.
    source : str
        Where the statement comes from: seed and section, paper, or own derivation.
    status : {"proved", "asymptotic", "heuristic", "refuted"}
        What the derivation says of the statement.
    proof : callable
        Returns the steps, made by `define`, `equal`, `order`; called when they are first looked at.
    domains : mapping of symbol to (low, high), optional
        Where random points are drawn; by default (0.1, 2) for positive symbols, (-2, 2) for real ones and
        2 … 9 for integers.
    prediction : str, optional
        Public function whose numbers come from this derivation, by its full name.
    merit : Merit, optional
        How good the statement is, where it holds only roughly.
    """

    name: str
    statement: str
    source: str
    status: Status
    proof: Callable[[], tuple[Step, ...]]
    domains: Mapping[sp.Expr, tuple[float, float]] = field(default_factory=dict)
    prediction: str = ""
    merit: Merit | None = None

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the proof."""
        return self.proof()

    @property
    def location(self) -> str:
        """File and line where the proof begins, such as ``theory/flow/loss.py:114``."""
        code = inspect.unwrap(getattr(self.proof, "func", self.proof)).__code__
        return f"{Path(code.co_filename).relative_to(ROOT).as_posix()}:{code.co_firstlineno}"

    def verify(self, seed: int = 0) -> tuple[str, ...]:
        """Check every step and return how each was checked.

        Parameters
        ----------
        seed : int
            Seed of the random points.

        Returns
        -------
        tuple of str
            "definition", "symbolic", "numeric" or "order", step by step.

        Raises
        ------
        DerivationError
            If a step does not hold; the message names the derivation and the step.
        """
        rules: list[tuple[sp.Expr, sp.Expr]] = []
        outcome = []
        for number, step in enumerate(self.steps, start=1):
            if step.relation == ":=":
                rules.append((step.left, step.right))
                outcome.append("definition")
                continue
            left, right = (_resolve(side, rules) for side in (step.left, step.right))
            how = _check(step, left, right, self.domains, random.Random(seed))
            if how is None:
                raise DerivationError(f"{self.name}, step {number} does not hold: {step.equation}")
            outcome.append(how)
        return tuple(outcome)

    def text(self) -> str:
        """Return the derivation as plain text with the equations drawn in Unicode."""
        return rendering.text(self)

    def markdown(self) -> str:
        """Return the derivation as Markdown with the equations in LaTeX between dollars."""
        return rendering.markdown(self)

    def latex(self) -> str:
        """Return the derivation as a section of a LaTeX document."""
        return rendering.latex(self)


def _resolve(expression: sp.Expr, rules: list[tuple[sp.Expr, sp.Expr]]) -> sp.Expr:
    """Carry out what `expression` leaves undone and put in the definitions, until neither changes it."""
    for _ in range(2 * len(rules) + 2):
        before = expression
        for symbol, meaning in reversed(rules):
            expression = expression.subs(symbol, meaning)
        expression = expression.doit()
        if expression == before:
            break
    return expression


def _check(
    step: Step,
    left: sp.Expr,
    right: sp.Expr,
    domains: Mapping[sp.Expr, tuple[float, float]],
    rng: random.Random,
) -> str | None:
    """Return how ``left = right`` was found to hold, or None if it does not."""
    if left == right:
        return "symbolic"
    both = sp.Tuple(left, right)
    unknown = sorted(both.atoms(AppliedUndef, sp.Derivative), key=lambda a: -sp.count_ops(a))
    free = {atom: sp.Dummy(f"u{i}", real=True, positive=atom.is_positive) for i, atom in enumerate(unknown)}
    both = both.subs(free)
    points = [_point(both, domains, rng) for _ in range(POINTS)]
    left, right = both
    if step.relation == "order":
        return "order" if all(_falls(left - right, step, point) for point in points) else None
    if not all(_agree(left, right, point) for point in points):
        return None
    return "symbolic" if step.symbolic and sp.simplify(left - right) == 0 else "numeric"


def _point(
    expression: sp.Basic, domains: Mapping[sp.Expr, tuple[float, float]], rng: random.Random
) -> dict[sp.Symbol, sp.Expr]:
    """Draw a random value for each free symbol."""
    point = {}
    for symbol in sorted(expression.free_symbols, key=str):
        if symbol.is_integer:
            low, high = domains.get(symbol, (2, 9))
            point[symbol] = sp.Integer(rng.randint(int(low), int(high)))
        else:
            low, high = domains.get(symbol, (0.1, 2) if symbol.is_positive else (-2, 2))
            share = sp.Rational(rng.randint(1, 10**6 - 1), 10**6)
            point[symbol] = sp.Rational(low) + share * (sp.Rational(high) - sp.Rational(low))
    return point


def _value(expression: sp.Expr, point: Mapping[sp.Symbol, sp.Expr], digits: int) -> mpmath.mpc:
    """Evaluate at a point with so many digits, whatever is left undone included; NaN if that fails."""
    try:
        return mpmath.mpmathify(sp.N(expression.subs(point).doit(), digits))
    except TypeError:  # no number: oo, zoo, or a symbol that is bound nowhere
        return mpmath.nan


def _agree(left: sp.Expr, right: sp.Expr, point: Mapping[sp.Symbol, sp.Expr]) -> bool:
    with mpmath.workdps(DIGITS):
        a, b = (_value(side, point, DIGITS) for side in (left, right))
        return bool(abs(a - b) <= mpmath.mpf(10) ** (10 - DIGITS) * (1 + abs(a) + abs(b)))


def _falls(difference: sp.Expr, step: Step, point: dict[sp.Symbol, sp.Expr]) -> bool:
    """Measure the order in which a difference falls, between 10⁻¹⁰ and 10⁻¹² in the small parameter."""
    with mpmath.workdps(4 * DIGITS):
        first, second = (
            abs(_value(difference, point | {step.small: sp.Rational(1, 10**k)}, 4 * DIGITS)) for k in (10, 12)
        )
        if second == 0:
            return True
        return bool(mpmath.log10(first / second) / 2 > step.power - mpmath.mpf("0.01"))
