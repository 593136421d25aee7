"""Pairs of features whose largest weights share a neuron, once interference has pushed encodings apart.

The slots of largest weights are independent at the start. Interference makes weights of two features on one
neuron negatively correlated (`theory.interference.mean_field`), so that large ones of opposite signs become
more frequent and of the same sign rarer. It is a matter of largest weights, which exceed others by a factor
of √(2 ln m): their product makes much of 1/√m. L1 has no part in it yet.
"""

import numpy as np
import sympy as sp
from scipy.integrate import quad

from theory import interference
from theory.collisions import exclusion
from theory.collisions.exclusion import MEAN, VARIANCE, WAYS
from theory.derivation import Derivation, Merit, Step, equal, function, order
from theory.interference.mean_field import DENSITY, NORMAL
from theory.notation import S_lifted as S, correlation as rho, d, eps, m, n, normal as u, own_part as a, x, z

AT_MOST = sp.erf(u / sp.sqrt(2)) ** m  # of m normal weights, in absolute value
BENIGN = sp.exp(-a * S) * NORMAL.subs(u, a - S) + sp.exp(-(a**2) / 2) * NORMAL.subs(u, S)
MALIGN = sp.exp(a * S) * NORMAL.subs(u, -a - S) + sp.exp(-(a**2) / 2) * NORMAL.subs(u, S)


def early_pairs(n_features: int, n_neurons: int) -> tuple[float, float]:
    """Return how frequent pairs of largest weights on one neuron are after the first interference.

    Parameters
    ----------
    n_features, n_neurons : int
        n and m.

    Returns
    -------
    benign, malign : float
        Pairs of opposite and of the same sign, each over the ``n(n − 1)/(4m)`` that there are at the start.

    Raises
    ------
    TypeError, ValueError
        If there are less than 2 features, no neuron, or n > 2m.

    Notes
    -----
    ``e^{−aS} Φ(a − S) + e^{−a²/2} Φ(S)`` and ``e^{aS} Φ(−a − S) + e^{−a²/2} Φ(S)``, with ``a = u²/√m``, u
    the mean
    of the largest of m normal weights, and S of `theory.interference.third_party`. Own derivation
    ``early_pairs``, for n ≪ m.
    """
    n_features, n_neurons = exclusion.sizes(n_features, n_neurons)
    lifted = interference.third_party(n_features, n_neurons)
    largest, _ = quad(_beyond, 0, np.inf, args=(n_neurons,))
    own = largest**2 / np.sqrt(n_neurons)
    return float(_benign(own, lifted)), float(_malign(own, lifted))


