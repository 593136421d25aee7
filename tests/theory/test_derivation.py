import dataclasses

import pytest
import sympy as sp

from theory import derivations
from theory.derivation import Derivation, DerivationError, define, equal, function, order

x, y = sp.symbols("x y", positive=True)
t = sp.symbols("t", real=True)
f = sp.Function("f")


def derivation(*steps):
    return Derivation("name", "A statement.", "own", "proved", lambda: steps)


def test_each_way_of_checking():
    found = derivation(
        define(y, x**2, "A definition."),
        equal(sp.Derivative(x**2, x), 2 * x, "Carried out."),
        equal(y / x, x, "The definition is used."),
        equal(sp.Integral(sp.exp(-x), (x, 0, sp.oo)), 1, "An integral.", symbolic=False),
        order(sp.sin(x), x, x, 3, "Taylor."),
    ).verify()
    assert found == ("definition", "symbolic", "symbolic", "symbolic", "order")


def test_differential_equation_as_definition():
    derivation(
        define(sp.Derivative(f(t), t), -f(t), "Decay."),
        equal(sp.Derivative(f(t) ** 2, t), -2 * f(t) ** 2, "Chain rule."),
    ).verify()


@pytest.mark.parametrize(
    "wrong",
    [
        equal(sp.Derivative(x**2, x), 3 * x, "Wrong coefficient."),
        equal(sp.sqrt(x**2 + 1), x + 1, "Wrong identity."),
        order(sp.sin(x), x, x, 4, "Order too high."),
        order(sp.cos(x), x, x, 1, "Wrong limit."),
        equal(x / (x - x), y, "Not a number."),
        equal(x + sp.Integral(1 / t, (t, 0, 1)), y, "Divergent."),
        equal(sp.Derivative(f(t), t), f(t), "An unknown function is not its own derivative."),
    ],
)
def test_wrong_step_fails_and_is_named(wrong):
    with pytest.raises(DerivationError, match="name, step 2"):
        derivation(define(y, x, "Fine."), wrong).verify()


def test_wrong_definition_fails_where_it_is_used():
    right = derivation(define(y, x**2, "."), equal(sp.Derivative(y, x), 2 * x, "."))
    right.verify()
    wrong = dataclasses.replace(right, proof=lambda: (define(y, x**3, "."), right.steps[1]))
    with pytest.raises(DerivationError, match="step 2"):
        wrong.verify()


def test_renders_in_three_formats():
    d = derivation(equal(sp.Derivative(x**2, x), 2 * x, "50% sure_of it."))
    assert "d ⎛ 2⎞" in d.text()
    assert "$$\n\\frac{d}{d x} x^{2} = 2 x\n$$" in d.markdown()
    assert "50\\% sure\\_of it" in d.latex()


def test_function_evaluates_on_arrays():
    assert function(x * sp.erfc(y), x, y)(2.0, 0.0) == 2.0


def test_latex_is_plain():
    """Any LaTeX engine takes it: no character outside ASCII but those of European names."""
    odd = {character for d in derivations for character in d.latex() if not character.isascii()}
    assert odd <= set("éöü")
