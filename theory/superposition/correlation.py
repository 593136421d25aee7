"""Correlated features: two that are always on together, beside strangers that are on independently.

Two such pairs on two neurons have two ways to be there. *Side by side* a pair shares a direction, and each
output is half of their sum: what is lost is their difference. *Across* each feature is antipodal to one of
the other pair and orthogonal to its partner: then something is lost only while both pairs are on. Features
that are never on together lose nothing as an antipodal pair.
"""

import sympy as sp
from scipy import optimize

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, equal, function
from theory.notation import g_product as g, p_feature as p, second_on as y, x_on as x
from theory.superposition.phases import UNIT_PAIR, pair_loss, ratio

TOGETHER = p / 12
ANTIPODAL_TOGETHER = p / 3
UNIT_BOUNDARY = sp.Rational(1, 4)


def together_loss(probability: float) -> float:
    """Return the least loss of two features that are always on together and share a direction: ``p/12``.

    Parameters
    ----------
    probability : float
        p, that both are on, above 0 and at most 1; each is then uniform on [0, 1], independently.

    Raises
    ------
    TypeError, ValueError
        If that is no such number.

    Notes
    -----
    Own derivation ``correlated_features``. The squared lengths are ½ and the biases 0: given the sum of two
    features, half of it is the mean of each.
    """
    return float(_together(arguments.real("probability", probability, above=0, most=1)))


def correlation_boundary() -> float:
    """Return the probability p below which two correlated pairs on two neurons are cheaper across.

    Across, each feature is orthogonal to its partner and antipodal to a stranger; above, the two of a pair
    lie side by side. Lengths and biases are the best ones; of length 1 without biases it is ¼.

    Notes
    -----
    Own derivation ``correlated_features``; both arrangements are seen in arXiv:2209.10652, section 4.
    """
    return float(optimize.brentq(lambda at: pair_loss(at) / together_loss(at) - 1, 0.1, 0.9, xtol=1e-6))


_together = function(TOGETHER, p)


def _correlated_steps() -> tuple[Step, ...]:
    sum_of_both = sp.Integral(sp.Integral((x - g * (x + y)) ** 2, (y, 0, 1)), (x, 0, 1))
    return (
        equal(
            sum_of_both,
            sp.Rational(1, 3) - 7 * g / 6 + 7 * g**2 / 6,
            "Side by side with inner products g, outputs are g times the sum. Loss of one of the two.",
        ),
        equal(sp.Subs(sp.Derivative(sum_of_both.doit(), g), g, sp.Rational(1, 2)), 0, "Best inner product."),
        equal(
            sp.Integral(sp.Integral(x - (x + y) / 2, (y, 0, 1)), (x, 0, 1)),
            0,
            "There errors have mean 0, so that a bias gains nothing.",
        ),
        equal(2 * p * sp.Subs(sum_of_both.doit(), g, sp.Rational(1, 2)), TOGETHER, "Loss of the pair."),
        equal(
            2 * p * sp.Integral(sp.Min(x, y) ** 2, (y, 0, 1), (x, 0, 1)),
            ANTIPODAL_TOGETHER,
            "Antipodal to each other with length 1 they would always be off by the smaller one.",
            symbolic=False,
        ),
        equal(
            sp.Subs(UNIT_PAIR.subs(ratio, 1) / TOGETHER, p, UNIT_BOUNDARY),
            1,
            "A neuron costs the same across, with strangers antipodal, and side by side.",
        ),
    )


def _boundary_merit() -> float:
    return correlation_boundary() / float(UNIT_BOUNDARY) - 1


derivations = (
    Derivation(
        name="correlated_features",
        statement=(
            "Two features always on together cost p/12 side by side; with two such pairs on two neurons it "
            "is cheaper below p = 1/4 to be orthogonal to the partner and antipodal to a stranger."
        ),
        source="own; seen in arXiv:2209.10652, section 4",
        status="heuristic",
        proof=_correlated_steps,
        prediction="theory.superposition.correlation_boundary",
        merit=Merit("the best arrangements' boundary is {:.1%} higher", _boundary_merit),
    ),
)
