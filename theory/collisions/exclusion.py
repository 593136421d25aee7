"""The exclusion law: polysemantic neurons when features fill slots at random and no two share one.

A *slot* is a neuron with a sign. Malign collisions leave at most one feature in each of the 2m slots; a
neuron with both slots in use is polysemantic. If the n features take a uniformly random n-subset of the
slots, the number D of such neurons follows the law of this module.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from scipy import stats

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function, precisely
from theory.notation import d, m, n, r, x, y

WAYS = sp.binomial(m, d) * sp.binomial(m - d, n - 2 * d) * 2 ** (n - 2 * d)
MEAN = n * (n - 1) / (2 * (2 * m - 1))
VARIANCE = MEAN * (2 * m - n) * (2 * m - n - 1) / ((2 * m - 1) * (2 * m - 3))
THIRD_MOMENT = VARIANCE * ((2 * m - 2 * n) ** 2 - 1) / ((2 * m - 1) * (2 * m - 5))
FAR = 10.0  # standard deviations, farther than which there is less than 10⁻²² of what is summed
FACTORIAL_MOMENT = sp.ff(m, r) * sp.binomial(2 * m - 2 * r, n - 2 * r) / sp.binomial(2 * m, n)


def law(d: Any, n: Any, m: Any, binomial: Callable) -> Any:
    """Return P(D = d) by three binomial probabilities, of symbols or of numbers.

    Features are on every slot independently, with the same chance; given that there are n, the law is D's.

    Parameters
    ----------
    d, n, m
        Symbols, or arrays.
    binomial : callable
        ``binomial(successes, trials, chance)``: the probability.
    """
    chance = n / (2 * m)
    on_both, on_one = chance**2, 2 * chance / (1 + chance)  # the latter of neurons that are not on both
    return binomial(d, m, on_both) * binomial(n - 2 * d, m - d, on_one) / binomial(n, 2 * m, chance)


def log_pmf(d: sp.Expr, n: sp.Expr, m: sp.Expr) -> sp.Expr:
    """Return the logarithm of P(D = d), by logarithms of factorials."""
    ways = (n - 2 * d) * sp.log(2) + _log_factorial(m)
    ways -= _log_factorial(d) + _log_factorial(n - 2 * d) + _log_factorial(m - n + d)
    return ways - _log_factorial(2 * m) + _log_factorial(n) + _log_factorial(2 * m - n)


def _log_factorial(k: sp.Expr) -> sp.Expr:
    return sp.loggamma(k + 1)


class ExclusionLaw(stats.rv_discrete):
    """Number of doubly used neurons when n features take a random n-subset of 2m slots (neuron, sign).

    A `scipy.stats` distribution with shape parameters `n_features` and `n_neurons`, n ≤ 2m. Probabilities are
    accurate to 10⁻⁹ up to n = 10¹².
    """

    def _argcheck(self, n_features, n_neurons):
        return (n_features >= 1) & (n_neurons >= 1) & (n_features <= 2 * n_neurons)

    def _get_support(self, n_features, n_neurons):
        return np.maximum(0, n_features - n_neurons), n_features // 2

    def _pmf(self, k, n_features, n_neurons):
        return law(k, np.float64(n_features), np.float64(n_neurons), stats.binom.pmf)

    def _cdf_single(self, k, n_features, n_neurons):
        # SciPy would sum from the first number of the support on, of which there may be 10¹²
        mean, variance, *_ = self._stats(n_features, n_neurons)
        least, _ = self._get_support(n_features, n_neurons)
        first = max(least, np.floor(min(k, mean) - FAR * np.sqrt(variance)))
        return self._pmf(np.arange(first, k + 1), n_features, n_neurons).sum()

    def _stats(self, n_features, n_neurons, moments="mv"):
        n, m = np.float64(n_features), np.float64(n_neurons)  # products of many integers would overflow
        variance = _variance(n, m)
        skewness = None
        if "s" in moments:
            with np.errstate(invalid="ignore"):  # a law on one point has none
                skewness = _third_moment(n, m) / variance**1.5
        return _mean(n, m), variance, skewness, None

    def _rvs(self, n_features, n_neurons, size=None, random_state=None):
        # the + slots in use, then the - slots in use that meet one of them on their neuron
        plus = random_state.hypergeometric(n_neurons, n_neurons, n_features, size)
        return random_state.hypergeometric(plus, n_neurons - plus, n_features - plus, size)


def polysemantic_neurons(n_features: int, n_neurons: int):
    """Return the exclusion law of the number of polysemantic neurons.

    Parameters
    ----------
    n_features, n_neurons : int
        n and m, with n ≤ 2m.

    Returns
    -------
    frozen `scipy.stats.rv_discrete`
        With ``pmf``, ``cdf``, ``mean``, ``var``, ``rvs`` and the rest.

    Raises
    ------
    TypeError, ValueError
        If a number is not a whole number of at least 1, or n > 2m: then the features do not fit.

    Notes
    -----
    ``P(D = d) = C(m, d) C(m − d, n − 2d) 2^{n−2d} / C(2m, n)``, mean ``n(n − 1) / (2(2m − 1))``. Own
    derivation ``exclusion_law``.
    """
    return ExclusionLaw(name="exclusion")(*sizes(n_features, n_neurons))


def factorial_moment(n_features: int, n_neurons: int, order: int) -> float:
    """Return ``E D (D − 1) … (D − r + 1) = n(n−1)…(n−2r+1) / (2^r (2m−1)(2m−3)…(2m−2r+1))``.

    Own derivation ``exclusion_moments``; `order` is r, at least 1. Zero when 2r > n.
    """
    n_features, n_neurons = sizes(n_features, n_neurons)
    order = arguments.whole("order", order, least=1)
    if 2 * order > n_features:
        return 0.0
    return _factorial_moment(n_features, n_neurons, order)


def sizes(n_features: int, n_neurons: int) -> tuple[int, int]:
    """Return the numbers of features and neurons, checked: there are at least 1 of each, and n ≤ 2m.

    Raises
    ------
    TypeError, ValueError
        If they are anything else.
    """
    n_features = arguments.whole("n_features", n_features, least=1)
    n_neurons = arguments.whole("n_neurons", n_neurons, least=1)
    if n_features > 2 * n_neurons:
        raise arguments.ArgumentError(
            f"n_features must be at most 2 n_neurons = {2 * n_neurons}, got {n_features}: "
            "each neuron holds two features at most"
        )
    return n_features, n_neurons


_factorial_moment = precisely(FACTORIAL_MOMENT, n, m, r)
_mean = function(MEAN, n, m)
_variance = function(VARIANCE, n, m)
_third_moment = function(THIRD_MOMENT, n, m)


def _binomial(successes: sp.Expr, trials: sp.Expr, chance: sp.Expr) -> sp.Expr:
    return sp.binomial(trials, successes) * chance**successes * (1 - chance) ** (trials - successes)


def _law_steps() -> tuple[Step, ...]:
    slots, four = (1 + 2 * x + y * x**2) ** m, 4
    return (
        equal(
            slots.subs(m, four),
            sp.Sum(sp.Sum(WAYS.subs(m, four) * x**n * y**d, (d, 0, four)), (n, 0, 2 * four)),
            "Each neuron uses no slot, one of two, or both (marked y). The coefficient of x^n y^d counts the "
            "subsets with d doubly used neurons: choose these, n - 2d others, and signs. Here for m = 4.",
        ),
        equal(slots.subs(y, 1), (1 + x) ** (2 * m), "Without the mark: all n-subsets of 2m slots."),
        equal(
            law(d, n, m, _binomial),
            WAYS / sp.binomial(2 * m, n),
            "The law in the form that is computed: with every slot used independently, by chance n/(2m), "
            "neurons are used twice, once or not at all, and the number of used slots is binomial.",
            symbolic=False,
        ),
        equal(
            sp.exp(log_pmf(d, n, m)),
            WAYS / sp.binomial(2 * m, n),
            "The same by logarithms of factorials.",
        ),
        equal(
            sp.Subs(sp.Derivative(slots, y), y, 1),
            m * x**2 * (1 + x) ** (2 * m - 2),
            "The derivative in y at 1 counts doubly used neurons.",
        ),
        equal(
            m * sp.binomial(2 * m - 2, n - 2) / sp.binomial(2 * m, n),
            MEAN,
            "Coefficient of x^n over the number of subsets: the mean.",
        ),
        equal(
            sp.Subs(sp.Derivative(slots, (y, 2)), y, 1),
            m * (m - 1) * x**4 * (1 + x) ** (2 * m - 4),
            "The second derivative counts ordered pairs of them, D (D - 1).",
        ),
        equal(
            m * (m - 1) * sp.binomial(2 * m - 4, n - 4) / sp.binomial(2 * m, n) + MEAN - MEAN**2,
            VARIANCE,
            "The variance is below the mean: a slot in use is lost to all others.",
        ),
    )


def _moment_steps() -> tuple[Step, ...]:
    four = 4
    first, second, third = (FACTORIAL_MOMENT.subs(r, order) for order in (1, 2, 3))
    return (
        equal(
            (1 + 2 * x + y * x**2) ** four,
            sp.Sum(
                sp.binomial(four, d) * (y - 1) ** d * x ** (2 * d) * (1 + x) ** (2 * four - 2 * d),
                (d, 0, four),
            ),
            "As 1 + 2x + y x^2 = (1 + x)^2 + (y - 1) x^2, the generating function is a binomial sum "
            "in y - 1; here for m = 4.",
        ),
        equal(
            FACTORIAL_MOMENT,
            sp.factorial(r)
            * sp.binomial(m, r)
            * sp.binomial(2 * m - 2 * r, n - 2 * r)
            / sp.binomial(2 * m, n),
            "Its coefficients are the binomial moments: E D(D-1)...(D-r+1) for every r.",
            symbolic=False,
        ),
        equal(
            FACTORIAL_MOMENT,
            sp.ff(n, 2 * r) * sp.rf(sp.Rational(1, 2), m - r) / (4**r * sp.rf(sp.Rational(1, 2), m)),
            "The same as n(n-1)...(n-2r+1) over 2^r (2m-1)(2m-3)...(2m-2r+1).",
            symbolic=False,
        ),
        equal(
            third + 3 * second + first - 3 * first * (second + first) + 2 * first**3,
            THIRD_MOMENT,
            "The third central moment: the law leans to the right unless n = m.",
        ),
    )


_SIZES = {n: (6, 9), m: (9, 12), d: (1, 3), r: (1, 3)}

derivations = (
    Derivation(
        name="exclusion_law",
        statement=(
            "The number of doubly used neurons when n features take a random n-subset of the 2m slots "
            "(neuron, sign): its law, mean and variance."
        ),
        source="own",
        status="proved",
        proof=_law_steps,
        domains=_SIZES,
        prediction="theory.collisions.polysemantic_neurons",
    ),
    Derivation(
        name="exclusion_moments",
        statement="All factorial moments of the exclusion law, and its third central moment.",
        source="own",
        status="proved",
        proof=_moment_steps,
        domains=_SIZES,
        prediction="theory.collisions.factorial_moment",
    ),
)
