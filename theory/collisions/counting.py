"""Collisions of features, counted before any dynamics: who meets whom, and how many neurons get both signs.

In a sparse solution each feature has one weight, on a uniformly random neuron with a random sign: a *slot*.
Two features on one neuron collide. With opposite signs the collision is benign and the neuron stays
polysemantic; with the same sign it is malign and one of the two must leave, which
`theory.collisions.exclusion` counts.
"""

import numpy as np
import sympy as sp
from sympy.codegen.cfunctions import expm1, log1p
from sympy.ntheory.multinomial import multinomial_coefficients

from theory.collisions.exclusion import MEAN, polysemantic_neurons as exclusion_law, sizes
from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, equal, function, order, precisely
from theory.notation import eps, i, j, k, m, n, r

COLLISION = 1 / m
PAIRS = n * (n - 1) / 2
HEURISTIC = n**2 / (4 * m)
EXPECTED_COLLISIONS = sp.binomial(n, r) / m ** (r - 1)
INDEPENDENT_SLOTS = m * (1 - 2 * (1 - 1 / (2 * m)) ** n + (1 - 1 / m) ** n)
LOG_FREE = n * log1p(-1 / (2 * m))  # of the probability that no feature is in a slot
BEYOND_CHANCE = n * log1p(-1 / (2 * m - 1) ** 2)  # and of that for two slots, over its square
WITHOUT_CANCELLATION = m * (expm1(LOG_FREE) ** 2 + sp.exp(2 * LOG_FREE) * expm1(BEYOND_CHANCE))


def paper_heuristic(n_features: int, n_neurons: int) -> float:
    """Return ``n² / (4m)``, about as many polysemantic neurons as seed 001 expects."""
    return float(_heuristic(*sizes(n_features, n_neurons)))


def expected_collisions(n_features: int, n_neurons: int, order: int = 2) -> float:
    """Return the mean number of sets of so many features that share a neuron, ``C(n, r) / m^{r−1}``.

    A three-way collision counts as three collisions of two (seed 001, footnote 5). Features choose
    independently. Own derivation ``higher_order_collisions``.
    """
    order = arguments.whole("order", order, least=2)
    n_features, n_neurons = sizes(n_features, n_neurons)
    return _expected(n_features, n_neurons, order) if order <= n_features else 0.0


def independent_slots(n_features: int, n_neurons: int) -> float:
    """Return the mean number of neurons with both signs in use when features choose independently.

    ``m [1 − 2(1 − 1/(2m))ⁿ + (1 − 1/m)ⁿ]``; any number of features may share a slot. Own derivation.
    """
    with np.errstate(divide="ignore"):  # ln 0 for a single neuron
        return max(0.0, float(_independent(*map(np.float64, sizes(n_features, n_neurons)))))


_heuristic = function(HEURISTIC, n, m)
_expected = precisely(EXPECTED_COLLISIONS, n, m, r)
_independent = function(WITHOUT_CANCELLATION, n, m)


def _collision_steps() -> tuple[Step, ...]:
    each = sp.UnevaluatedExpr(PAIRS) * sp.UnevaluatedExpr(COLLISION)
    return (
        equal(
            sp.Sum((1 / m) ** 2, (k, 1, m)),
            COLLISION,
            "Two features, each on a uniformly random neuron, meet on neuron k with probability 1/m^2.",
        ),
        equal(sp.Sum(sp.Sum(1, (j, i + 1, n)), (i, 1, n)), PAIRS, "The number of pairs of features."),
        equal(each, n * (n - 1) / (2 * m), "Expected collisions, each pair counted for itself."),
        equal(
            sp.Sum(sp.Rational(1, 4), (k, 1, 2)) * PAIRS * COLLISION,
            n * (n - 1) / (4 * m),
            "The signs differ, + and - or - and +, in half of them: these are benign and stay.",
        ),
        equal(
            HEURISTIC / sp.UnevaluatedExpr(PAIRS * COLLISION / 2),
            n / (n - 1),
            "The round figure n^2/(4m) pairs each feature with itself, too: it is too large by this factor.",
        ),
        equal(
            HEURISTIC / MEAN,
            (1 - 1 / (2 * m)) * n / (n - 1),
            "Against the mean of the exclusion law it is off by this factor. What "
            "simulations show beyond that comes from the dynamics, which the count leaves out.",
        ),
    )


