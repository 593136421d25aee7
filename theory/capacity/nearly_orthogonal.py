"""Superposition: how many nearly orthogonal encodings fit into m neurons.

Encodings of length 1 are ε-orthogonal when all their inner products are at most ε in absolute value: ε is
their coherence. What their interference costs is in `theory.capacity.crowding`.
"""

import numpy as np
import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, equal, function, order
from theory.notation import eigen_a, eigen_b, eps, exponent as lam, m, n, overlap as x

# Two random directions: density of their inner product, and P(|inner product| > ε), for m ≥ 2.
DENSITY = (1 - x**2) ** ((m - 3) / 2) * sp.gamma(m / 2) / (sp.sqrt(sp.pi) * sp.gamma((m - 1) / 2))
TAIL = sp.betainc_regularized((m - 1) / 2, sp.Rational(1, 2), 0, 1 - eps**2)
TAIL_BOUND = 2 * sp.exp(-m * eps**2 / 2)
PAIRS = n * (n - 1) / 2
FAILURES = PAIRS * TAIL

JOHNSON_LINDENSTRAUSS = sp.exp(m * eps**2 / 4)
GREEDY = sp.exp(m * eps**2 / 2) / 2
WELCH = m * (1 - eps**2) / (1 - m * eps**2)


def features(n_neurons: int, coherence: float) -> float:
    """Return a number of ε-orthogonal encodings that is certain to fit: ``exp(m ε²/4)``.

    Infinite where it is greater than any float. More random directions than that are likely to have a pair
    that is too close; see `failures`.

    Parameters
    ----------
    n_neurons : int
        m, at least 2.
    coherence : float
        ε, between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Seed 003 has "roughly exp(C n)" (Johnson-Lindenstrauss), with n its number of neurons, and leaves C open:
    C = ε²/4 for random encodings, ε²/2 for encodings chosen one by one (`features_chosen`). Own derivation,
    ``johnson_lindenstrauss``.
    """
    with np.errstate(over="ignore"):
        return float(_features(*_checked(n_neurons, coherence)))


def features_chosen(n_neurons: int, coherence: float) -> float:
    """Return a number of ε-orthogonal encodings that fit when chosen one by one: ``exp(m ε²/2) / 2``.

    Parameters and errors as for `features`. Own derivation, ``greedy_encodings``.
    """
    with np.errstate(over="ignore"):
        return float(_features_chosen(*_checked(n_neurons, coherence)))


def features_at_most(n_neurons: int, coherence: float) -> float:
    """Return the most ε-orthogonal encodings that can fit, as far as Welch's bound says.

    ``m (1 − ε²) / (1 − m ε²)`` below ``ε = 1/√m``, infinite from there on: only then can the number be
    exponential. Parameters and errors as for `features`. Own derivation, ``welch``.
    """
    m, coherence = _checked(n_neurons, coherence)
    return float(_welch(m, coherence)) if m * coherence**2 < 1 else np.inf


def failures(n_features: int, n_neurons: int, coherence: float) -> float:
    """Return the expected number of pairs among random directions whose inner product exceeds ε.

    Exact. The probability that a random construction succeeds is about ``exp(−failures)``.

    Parameters
    ----------
    n_features, n_neurons : int
        n, at least 1, and m, at least 2.
    coherence : float
        ε, between 0 and 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation, ``random_directions``.
    """
    m, coherence = _checked(n_neurons, coherence)
    n = arguments.whole("n_features", n_features, least=1)
    return float(_failures(n, m, coherence))


def _checked(n_neurons: int, coherence: float) -> tuple[int, float]:
    m = arguments.whole("n_neurons", n_neurons, least=2)
    eps = arguments.real("coherence", coherence, above=0, below=1)
    return m, eps


_features = function(JOHNSON_LINDENSTRAUSS, m, eps)
_features_chosen = function(GREEDY, m, eps)
_welch = function(WELCH, m, eps)
_failures = function(FAILURES, n, m, eps)


def _johnson_lindenstrauss_steps() -> tuple[Step, ...]:
    gap = lam**2 / 2 - sp.log(sp.cosh(lam))
    return (
        equal(
            sp.Derivative(gap, lam),
            lam - sp.tanh(lam),
            "Random signs: an inner product is a mean of m signs, each with the moment generating function "
            "cosh. It is below exp(lambda^2/2), for the gap is 0 at 0 and has the slope lambda - "
            "tanh(lambda) > 0.",
        ),
        equal(
            sp.Subs(sp.log(2 * sp.exp(lam**2 / (2 * m)) * sp.exp(-lam * eps)), lam, m * eps),
            sp.log(TAIL_BOUND),
            "So P(|inner product| > epsilon) <= 2 exp(lambda^2/(2m) - lambda epsilon), least at lambda = m "
            "epsilon.",
        ),
        equal(
            sp.Subs(sp.Derivative(lam**2 / (2 * m) - lam * eps, lam), lam, m * eps),
            0,
            "There the bound is stationary.",
        ),
        equal(
            (PAIRS * TAIL_BOUND).subs(n, JOHNSON_LINDENSTRAUSS),
            1 - 1 / JOHNSON_LINDENSTRAUSS,
            "With n = exp(m epsilon^2/4) encodings the expected number of pairs above epsilon is below 1, "
            "so that some draw has none: C = epsilon^2/4.",
        ),
    )


