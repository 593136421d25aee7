"""Alter signs and coefficients all over the derivations: every one must be caught."""

import dataclasses
import random

import pytest
import sympy as sp

from theory import derivations
from theory.derivation import DerivationError

MUTANTS = 2  # of each derivation


def places(expression, path=()):
    """Yield every subexpression whose sign or value can be altered, with the way to it."""
    if isinstance(expression, sp.Expr) and expression.is_finite is not False and expression != 0:
        yield path, expression
    for i, part in enumerate(expression.args):
        yield from places(part, (*path, i))


def replaced(expression, path, new):
    if not path:
        return new
    parts = list(expression.args)
    parts[path[0]] = replaced(parts[path[0]], path[1:], new)
    return expression.func(*parts)


def altered(expression, rng):
    """Return `expression` with one number raised by 1 or one sign flipped, or None if nothing changed."""
    path, part = rng.choice(list(places(expression)) or [((), expression)])
    new = part + 1 if part.is_Number and rng.random() < 0.5 else -part
    try:
        mutant = replaced(expression, path, new)
    except (TypeError, ValueError):  # not every place takes every expression: a bound, a power, a variable
        return None
    changed = mutant != expression and sp.simplify((mutant - expression).doit()) != 0
    return mutant if changed else None


def mutants(derivation, rng):
    """Yield `MUTANTS` versions of a derivation with one step altered."""
    found = 0
    while found < MUTANTS:
        number = rng.randrange(len(derivation.steps))
        step = derivation.steps[number]
        side = "right" if step.relation == ":=" else rng.choice(["left", "right"])
        mutant = altered(getattr(step, side), rng)
        if mutant is not None:
            found += 1
            changed = dataclasses.replace(step, **{side: mutant})
            steps = (*derivation.steps[:number], changed, *derivation.steps[number + 1 :])
            yield number, changed, dataclasses.replace(derivation, proof=lambda steps=steps: steps)


@pytest.mark.slow
@pytest.mark.parametrize("derivation", derivations, ids=lambda derivation: derivation.name)
def test_altered_steps_are_caught(derivation):
    derivation.verify()  # a mutant of what is wrong would raise, too
    for number, step, mutant in mutants(derivation, random.Random(derivation.name)):
        try:
            mutant.verify()
        except DerivationError:
            continue
        pytest.fail(f"step {number + 1} passes as {step.equation}")