def _higher_order_steps() -> tuple[Step, ...]:
    six = 6
    neurons_with = m * sp.binomial(six, k) * (1 / m) ** k * (1 - 1 / m) ** (six - k)
    return (
        equal(
            sp.binomial(n, r) * sp.Sum((1 / m) ** r, (k, 1, m)),
            EXPECTED_COLLISIONS,
            "Sets of r features that all meet on one neuron.",
            symbolic=False,
        ),
        equal(
            sp.Sum(sp.binomial(k, 3) * neurons_with, (k, 3, six)),
            EXPECTED_COLLISIONS.subs({n: six, r: 3}),
            "Counted by neurons it is the same: one that k features chose holds C(k, r) of the sets. "
            "Here for r = 3 of n = 6 features.",
        ),
        equal(
            EXPECTED_COLLISIONS.subs(r, 3) / EXPECTED_COLLISIONS.subs(r, 2),
            (n - 2) / (3 * m),
            "Three-way collisions are rare beside those of two while n is small against m.",
        ),
        equal(
            PAIRS * (COLLISION - COLLISION**2) + PAIRS * (PAIRS - 1) * (1 / m**2 - COLLISION**2),
            PAIRS * COLLISION * (1 - COLLISION),
            "Two pairs of features collide independently, even if they share a feature (all three meet with "
            "probability 1/m^2), so the variance of the number of collisions is that of independent pairs.",
        ),
    )


def _independent_steps() -> tuple[Step, ...]:
    four, p = 4, 1 / (2 * m)
    both = sp.Add(
        *(
            multinomial_coefficients(3, four)[plus, minus, four - plus - minus]
            * p ** (plus + minus)
            * (1 - 2 * p) ** (four - plus - minus)
            for plus in range(1, four)
            for minus in range(1, four - plus + 1)
        )
    )
    return (
        equal(
            m * both,
            INDEPENDENT_SLOTS.subs(n, four),
            "A neuron has so many features in its + slot and so many in its - slot, at least one each; "
            "summed for four features. Closed form by inclusion and exclusion: none in +, in -, in both.",
        ),
        equal(
            WITHOUT_CANCELLATION.rewrite(sp.log),
            INDEPENDENT_SLOTS,
            "The form that is computed: no digits are lost where n is small against m.",
            symbolic=False,
        ),
        order(
            INDEPENDENT_SLOTS.subs(m, 1 / eps),
            n * (n - 1) * eps / 4 - n * (n - 1) * (n - 2) * eps**2 / 8,
            eps,
            3,
            "Many neurons, m = 1/epsilon: the pairwise count, less what three-way collisions count double.",
        ),
    )


def _collisions_merit() -> float:
    return paper_heuristic(64, 128) / float(exclusion_law(64, 128).mean()) - 1


derivations = (
    Derivation(
        name="collisions",
        statement=(
            "Two features collide with probability 1/m; n(n-1)/(2m) collisions are expected, half of them "
            "benign, so about n^2/(4m) polysemantic neurons."
        ),
        source="seed 001, introduction and Benign and malign collisions",
        status="heuristic",
        proof=_collision_steps,
        prediction="theory.collisions.paper_heuristic",
        merit=Merit("{:.1%} above the mean of the exclusion law at n = 64, m = 128", _collisions_merit),
    ),
    Derivation(
        name="higher_order_collisions",
        statement="Of r features C(n, r) / m^(r-1) collisions are expected; the variance for r = 2.",
        source="seed 001, footnote 5; own",
        status="proved",
        proof=_higher_order_steps,
        domains={n: (4, 9), m: (4, 9), r: (2, 4)},
        prediction="theory.collisions.expected_collisions",
    ),
    Derivation(
        name="independent_slots",
        statement="Mean number of neurons with features of both signs when all choose independently.",
        source="own",
        status="proved",
        proof=_independent_steps,
        prediction="theory.collisions.independent_slots",
    ),
)
