"""A benign pair, two features with opposite signs on one neuron, when both are on together by chance.

The features are on independently with probability p; the energy is per occurrence of a feature (see
`theory.co_occurrence`), so that p → 0 is the model of seed 001 at the same λ.
"""

import numpy as np
import sympy as sp
from scipy import optimize

from theory.co_occurrence.rare_features import checked_probability, sample_loss
from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, define, equal, function, order
from theory.flow.loss import relu
from theory.notation import (
    E_pair as E,
    a,
    b,
    benefit_a,
    benefit_b,
    energy_a,
    energy_b,
    force_a,
    force_b,
    g_new as g,
    lam,
    lam_per_p,
    new_threshold as theta,
    p_on as p,
)


def pair_energy(W: sp.Matrix) -> sp.Expr:
    """Return the energy of two features on neurons of their own: ``E[loss] / (4p) + λ‖W‖₁``, exactly."""
    first, second, both = (sample_loss(W, on) for on in ((0,), (1,), (0, 1)))
    return ((1 - p) * (first + second) + p * both) / 4 + lam * sp.Add(*(sp.Abs(w) for w in W))


# The benign pair: weights a and −b on one neuron, a the larger; g is a weight on an unused neuron.
PAIR_ENERGY = (
    (1 - p) * ((1 - a**2) ** 2 + (1 - b**2) ** 2) / 4
    + p * ((1 - a * (a - b)) ** 2 + 1) / 4
    + lam * a
    + lam * b
)
LARGER = 1 + p / 4 - lam / 2
SMALLER = 1 - p / 4 - lam / 2
BENEFIT_OF_SMALLER = (1 - p) * (1 - b**2)
BENEFIT_OF_LARGER = (1 - p) * (1 - a**2) + p * (1 - a * (a - b))
REBIRTH = lam / (lam + p / 2)


def benign_pair(l1: float, probability: float) -> tuple[float, float] | None:
    """Return the weights a ≥ b > 0 at which a benign pair (a, −b) rests, or None where it comes apart.

    Parameters
    ----------
    l1 : float
        L1 strength λ in flow units.
    probability : float
        Probability p with which each feature is on, less than 1.

    Returns
    -------
    tuple of float or None
        About ``1 + p/4 − λ/2`` and ``1 − p/4 − λ/2``: when both are on, the larger one is still decoded.

    Raises
    ------
    TypeError, ValueError
        If λ is negative or p is no probability less than 1.

    Notes
    -----
    Own derivation, ``benign_pair_at_rest``.
    """
    at = (checked_probability(probability), arguments.real("l1", l1, least=0))
    rest = optimize.root(
        lambda x: _pair_forces(*x, *at), _leading_order(*at), jac=lambda x: _pair_jacobian(*x, *at), tol=1e-13
    )
    larger, smaller = rest.x
    stable = (np.linalg.eigvals(_pair_jacobian(larger, smaller, *at)).real < 0).all()
    # at p = 0 the two are equal, up to rounding
    return (
        (float(larger), float(smaller)) if rest.success and stable and larger + 1e-9 > smaller > 0 else None
    )


def critical_probability(l1: float) -> float:
    """Return the probability p above which a benign pair comes apart in place: its smaller weight leaves.

    Parameters
    ----------
    l1 : float
        L1 strength λ in flow units, less than ``2/(3√3)``, where a single weight leaves already at p = 0.

    Returns
    -------
    float
        Falls from 1 at λ = 0; 0.46 at λ = 0.1, 0.27 at λ = 0.2.

    Raises
    ------
    TypeError, ValueError
        If λ is negative or too large.
    """
    if benign_pair(l1, 0.0) is None:
        raise arguments.ArgumentError(f"l1 must be less than 2/(3 sqrt 3), got {l1}")
    low, high = 0.0, 1.0
    while high - low > 1e-10:
        middle = (low + high) / 2
        low, high = (low, middle) if benign_pair(l1, middle) is None else (middle, high)
    return high


def rebirth_threshold(l1: float, probability: float) -> tuple[float, float]:
    """Return the weight on an unused neuron above which a feature of a benign pair moves there.

    A benign pair is stable to smaller weights and unstable to larger ones; at λ = 0 it is unstable.

    Parameters
    ----------
    l1 : float
        L1 strength λ in flow units.
    probability : float
        Probability p with which each feature is on, less than 1.

    Returns
    -------
    larger, smaller : float
        The threshold for a weight of the larger and of the smaller feature, both ``λ/(λ + p/2)`` to
        leading order, about ``2λ/p`` where p is large against λ. For weights well below ``√p``; for larger
        ones see `theory.co_occurrence.pair_escape.escape_threshold`.

    Raises
    ------
    TypeError, ValueError
        If λ is negative, p is no probability less than 1, or they leave no benign pair at rest.

    Notes
    -----
    Own derivation, ``unstable_benign_pair``. The weight is slow, so the other two keep at rest beside it.
    """
    rest = benign_pair(l1, probability)
    if rest is None:
        raise arguments.ArgumentError(
            f"l1 = {l1} and probability = {probability} leave no benign pair at rest"
        )
    larger, smaller = (float(l1 / benefit) if l1 else 0.0 for benefit in _benefits(*rest, probability))
    return larger, smaller


_FORCES = tuple(-sp.diff(PAIR_ENERGY, weight) for weight in (a, b))
_leading_order = function((LARGER, SMALLER), p, lam)
_pair_forces = function(_FORCES, a, b, p, lam)
_pair_jacobian = function(sp.Matrix(_FORCES).jacobian([a, b]), a, b, p, lam)
_benefits = function((BENEFIT_OF_LARGER, BENEFIT_OF_SMALLER), a, b, p)


