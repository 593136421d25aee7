"""Finitely many weights: the laws of the time to sparsity and of the number of weights left.

Only the largest weights decide when the race ends. ``v = −ln P(|w| > u)`` of a weight is exponential, so that
the sorted values have the gaps E_j/j (Rényi), and the K-th largest weight follows from a beta variable: the K
largest are drawn exactly, those below are replaced by their mean. As m grows the law of λT tends to the
universal one (`theory.sparsification.universal`); the correction falls only like 1/ln m.
"""

from collections.abc import Sequence

import numpy as np
import sympy as sp
from numpy.polynomial.legendre import leggauss
from scipy.integrate import cumulative_simpson, simpson
from scipy.special import ndtri
from scipy.stats import beta, norm, qmc, rv_discrete
from scipy.stats.distributions import rv_frozen

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function
from theory.model import Autoencoder
from theory.notation import (
    K_level as K,
    P,
    Q,
    U_top as U,
    at_s,
    at_top,
    below as x,
    beyond,
    eps,
    excess as a,
    gap as g,
    integral,
    j,
    m,
    q,
    q_0,
    q_of,
    s,
    sigma,
    u,
    z,
)
from theory.sparsification import levels, universal
from theory.sparsification.decay import LATEST, population
from theory.sparsification.initial import FAMILIES, Excesses, excesses
from theory.sparsification.norms import TIME_LAG
from theory.sparsification.reduction import LARGEST_L1
from theory.sparsification.tabulated import Tabulated, conditional

# q at a waterline s below U = u_K: the K largest weights, and the mean of the m − K others
BETWEEN = at_s[2] - at_top[2] - 2 * (U - s) * at_top[1] - (U - s) ** 2 * at_top[0]
MEAN_SQUARE = Q + 2 * P * (U - s) + K * (U - s) ** 2 + (m - K) / (m - at_top[0]) * BETWEEN
SHIFT = sp.sqrt(q) * integral / 2

_GRID = np.geomspace(1e-3, 12.0, 300)


def law(model: Autoencoder, log2_points: int = 12) -> rv_frozen:
    """Return the law of λT, T the time at which one of m normal weights is left.

    Parameters
    ----------
    model : Autoencoder
        Its m, at least 2, λ and σ; the number of features does not matter.
    log2_points : int
        Binary logarithm of the number of quasi-Monte Carlo points.

    Returns
    -------
    scipy.stats.rv_continuous, frozen

    Notes
    -----
    Exact up to O(λ²) and the spread of the time that the small weights take.
    """
    arguments.instance("model", model, Autoencoder)
    _, *others = _exponentials(model.n_neurons, log2_points)

    def times(first, *others):
        below, spent = _race(model, (first, *others))
        return below + sum(spent)

    below, above = conditional(times, np.array(others), _GRID)
    inside = (below > 1e-14) & (above > 0)
    return Tabulated((_GRID[inside], below[inside], above[inside]), a=0.0, name="time_to_sparsity")()


def active_weights(model: Autoencoder, time: float) -> rv_frozen:
    """Return the law of the number of active weights of one encoding at a time, interference off.

    Parameters
    ----------
    model : Autoencoder
        Its m, at least 2, λ and σ; the number of features does not matter.
    time : float
        Flow time, at most 10²⁰.

    Returns
    -------
    frozen distribution of scipy.stats
        Discrete, from order statistics, while few weights are left; normal while many are, with a mean that
        is less than 1 off.

    Notes
    -----
    Few: ``P(k(t) > j) = P(T_j > t)`` with T_j the time at which j weights are left. Many: each of
    the m weights contributes ``1{u > s} + k'(s) · shift`` (derivation ``influence_of_one_weight``).
    """
    time = arguments.real("time", time, least=0, most=LATEST)
    mean = population(model, np.array([time])).active.item()
    if mean > universal.LEVELS / 2:
        waterline = -model.init_std * ndtri(mean / model.n_neurons / 2)
        return norm(mean, np.sqrt(model.n_neurons * _contribution_variance(model, waterline)))
    below, spent = _race(model, _exponentials(model.n_neurons, log2_points=14))
    until = np.cumsum([below, *reversed(spent)], axis=0)  # times at which K − 1, …, 2, 1 weights are left
    number, share = np.unique(1 + (until > model.l1 * time).sum(axis=0), return_counts=True)
    return rv_discrete(name="active_weights", values=(number, share / share.sum()))()