def _directions_steps() -> tuple[Step, ...]:
    return (
        equal(
            sp.Integral(2 * DENSITY.subs(m, 7), (x, 0, 1)),
            1,
            "Density of the inner product of two random directions, here for m = 7.",
        ),
        equal(
            sp.Derivative(DENSITY, x) / DENSITY,
            -(m - 3) * x / (1 - x**2),
            "It falls off like the slices of a sphere.",
        ),
        equal(
            sp.Derivative(TAIL, eps),
            -2 * DENSITY.subs(x, eps),
            "P(|inner product| > epsilon): its slope is minus the density on both sides.",
            symbolic=False,
        ),
        equal(
            sp.Integral(2 * DENSITY.subs(m, 7), (x, eps, 1)),
            TAIL.subs(m, 7),
            "And it ends at 0, as written out for m = 7.",
            symbolic=False,
        ),
        equal(
            FAILURES,
            (n**2 - n) * TAIL / 2,
            "Expected number of pairs above epsilon, one such tail for each pair.",
        ),
        order(
            sp.log(DENSITY.subs(x, x * eps) / DENSITY.subs(x, 0)) / (m - 3),
            -(eps**2) * x**2 / 2 - eps**4 * x**4 / 4,
            eps,
            6,
            "The tail has the exponent m epsilon^2/2 of random signs for small epsilon, so C is the same.",
        ),
    )


def _greedy_steps() -> tuple[Step, ...]:
    return (
        equal(
            sp.UnevaluatedExpr(GREEDY) * sp.UnevaluatedExpr(TAIL_BOUND),
            1,
            "Each encoding chosen rules out a share of at most 2 exp(-m epsilon^2/2) of all sign vectors. "
            "As long as they have not ruled out all of them another one fits: C = epsilon^2/2.",
        ),
        equal(
            sp.Pow(JOHNSON_LINDENSTRAUSS, 2, evaluate=False),
            2 * GREEDY,
            "That is the square of what a random draw reaches, up to the factor 2.",
        ),
    )


def _welch_steps() -> tuple[Step, ...]:
    a, b = eigen_a, eigen_b
    return (
        equal(
            (a**2 + b**2) - (a + b) ** 2 / 2,
            (a - b) ** 2 / 2,
            "The m eigenvalues of the Gram matrix add up to n, so their squares add up to n^2/m or more: "
            "the mean square is never below the squared mean, here for two.",
        ),
        equal(
            n + n * (n - 1) * eps**2 - n**2 / m,
            n * ((1 - eps**2) - n * (1 / m - eps**2)),
            "The sum of all squared inner products, n + n (n-1) epsilon^2 at most, minus that.",
        ),
        equal(
            ((1 - eps**2) - n * (1 / m - eps**2)).subs(n, WELCH),
            0,
            "It is not negative, which bounds n while epsilon < 1/sqrt(m).",
        ),
    )


def _johnson_lindenstrauss_merit() -> float:
    return failures(int(features(100, 0.5)), 100, 0.5)


derivations = (
    Derivation(
        name="johnson_lindenstrauss",
        statement="exp(m epsilon^2/4) random encodings fit into m neurons with inner products below epsilon.",
        source="seed 003, note 1; the constant is own",
        status="proved",
        proof=_johnson_lindenstrauss_steps,
        prediction="theory.capacity.features",
        merit=Merit(
            "{:.1e} pairs too close expected of them at m = 100, epsilon = 1/2", _johnson_lindenstrauss_merit
        ),
    ),
    Derivation(
        name="random_directions",
        statement="Pairs of random directions exceed epsilon by an incomplete beta function, exactly.",
        source="own",
        status="proved",
        proof=_directions_steps,
        domains={m: (4, 9), x: (0.1, 0.9), eps: (0.1, 0.9)},
        prediction="theory.capacity.failures",
    ),
    Derivation(
        name="greedy_encodings",
        statement="Chosen one by one, exp(m epsilon^2/2)/2 encodings fit: twice a random draw's exponent.",
        source="own; by the argument of E. N. Gilbert, 1952, and R. R. Varshamov, 1957, for codes",
        status="proved",
        proof=_greedy_steps,
        prediction="theory.capacity.features_chosen",
    ),
    Derivation(
        name="welch",
        statement="Below epsilon = 1/sqrt(m) at most m (1 - epsilon^2)/(1 - m epsilon^2) encodings fit.",
        source="L. R. Welch, Lower bounds on the maximum cross correlation of signals, 1974",
        status="proved",
        proof=_welch_steps,
        prediction="theory.capacity.features_at_most",
    ),
)
