"""Antipodal pairs: what two features pay for sharing a neuron, and when that is cheaper than leaving one out.

With one neuron for two features there are three phases, by probability p and importance I of the second
feature: the pair, and either feature alone. Alone a feature costs nothing, and the other one what its best
constant output costs, ``p/3 − p²/4``. A pair costs something only while both are on.

Features on other neurons have inner product 0 with those of a pair, so that neither changes the other's
outputs: losses add up, and on any number of neurons each pair has this boundary.
"""

import numpy as np
import sympy as sp
from scipy import optimize

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, equal, function
from theory.notation import (
    importance_ratio as ratio,
    left_bias as beta,
    p_feature as p,
    second_on as y,
    x_on as x,
)
from theory.superposition import expected
from theory.superposition.model import Superposition

ALONE = p / 3 - p**2 / 4  # of the feature that is left out, at importance 1
UNIT_PAIR = p**2 * (1 + ratio) / 6  # of encodings 1 and −1 without biases
UNIT_BOUNDARY = 4 * ratio / (2 + 5 * ratio)


def alone_loss(probability: float, importance: float = 1.0) -> float:
    """Return the loss of one neuron that represents the more important one of two features, exactly.

    Parameters
    ----------
    probability : float
        p, from 0 to 1.
    importance : float
        Importance I of the second feature, above 0; that of the first is 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation ``phase_boundary``.
    """
    chance, less = _checked(probability, importance)
    return float(min(1.0, less) * _alone(chance))


def pair_loss(probability: float, importance: float = 1.0) -> float:
    """Return the least loss of two features as an antipodal pair on one neuron.

    The lengths of the encodings and the biases are those at which the exact expected loss is least.
    Parameters, errors and notes are those of `alone_loss`.
    """
    chance, less = _checked(probability, importance)
    model = Superposition(2, 1, chance, [1.0, less])

    def at(point: np.ndarray) -> tuple[float, np.ndarray]:
        weights, biases = point[:2, None], point[2:]
        found = expected.slopes(weights @ weights.T, biases, model)
        by_weights = (found.by_product + found.by_product.T) @ weights
        return found.loss, np.concatenate([by_weights[:, 0], found.by_bias])

    bounds = [(0.0, None), (None, 0.0), (None, None), (None, None)]
    found = optimize.minimize(at, [1.0, -1.0, 0.0, 0.0], jac=True, bounds=bounds, method="L-BFGS-B")
    return float(found.fun)


def phase_boundary(importance: float) -> float:
    """Return the probability p below which a pair on one neuron costs less than one feature alone.

    Parameters
    ----------
    importance : float
        Importance I of the second feature, above 0; that of the first is 1.

    Returns
    -------
    float
        Lengths and biases of the pair are the best ones. With encodings of length 1 without biases it is
        ``4 I / (2 + 5 I)`` for I ≤ 1.

    Raises
    ------
    TypeError, ValueError
        If that is no such number.

    Notes
    -----
    Own derivation ``phase_boundary``; the diagram is in arXiv:2209.10652, section 3.
    """
    _, less = _checked(0.5, importance)
    less = min(less, 1 / less)
    guess = float(_unit_boundary(less))

    def dearer(chance: float) -> float:
        return pair_loss(chance, less) / alone_loss(chance, less) - 1

    return float(optimize.brentq(dearer, guess * 0.9, 1.0, xtol=1e-6)) if dearer(1.0) > 0 else 1.0


def _checked(probability: float, importance: float) -> tuple[float, float]:
    return (
        arguments.real("probability", probability, above=0, most=1),
        arguments.real("importance", importance, above=0),
    )


_alone = function(ALONE, p)
_unit_boundary = function(UNIT_BOUNDARY, ratio)


def _phase_steps() -> tuple[Step, ...]:
    constant = (1 - p) * beta**2 + p * sp.Integral((x - beta) ** 2, (x, 0, 1))
    return (
        equal(
            sp.Integral(sp.Integral((x - (x - y)) ** 2, (y, 0, x)), (x, 0, 1))
            + sp.Integral(sp.Integral(x**2, (y, x, 1)), (x, 0, 1)),
            sp.Rational(1, 6),
            "Encodings 1 and -1 without biases pay nothing for a feature that is on alone. "
            "If both are on, the "
            "output is off by the smaller one.",
        ),
        equal(p**2 * (sp.Rational(1, 6) + ratio / 6), UNIT_PAIR, "Both are on with probability p squared."),
        equal(
            constant,
            beta**2 - p * beta + p / 3,
            "A feature that is left out has a constant output beta.",
        ),
        equal(sp.Subs(constant.doit(), beta, p / 2), ALONE, "Its loss at the best constant, its mean p/2."),
        equal(
            (UNIT_PAIR / p).subs(p, UNIT_BOUNDARY),
            (ratio * ALONE / p).expand().subs(p, UNIT_BOUNDARY),
            "The two cost the same there, if the less important one is left out; better lengths and biases "
            "shift it.",
        ),
    )


def _boundary_merit() -> float:
    return phase_boundary(1.0) / float(_unit_boundary(1.0)) - 1


derivations = (
    Derivation(
        name="phase_boundary",
        statement=(
            "On one neuron an antipodal pair of length 1 costs less than the more important "
            "feature alone if p "
            "is below 4 I/(2 + 5 I)."
        ),
        source="own; diagram in arXiv:2209.10652, section 3",
        status="heuristic",
        proof=_phase_steps,
        prediction="theory.superposition.phase_boundary",
        merit=Merit("the best pair's boundary is {:.1%} higher at I = 1", _boundary_merit),
    ),
)