def _rest_steps() -> tuple[Step, ...]:
    error = 1 - a * (a - b)
    return (
        define(E, PAIR_ENERGY, "Energy of a benign pair with weights a > b, per occurrence of a feature."),
        equal(
            pair_energy(sp.Matrix([a, -b])),
            E,
            "It is what the loss gives. Together they cancel, and the smaller feature is lost.",
            symbolic=False,
        ),
        define(
            force_a,
            (1 - p) * (1 - a**2) * a + p * (2 * a - b) * error / 2,
            "Force on the larger weight but L1: it gains from being decoded also when both are on.",
        ),
        equal(force_a - lam, -sp.diff(PAIR_ENERGY, a), "With L1 it is minus the gradient."),
        define(
            force_b,
            (1 - p) * (1 - b**2) * b - p * a * error / 2,
            "Force on the smaller weight but L1: it is in the way.",
        ),
        equal(force_b - lam, -sp.diff(PAIR_ENERGY, b), "With L1 it is minus the gradient."),
        *_at_rest(),
        order(force_a, lam, p, 2, "There the larger weight rests: L1 is balanced."),
        order(force_b, lam, p, 2, "And so does the smaller one."),
        order(
            E,
            2 * lam - lam**2 / 2 + p / 2 - p**2 / 8,
            p,
            3,
            "Energy of the pair at rest. Two features on their own neurons have 2 lambda - lambda^2/2; the "
            "rest is the cost of the pair.",
        ),
    )


def _unstable_steps() -> tuple[Step, ...]:
    of_smaller, of_larger = energy_b(g), energy_a(g)
    single, l1 = ((1 - a**2) ** 2, (1 - b**2) ** 2), lam * (a + b + g)
    both = (1 - a * (a - b)) ** 2
    return (
        define(
            of_smaller,
            (1 - p) * (single[0] + (1 - b**2 - g**2) ** 2) / 4
            + p * (both + (1 - relu(g**2 - b * (a - b))) ** 2) / 4
            + l1,
            "Energy with a weight g of the smaller feature on an unused neuron.",
        ),
        equal(
            of_smaller,
            pair_energy(sp.Matrix([[a, 0], [-b, g]])),
            "It is what the loss gives.",
            symbolic=False,
        ),
        define(benefit_b, BENEFIT_OF_SMALLER, "What the smaller feature lacks when it is alone."),
        order(
            -sp.Derivative(of_smaller, g),
            benefit_b * g - lam,
            g,
            3,
            "Force on a small weight: when both are on the output is off, and nothing pulls.",
        ),
        define(
            of_larger,
            (1 - p) * ((1 - a**2 - g**2) ** 2 + single[1]) / 4
            + p * ((1 - a * (a - b) - g**2) ** 2 + 1) / 4
            + l1,
            "Energy with a weight g of the larger feature on an unused neuron.",
        ),
        equal(
            of_larger,
            pair_energy(sp.Matrix([[a, g], [-b, 0]])).subs(relu(-b * (a - b)), 0),
            "It is what the loss gives; for a > b the output of the smaller one is off when both are on.",
            symbolic=False,
        ),
        define(benefit_a, BENEFIT_OF_LARGER, "What the larger feature lacks, alone and when both are on."),
        order(
            -sp.Derivative(of_larger, g),
            benefit_a * g - lam,
            g,
            3,
            "Force on a small weight.",
        ),
        *_at_rest(),
        order(benefit_b, lam + p / 2, p, 2, "Beside a pair at rest a small weight grows at this rate."),
        order(benefit_a, lam + p / 2, p, 2, "The same for the larger feature."),
        define(theta, REBIRTH, "Threshold; at p = 0 it is 1, and at lambda = 0 it is 0."),
        equal((lam + p / 2) * theta, lam, "Above it the weight outgrows L1."),
    )


def _at_rest() -> tuple[Step, ...]:
    return (
        define(lam, lam_per_p * p, "Let L1 and co-occurrence be weak together."),
        equal(lam / p, lam_per_p, "Their ratio stays as it is."),
        define(a, LARGER, "Larger weight of a pair at rest."),
        define(b, SMALLER, "Smaller weight of a pair at rest."),
    )


def _benign_pair_at_rest_merit() -> float:
    p, l1 = 0.05, 0.05
    rest = benign_pair(l1, p)
    return float(np.abs(np.subtract(rest, _leading_order(p, l1))).max()) if rest else np.nan


def _unstable_benign_pair_merit() -> float:
    p, l1 = 0.05, 0.05
    return float(np.abs(np.array(rebirth_threshold(l1, p)) / (l1 / (l1 + p / 2)) - 1).max())


derivations = (
    Derivation(
        name="benign_pair_at_rest",
        statement="Co-occurrence splits a benign pair: its weights rest at 1 +- p/4 - lambda/2.",
        source="own",
        status="asymptotic",
        proof=_rest_steps,
        domains={a: (1, 1.5), b: (0.5, 1)},
        prediction="theory.co_occurrence.benign_pair",
        merit=Merit("weights off by {:.1e} at most at p = lambda = 0.05", _benign_pair_at_rest_merit),
    ),
    Derivation(
        name="unstable_benign_pair",
        statement=(
            "A benign pair is unstable to weights on unused neurons above lambda/(lambda + p/2), where that "
            "is well below sqrt(p): to any weight at lambda = 0. Larger ones: escape_from_pair."
        ),
        source="own",
        status="asymptotic",
        proof=_unstable_steps,
        domains={a: (1, 1.5), b: (0.5, 1), p: (0.1, 0.5), g: (0.1, 1.2)},
        prediction="theory.co_occurrence.rebirth_threshold",
        merit=Merit("threshold off by {:.1%} at most at p = lambda = 0.05", _unstable_benign_pair_merit),
    ),
)