def _exponentials(m: int, log2_points: int) -> list[np.ndarray]:
    """Return quasi-random E₁, …, E_{K−1} and ``−ln P(|w| > u_K)`` of the K largest of m weights."""
    if m < 2:
        raise arguments.ArgumentError(f"n_neurons must be at least 2, got {m}")
    last = min(universal.LEVELS, m)
    *gaps, lowest = qmc.Sobol(last, rng=0).random_base2(log2_points).T
    return [*(-np.log1p(-gap) for gap in gaps), -np.log(beta.ppf(lowest, last, m - last + 1))]


def _race(model: Autoencoder, exponentials: Sequence[np.ndarray]) -> tuple[np.ndarray, list[np.ndarray]]:
    """Return λt until the K-th largest weight dies, and λt spent with 2, …, K − 1 weights left.

    Raises
    ------
    ValueError
        If λ is so strong that the winner dies, too.
    """
    largest = -model.init_std * ndtri((1 - 1 / 3) / (model.n_neurons + 1 / 3) / 2)  # its median
    if model.l1 >= (most := min(largest, float(LARGEST_L1))):
        raise arguments.ArgumentError(
            f"l1 must be less than {most:.3g}, or the encoding dies, got {model.l1:g}"
        )
    *gaps, depth = exponentials
    sizes = [-model.init_std * ndtri(np.exp(-depth) / 2)]
    for left in range(len(gaps), 0, -1):
        depth = depth + gaps[left - 1] / left
        sizes.insert(0, -model.init_std * ndtri(np.exp(-depth) / 2))
    steps = [left * (sizes[left - 1] - sizes[left]) for left in range(1, len(sizes))]
    if len(sizes) < model.n_neurons:
        spent, sums, squares = levels.descend(steps)
        below, start = _time_below(excesses(model), model.n_neurons, len(sizes), sizes[-1], sums, squares)
    else:  # all are drawn: down to s = 0 it is one more level
        (*spent, below), _, start = levels.descend([*steps, len(sizes) * sizes[-1]])
    half = (below + sum(spent)) / 2  # of the time: a lag that exceeds it is not of first order
    return below + np.clip(model.l1 * _lag(steps[0] ** 2, start), -half, half), spent


def _time_below(sums: Excesses, m: int, last: int, lowest, first, square) -> tuple[np.ndarray, np.ndarray]:
    """Return the time ``∫ ds/√q`` from s = 0 to the K-th largest of m > K weights, `lowest`, and q(0)."""
    at_lowest = sums.active(lowest), sums.first(lowest), sums.second(lowest)

    def mean(level):
        at_level = sums.active(level), sums.first(level), sums.second(level)
        return _mean_square(lowest, level, last, m, first, square, *at_level, *at_lowest)

    # y = exp(−(u_K − s)/2w) makes the integrand flat; w is the mean excess over u_K
    width = at_lowest[1] / at_lowest[0]
    least = np.exp(-lowest / (2 * width))
    nodes, shares = leggauss(24)
    time = np.zeros_like(square)
    for node, share in zip(nodes, shares, strict=True):
        y = least + (1 - least) * (node + 1) / 2
        level = np.maximum(lowest + 2 * width * np.log(y), 0.0)
        time = time + share * (1 - least) * width / y / np.sqrt(mean(level))
    return time + universal.noise_time(last), mean(0.0 * lowest)


def _contribution_variance(model: Autoencoder, waterline: float) -> float:
    """Return the variance of the contribution of one weight to the number of active weights."""
    sums = excesses(model)
    levels_below = np.linspace(0.0, waterline, 2001)
    u = np.concatenate([levels_below, np.linspace(waterline, waterline + 10 * model.init_std, 2001)])
    moments = (
        cumulative_simpson(levels_below**n * sums.second(levels_below) ** -1.5, x=levels_below, initial=0.0)
        for n in range(3)
    )
    zeroth, first, second = (
        np.interp(u, levels_below, moment) for moment in moments
    )  # constant above the waterline
    density = _normal_density(u, model.init_std)
    rate = model.n_neurons * _normal_density(waterline, model.init_std)
    above = np.repeat([0.0, 1.0], len(levels_below))
    part = above - rate * _shift(sums.second(waterline), zeroth * u**2 - 2 * first * u + second)
    mean, square = (simpson(part**n * density, x=u) for n in (1, 2))
    return square - mean**2


