"""Packings: how near to each other the nearest two of n encodings are at least.

A ReLU cuts off negative inner products, so that antipodal encodings do not disturb each other. What counts is
the largest inner product with its sign: encodings are a spherical code. `theory.capacity.nearly_orthogonal`
bounds the absolute value.
"""

import math

import sympy as sp
from scipy import optimize

from theory.capacity import nearly_orthogonal
from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function
from theory.notation import code_root as c, eps as s, m, overlap as x

POLYNOMIAL = (x + c) ** 2 * (x - s)
BEST_ROOT = (1 + s) / (1 + m * s)
LEVENSHTEIN = m * (1 - s) * (2 + (m + 1) * s) / (1 - m * s**2)
LINEAR_PART = c**2 - 2 * c * s + 3 / (m + 2)  # coefficient of x among Gegenbauer polynomials


def cosine_at_least(n_features: int, n_neurons: int) -> float:
    """Return a cosine that the nearest two of n encodings have at least, whatever they are.

    Parameters
    ----------
    n_features : int
        n, at least 2.
    n_neurons : int
        m, at least 2.

    Returns
    -------
    float
        Exact up to 2m encodings, −1/(n − 1) up to m + 1 of them and then 0, and on two neurons, cos(2π/n).
        Else the bound of Levenshtein, which is no use for very many: it ends at ``(√(m + 3) − 1)/(m + 2)``.

    Raises
    ------
    TypeError, ValueError
        If a number is not as said above.

    Notes
    -----
    Own derivation ``levenshtein``; R. A. Rankin, The closest packing of spherical caps in n dimensions, 1955,
    up to 2m encodings.
    """
    n = arguments.whole("n_features", n_features, least=2)
    m = arguments.whole("n_neurons", n_neurons, least=2)
    if m == 2:
        return math.cos(2 * math.pi / n)
    if n <= 2 * m:
        return -1 / (n - 1) if n <= m + 1 else 0.0
    last = (math.sqrt(m + 3) - 1) / (m + 2)
    if _most(last, m) <= n:
        return last
    return float(optimize.brentq(lambda at: _most(at, m) - n, 0.0, last, xtol=1e-14))


def random_cosine(n_features: int, n_neurons: int) -> float:
    """Return the median of the largest cosine among n random encodings, for pairs that are independent.

    Parameters and errors are those of `cosine_at_least`.

    Notes
    -----
    Own derivation ``random_directions``: as often as not there is no pair above it, ``exp(−pairs) = ½``.
    """
    n = arguments.whole("n_features", n_features, least=2)
    m = arguments.whole("n_neurons", n_neurons, least=2)

    def pairs(at: float) -> float:  # those on one side are half of all that exceed it in absolute value
        return nearly_orthogonal.failures(n, m, at) / 2 - math.log(2)

    return float(optimize.brentq(pairs, 1e-9, 1 - 1e-12)) if pairs(1e-9) > 0 else 0.0


_most = function(LEVENSHTEIN, s, m)


def _levenshtein_steps() -> tuple[Step, ...]:
    density = nearly_orthogonal.DENSITY.subs(m, 7)
    mean = -(c**2) * s + (2 * c - s) / m  # of the polynomial over the sphere

    def average(of: sp.Expr) -> sp.Expr:
        return sp.Integral(of * density, (x, -1, 1))

    bound = POLYNOMIAL.subs(x, 1) / mean
    return (
        equal(
            average(POLYNOMIAL),
            mean.subs(m, 7),
            "Mean of the polynomial (x + c)^2 (x - s) over random directions, here for m = 7. Over all "
            "pairs of n encodings its sum is at least n^2 times that, if its parts by Gegenbauer polynomials "
            "are not negative (Schoenberg); and at most n times its value at 1, for it is not positive up to "
            "s.",
        ),
        equal(
            7 * average(x * POLYNOMIAL),
            LINEAR_PART.subs(m, 7),
            "Its linear part, not negative for 0 <= s <= (sqrt(m + 3) - 1)/(m + 2); the others are 2c - s "
            "and 1.",
        ),
        equal(
            sp.Subs(sp.Derivative(POLYNOMIAL.subs(x, 1) / mean, c), c, BEST_ROOT),
            0,
            "So n is at most the value at 1 over the mean, least at this c.",
        ),
        equal(sp.Subs(bound, c, BEST_ROOT), LEVENSHTEIN, "The bound."),
        equal(sp.Subs(LEVENSHTEIN, s, 0), 2 * m, "Without acute angles 2m fit: antipodal pairs."),
        equal(
            sp.Subs(LEVENSHTEIN, (m, s), (2, (sp.sqrt(5) - 1) / 4)),
            5,
            "On two neurons a pentagon, whose cosine is (sqrt 5 - 1)/4, meets it.",
        ),
    )


derivations = (
    Derivation(
        name="levenshtein",
        statement=(
            "At most m (1 - s)(2 + (m + 1) s)/(1 - m s^2) encodings have no cosine above s, for s from 0 to "
            "(sqrt(m + 3) - 1)/(m + 2)."
        ),
        source="V. I. Levenshtein, On bounds for packings in n-dimensional Euclidean space, 1979; steps own",
        status="proved",
        proof=_levenshtein_steps,
        domains={c: (0.2, 0.6), s: (0.05, 0.15), m: (4, 9)},
        prediction="theory.capacity.cosine_at_least",
    ),
)
