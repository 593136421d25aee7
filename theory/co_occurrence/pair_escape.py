"""When a feature leaves a benign pair: the race of its runner-up against the neuron that it shares.

While L1 and co-occurrence are weak, encodings keep length 1 and features on their own are decoded without
error, up to the order of λ and p. What is left moves slowly, on the energy per occurrence of a feature
``λ ‖W‖₁ + (p/2) Σ_{i<j} (W_i·W_j)²``, inner products being negative or 0. In the time λt nothing but p/λ is
left of the two strengths.
"""

import sympy as sp

from theory.co_occurrence.rare_features import checked_probability, sample_loss
from theory.common import arguments
from theory.derivation import Derivation, Step, define, equal, function, order
from theory.notation import (
    E_pair as E,
    alpha,
    beta,
    force_alpha as force,
    lam,
    lead as s,
    p_on as p,
    runner_up as g,
)

PAIR = sp.Matrix([[sp.cos(alpha), sp.sin(alpha), 0], [-sp.cos(beta), 0, sp.sin(beta)]])
SLOW_ENERGY = (
    lam * (sp.cos(alpha) + sp.sin(alpha) + sp.cos(beta) + sp.sin(beta))
    + p * (sp.cos(alpha) * sp.cos(beta)) ** 2 / 2
)
LEAD = lam * (sp.sqrt(1 + p**2 / lam**2) - 1) / p  # of the winner over the runner-up, at the threshold
RUNNER_UP = (sp.sqrt(2 - s**2) - s) / 2


def escape_threshold(l1: float, probability: float) -> float:
    """Return the size of the runner-up, on a neuron of its own, from which on a feature leaves its pair.

    Its encoding has length 1 and two weights, one on the neuron that it shares; the other feature of the
    pair has only its weight there.

    Parameters
    ----------
    l1 : float
        L1 strength λ in flow units, greater than 0.
    probability : float
        Probability p with which each feature is on, less than 1.

    Returns
    -------
    float
        From 1/√2 at p = 0, where the larger weight wins, down to about λ/p where p is large against λ.

    Raises
    ------
    TypeError, ValueError
        If λ is not positive or p is no probability less than 1.

    Notes
    -----
    Own derivation, ``escape_from_pair``: for λ and p small, and p³ against λ² (for weights below √p see
    `theory.co_occurrence.pair_at_rest.rebirth_threshold`).
    """
    p, l1 = checked_probability(probability), arguments.real("l1", l1, above=0)
    return float(_runner_up(_lead(p, l1) if p else 0.0))


_lead = function(LEAD, p, lam)
_runner_up = function(RUNNER_UP, s)


def _steps() -> tuple[Step, ...]:
    both = 2 * (sp.cos(alpha) * sp.cos(beta)) ** 2
    alone = sample_loss(PAIR, (0,)) + sample_loss(PAIR, (1,))
    return (
        equal(
            alone,
            0,
            "Two features with encodings of length 1, the winners on one neuron with opposite signs, the "
            "runners-up on neurons of their own: each alone is decoded without error.",
            symbolic=False,
        ),
        equal(
            sample_loss(PAIR, (0, 1)),
            both,
            "Together each output lacks the product of the winners, minus their inner product.",
            symbolic=False,
        ),
        define(E, SLOW_ENERGY, "Energy per occurrence of a feature. Lengths respond at second order only."),
        equal(
            p * both / 4 + lam * sp.Add(*(sp.Abs(weight) for weight in PAIR)),
            E,
            "It is what that loss, which weighs p^2, and L1 give.",
            symbolic=False,
        ),
        define(
            force,
            p * sp.sin(alpha) * sp.cos(alpha) * sp.cos(beta) ** 2 - lam * (sp.cos(alpha) - sp.sin(alpha)),
            "Force on the angle: co-occurrence drives the feature off the shared neuron, L1 widens the lead.",
        ),
        equal(force, -sp.Derivative(E, alpha), "It is minus the slope of the energy."),
        equal(
            sp.sin(alpha) * sp.cos(alpha),
            (1 - (sp.cos(alpha) - sp.sin(alpha)) ** 2) / 2,
            "With the lead s = cos - sin and the other feature settled, beta = 0: the force is "
            "p(1 - s^2)/2 - lambda s.",
        ),
        define(s, LEAD, "The lead at which it vanishes: a larger one grows, a smaller one is lost."),
        equal(p * (1 - s**2) / 2, lam * s, "There they balance."),
        define(g, RUNNER_UP, "The runner-up at that lead."),
        equal(g**2 + (g + s) ** 2, 1, "With the winner g + s it gives length 1."),
        order(
            g, 1 / sp.sqrt(2) - p / (4 * lam), p, 2, "Without co-occurrence the larger of two weights wins."
        ),
        order(g, lam / p, lam, 2, "Where co-occurrence is strong, small runners-up are enough to leave."),
    )


derivations = (
    Derivation(
        name="escape_from_pair",
        statement=(
            "For small lambda and p, nothing but p/lambda says whether a feature leaves a benign pair: a "
            "runner-up leads it away from a size on that falls from 1/sqrt(2) at p = 0 to lambda/p."
        ),
        source="own; question from seed 001, comments",
        status="asymptotic",
        proof=_steps,
        domains={alpha: (0.1, 1.5), beta: (0.1, 1.5)},
        prediction="theory.co_occurrence.escape_threshold",
    ),
)
