"""Crowding: what the interference of many random encodings costs, however nearly orthogonal they are."""

import sympy as sp

from theory.capacity.nearly_orthogonal import DENSITY
from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function
from theory.notation import length as ell, load as rho, m, n, overlap as x

LOAD = (n - 1) / (2 * m)  # ρ of random directions
COST = LOAD / (1 + LOAD)


def interference(n_features: int, n_neurons: int) -> float:
    """Return the mean interference on one of n random encodings of length 1: ``(n − 1)/(2m)``.

    The loss of a feature without any encoding is 1; from ``n = 2m + 1`` on interference costs more.

    Raises
    ------
    TypeError, ValueError
        If a number is no whole number of at least 1.
    """
    return float(_load(*_sizes(n_features, n_neurons)))


def cost(n_features: int, n_neurons: int) -> float:
    """Return the loss per feature of n random encodings of the best length, without biases.

    ``ρ/(1 + ρ)`` with the interference ``ρ = (n − 1)/(2m)``, at the squared length ``1/(1 + ρ)``: encodings
    shrink, and nearly everything is lost, long before their number is exponential.

    Raises
    ------
    TypeError, ValueError
        If a number is no whole number of at least 1.

    Notes
    -----
    Own derivation, ``interference_cost``. A bias of −ε makes ε-orthogonal encodings free as long as one
    feature is on at a time.
    """
    return float(_cost(*_sizes(n_features, n_neurons)))


def _sizes(n_features: int, n_neurons: int) -> tuple[int, int]:
    n = arguments.whole("n_features", n_features, least=1)
    return n, arguments.whole("n_neurons", n_neurons, least=1)


_load = function(LOAD, n, m)
_cost = function(COST, n, m)


def _cost_steps() -> tuple[Step, ...]:
    loss = (1 - ell**2) ** 2 + ell**4 * rho
    best = 1 / sp.sqrt(1 + rho)
    return (
        equal(
            2 * sp.Integral(x**2 * DENSITY.subs(m, 7), (x, 0, 1)),
            sp.Rational(1, 7),
            "Mean squared inner product of two random directions, 1/m, here for m = 7: the m squared "
            "components of one along orthogonal axes add up to 1.",
        ),
        equal(
            (n - 1) * sp.UnevaluatedExpr(1 / m) / 2,
            LOAD,
            "The ReLU keeps half of it: interference rho on one encoding.",
        ),
        equal(
            sp.Derivative(loss, ell).doit().subs(ell, best),
            0,
            "At length l the loss per feature is (1 - l^2)^2 + l^4 rho, least at l^2 = 1/(1 + rho).",
        ),
        equal(
            loss.subs(ell, best).subs(rho, LOAD), COST, "Loss at the best length. It is 1/2 at n = 2m + 1."
        ),
        equal(
            sp.Subs(COST, n, 2 * m + 1),
            sp.Rational(1, 2),
            "So capacity for use is linear in m, not exponential.",
        ),
    )


derivations = (
    Derivation(
        name="interference_cost",
        statement=(
            "Without biases n random encodings cost at least rho/(1 + rho) per feature, rho = (n - "
            "1)/(2m): half of everything is lost at n = 2m + 1."
        ),
        source="own; seed 003, note 1, leaves the cost open",
        status="proved",
        proof=_cost_steps,
        prediction="theory.capacity.cost",
    ),
)