def early_ratio(n_features: int, n_neurons: int) -> float:
    """Return the number of polysemantic neurons over the exclusion law's mean, if L1 then only excludes.

    The mean under ``P(D = d) r^d``, P the exclusion law and r that of benign pairs by `early_pairs`. No
    constant
    is fitted. Own derivation ``tilted_exclusion``; what L1 changes besides is left out.

    Raises
    ------
    TypeError, ValueError
        If there are less than 2 features, no neuron, or n > 2m.
    """
    benign, _ = early_pairs(n_features, n_neurons)
    number = np.arange(n_features // 2 + 1)
    weight = exclusion.polysemantic_neurons(n_features, n_neurons).pmf(number)
    tilted = weight * benign**number
    return float((tilted @ number) / tilted.sum() / (weight @ number))


_beyond = function(1 - AT_MOST, u, m)
_benign = function(BENIGN, a, S)
_malign = function(MALIGN, a, S)


def _pair_steps() -> tuple[Step, ...]:
    both = sp.exp(-(x**2 - 2 * rho * x * z + z**2) / (2 * (1 - rho**2))) / (2 * sp.pi * sp.sqrt(1 - rho**2))
    apart = both.subs(rho, 0)
    pushed = sp.exp(-(a**2) / 2) * NORMAL.subs(u, u - a)
    return (
        order(
            (both / apart).subs(rho, eps),
            1 + eps * x * z,
            eps,
            2,
            "On a neuron the weights of two features become correlated. To first order that makes two "
            "weights x "
            "and z likelier by exp(rho x z): of opposite signs if rho < 0.",
        ),
        equal(
            sp.Derivative(AT_MOST, u),
            2 * m * DENSITY * sp.erf(u / sp.sqrt(2)) ** (m - 1),
            "The density of the largest of m weights. By the square of its mean, with both signs, a "
            "correlation "
            "acts on the chance that both features have their largest weight there.",
        ),
        equal(
            sp.Derivative(pushed, u),
            sp.exp(-a * S) * sp.exp(a * (u - a + S)) * DENSITY,
            "A benign pair of them lowers its own cosine, normal times 1/sqrt(m), by a/sqrt(m). Third "
            "encodings "
            "lift by S, of which the mean correlation has as much less: the factor exp(-a S). What is "
            "then above 0 is pushed down, and adds to the lead of both: the factor exp(a (u - a + S)).",
        ),
        equal(
            sp.exp(-a * S) * NORMAL.subs(u, a - S) + sp.Limit(pushed, u, sp.oo) - pushed.subs(u, a - S),
            BENIGN,
            "So benign pairs change by this factor: pushed down if u > a - S, else left alone.",
            symbolic=False,
        ),
        equal(sp.Subs(BENIGN, a, -a), MALIGN, "For a malign pair both have the other sign.", symbolic=False),
        order(
            BENIGN.subs({S: 0, a: eps}),
            1 + eps / sp.sqrt(2 * sp.pi),
            eps,
            2,
            "Two features on many neurons, a -> 0: more benign pairs by twice ln(m)/sqrt(m), to first order,",
        ),
        equal(
            sp.Subs(sp.Derivative(BENIGN, S), S, 0),
            -a * NORMAL.subs(u, a),
            "and third encodings take away in proportion to S, so to n/sqrt(m).",
            symbolic=False,
        ),
    )


def _tilted_steps() -> tuple[Step, ...]:
    sizes = {n: 4, m: 5}

    def summed(power: int) -> sp.Expr:
        return sum(k**power * (1 + eps) ** k * WAYS.subs(d, k).subs(sizes) for k in range(3))

    return (
        order(
            summed(1) / summed(0),
            (MEAN + eps * VARIANCE).subs(sizes),
            eps,
            2,
            "If a doubly used neuron counts 1 + epsilon times, the mean of the exclusion law rises by "
            "epsilon "
            "times its variance; here for n = 4, m = 5.",
        ),
        equal(
            sp.Mul(VARIANCE, 1 / MEAN, evaluate=False),
            (2 * m - n) * (2 * m - n - 1) / ((2 * m - 1) * (2 * m - 3)),
            "So the ratio is 1 + epsilon (1 - n/(2m))^2 for large n: where no slot is free, nothing can "
            "change.",
        ),
    )


def _pair_merit() -> float:
    return early_pairs(2, 128)[0] - 1


def _tilted_merit() -> float:
    return early_ratio(48, 288) - 1


derivations = (
    Derivation(
        name="early_pairs",
        statement=(
            "Once interference has pushed encodings apart, pairs of largest weights of opposite signs on one "
            "neuron are more frequent and those of the same sign rarer, by n/sqrt(m) and m in closed form."
        ),
        source="own",
        status="asymptotic",
        proof=_pair_steps,
        domains={a: (0.2, 1), S: (0.1, 0.8), rho: (-0.5, 0.5)},
        prediction="theory.collisions.early_pairs",
        merit=Merit("{:.1%} more benign pairs at n = 2, m = 128", _pair_merit),
    ),
    Derivation(
        name="tilted_exclusion",
        statement="The exclusion law where benign pairs are more, or less, frequent than by chance.",
        source="own",
        status="heuristic",
        proof=_tilted_steps,
        prediction="theory.collisions.early_ratio",
        merit=Merit("says {:+.0%} at n = 48, m = 288, where the flow has −22 %", _tilted_merit),
    ),
)
