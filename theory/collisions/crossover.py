"""From many polysemantic neurons to none: the Poisson limit of the exclusion law and the crossover m ~ n².

With n fixed and m growing, doubly used neurons become rare and nearly independent, so that their number
turns Poisson; at m about n² it is of order 1, and beyond it a random sparse solution has none.
"""

import math

import numpy as np
import sympy as sp
from scipy import stats

from theory.collisions import exclusion
from theory.collisions.exclusion import FACTORIAL_MOMENT, MEAN, VARIANCE, log_pmf, sizes
from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, equal, function, order
from theory.notation import L_poisson as L, eps, m, n, r, x, y

# 1 − variance/mean, which is 0 for a Poisson law
DEFICIT = (4 * m * n - n**2 - n - 6 * m + 3) / ((2 * m - 1) * (2 * m - 3))
BOUND = (1 - sp.exp(-MEAN)) * DEFICIT

# neurons at which P(no polysemantic neuron) = e^{−L}
NEURONS = n * (n - 1) / (4 * L) + (2 * n - 1) / 4


def poisson_bound(n_features: int, n_neurons: int) -> float:
    """Return a bound on the total variation distance of the exclusion law from the Poisson law of its mean.

    ``(1 − e^{−μ}) (1 − variance/μ)``, about ``n/m`` times ``min(1, μ)``: by the Stein-Chen method for
    negatively related indicators (Barbour, Holst and Janson, *Poisson Approximation*, 1992, corollary 2.C.2).

    Raises
    ------
    TypeError, ValueError
        If there is not at least 1 of each, or n > 2m.
    """
    n_features, n_neurons = sizes(n_features, n_neurons)
    return float(_bound(float(n_features), float(n_neurons)))


def neurons_without_polysemanticity(n_features: int, probability: float = 0.5) -> float:
    """Return the number of neurons at which a random sparse solution is monosemantic with that probability.

    ``n(n − 1) / (4 ln(1/p)) + (2n − 1)/4``, off by less than about 1 for many features: the crossover m ~ n²
    that seed 001 announces, with its constant, 0.361 n² for even odds.

    Raises
    ------
    TypeError, ValueError
        If there are less than 2 features or the probability is not between 0 and 1.
    """
    n_features = arguments.whole("n_features", n_features, least=2)
    arguments.real("probability", probability, above=0, below=1)
    return float(_neurons(n_features, -math.log(probability)))


_bound = function(BOUND, n, m)
_neurons = function(NEURONS, n, L)
_probability_of_none = function(sp.exp(log_pmf(sp.Integer(0), x, y)), x, y)  # for any number of neurons


def _poisson_steps() -> tuple[Step, ...]:
    one = FACTORIAL_MOMENT.subs(r, 1) / m
    two = FACTORIAL_MOMENT.subs(r, 2) / (m * (m - 1))
    excess = MEAN - VARIANCE
    return (
        equal(
            1 - two / one**2,
            (2 * m - n) * (4 * m * n - 6 * m - 3 * n + 3) / (n * (n - 1) * (m - 1) * (2 * m - 3)),
            "Two neurons are both doubly used less often than if they were independent. Indeed a random "
            "subset of the slots is negatively associated, so that the indicators are negatively related.",
            symbolic=False,
        ),
        equal(
            excess / MEAN,
            DEFICIT,
            "For negatively related indicators the distance from the Poisson law is at most "
            "(1 - exp(-mean)) times this, 1 - variance/mean (Stein-Chen).",
        ),
        equal(
            n / m - DEFICIT,
            (6 * m**2 + m * n**2 - 7 * m * n - 3 * m + 3 * n) / (m * (2 * m - 1) * (2 * m - 3)),
            "It is less than n/m: this difference is not negative for 2 <= n <= 2m.",
        ),
        equal(
            MEAN - n * (n - 1) / (4 * m),
            n * (n - 1) / (4 * m * (2 * m - 1)),
            "The mean is n(n-1)/(4m) up to a share 1/(2m): of order 1 when m is of order n^2.",
        ),
    )


def _crossover_steps() -> tuple[Step, ...]:
    none = sp.Integer(0)
    return (
        equal(
            sp.exp(log_pmf(none, n, m)),
            2**n * sp.binomial(m, n) / sp.binomial(2 * m, n),
            "The probability that no neuron is doubly used: n neurons, and a sign for each.",
        ),
        equal(
            2**5 * sp.binomial(m, 5) / sp.binomial(2 * m, 5),
            sp.Product((1 - r / m) / (1 - r / (2 * m)), (r, 0, 4)),
            "As a product over the features, here for five: each finds r neurons and r slots taken.",
        ),
        order(
            sp.log((1 - r * eps) / (1 - r * eps / 2)),
            -r * eps / 2 - 3 * r**2 * eps**2 / 8,
            eps,
            3,
            "The logarithm of a factor, m = 1/epsilon; summed over r it gives -n(n-1)/(4m) at first.",
        ),
        equal(sp.Sum(r / 2, (r, 0, n - 1)), n * (n - 1) / 4, "The sum of the first terms,"),
        equal(sp.Sum(3 * r**2 / 8, (r, 0, n - 1)), n * (n - 1) * (2 * n - 1) / 16, "and of the second ones."),
        order(
            log_pmf(none, 1 / eps, NEURONS.subs(n, 1 / eps)),
            -L,
            eps,
            2,
            "Solved for m: at so many neurons the probability is exp(-L) up to a share of order 1/n^2.",
        ),
    )


def _crossover_merit() -> float:
    neurons = neurons_without_polysemanticity(64)
    return abs(float(_probability_of_none(64, neurons)) - 0.5)


def _poisson_limit_merit() -> float:
    law, number = exclusion.polysemantic_neurons(64, 1024), np.arange(33)
    poisson = stats.poisson(law.mean())
    distance = (np.abs(law.pmf(number) - poisson.pmf(number)).sum() + poisson.sf(32)) / 2
    return poisson_bound(64, 1024) / distance


derivations = (
    Derivation(
        name="poisson_limit",
        statement=(
            "The number of polysemantic neurons under exclusion is Poisson for many neurons, up to a total "
            "variation of at most (1 - exp(-mean)) (1 - variance/mean), about n/m."
        ),
        source="own; Barbour, Holst and Janson, Poisson Approximation, 1992, corollary 2.C.2",
        status="proved",
        proof=_poisson_steps,
        domains={n: (4, 6), m: (6, 9)},
        prediction="theory.collisions.poisson_bound",
        merit=Merit("the bound is {:.2f} times the distance at n = 64, m = 1024", _poisson_limit_merit),
    ),
    Derivation(
        name="crossover",
        statement=(
            "Polysemantic neurons vanish when m exceeds a multiple of n^2: a random sparse solution has none "
            "with probability exp(-L) at m = n(n-1)/(4L) + (2n-1)/4."
        ),
        source="seed 001, introduction; constant own",
        status="asymptotic",
        proof=_crossover_steps,
        domains={n: (4, 6), m: (6, 9), r: (1, 4)},
        prediction="theory.collisions.neurons_without_polysemanticity",
        merit=Merit("probability off ½ by {:.1e} at n = 64", _crossover_merit),
    ),
)