_lag = function(TIME_LAG, q_of(x), q_0)
_mean_square = function(MEAN_SQUARE, U, s, K, m, P, Q, *at_s, *at_top)
_shift = function(SHIFT, q, integral)
_normal_density = function(FAMILIES["norm"][0], u, sigma)


def _order_steps() -> tuple[Step, ...]:
    exactly = sp.binomial(m, j) * beyond**j * (1 - beyond) ** (m - j)
    beta_density = (
        sp.factorial(m)
        / sp.factorial(j - 1)
        / sp.factorial(m - j)
        * beyond ** (j - 1)
        * (1 - beyond) ** (m - j)
    )
    return (
        equal(
            sp.Pow(sp.exp(-g), j, evaluate=False),
            sp.exp(-j * g),
            "All of j exponential variables exceed g: their least is E/j.",
        ),
        equal(
            sp.exp(-j * (g + s)) / sp.exp(-j * s),
            sp.exp(-j * g),
            "No memory: above it the others start anew.",
        ),
        equal(
            sp.Derivative(exactly, beyond),
            beta_density - beta_density.subs(j, j + 1),
            "Just j of m weights lie beyond u, P(|w| > u) = π. The sum from K on has a beta law for slope.",
        ),
    )


def _below_steps() -> tuple[Step, ...]:
    density, _, sums = FAMILIES["uniform"]
    uniform = dict(zip(at_s, sums, strict=True)) | {
        symbol: value.subs(s, U) for symbol, value in zip(at_top, sums, strict=True)
    }
    number = K + (m - K) * (sums[0] - sums[0].subs(s, U)) / (m - sums[0].subs(s, U))
    return (
        equal(
            m * sp.Integral((u - s) ** 2 * density, (u, s, U)),
            BETWEEN.subs(uniform),
            "Squares of the weights between s and U, from the sums above s and U; here for uniform weights.",
        ),
        equal(
            Q + 2 * P * (U - s) + 2 * sp.Integral((z - s) * number.subs(s, z), (z, s, U)),
            MEAN_SQUARE.subs(uniform),
            "q starts at U from the K largest; half its second slope is the number above: K, and of "
            "the others the share between s and U.",
        ),
    )


def _influence_steps() -> tuple[Step, ...]:
    return (
        equal(
            sp.Limit(sp.Derivative(1 / sp.sqrt(q + eps * a**2), eps), eps, 0),
            -(a**2) / (2 * q ** sp.Rational(3, 2)),
            "It adds a² = (u − r)₊² to q and so shortens the time ds/√q at each waterline r below u …",
        ),
        equal(
            sp.Mul(sp.UnevaluatedExpr(SHIFT), 1 / sp.sqrt(q)),
            integral / 2,
            "… by I/2 in all, I = ∫a² q^(−3/2) dr; s makes this up at rate √q.",
        ),
    )


derivations = (
    Derivation(
        name="order_statistics",
        statement="For v = −ln P(|w| > u) the sorted gaps are E_j/j; P(|w| > u_K) is a beta variable.",
        source="A. Rényi, On the theory of order statistics, 1953",
        status="proved",
        proof=_order_steps,
        domains={j: (2, 4), m: (6, 8), beyond: (0.1, 0.9)},
        prediction="theory.sparsification.time_to_sparsity",
    ),
    Derivation(
        name="weights_below",
        statement="Given the K largest weights, the others are a sample of the distribution below U = u_K.",
        source="own",
        status="proved",
        proof=_below_steps,
        domains={m: (8, 9), sigma: (1, 2), s: (0.1, 1), U: (1, 1.7)},
        prediction="theory.sparsification.time_to_sparsity",
    ),
    Derivation(
        name="influence_of_one_weight",
        statement="One more weight u raises the waterline at a given time by √q/2 ∫(u − r)₊² q(r)^(−3/2) dr.",
        source="own",
        status="asymptotic",
        proof=_influence_steps,
        prediction="theory.sparsification.active_weights",
    ),
)
