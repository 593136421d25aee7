"""The universal law of the time to sparsity.

T is the time at which one active weight is left. For many weights and small λ the product λT has a law
without parameters: ``λT = ∫ ds/√q(s)`` from −∞ to the second largest initial weight u₂, with gaps
``u_j − u_{j+1} = E_j/j`` between the largest weights, where E₁, E₂, … are independent and exponential.

The integral is a sum over levels: with j weights left it is elementary. Below level K the weights are so
dense that a fluid limit takes over, with the first effect of the noise added. λT falls when E₁ grows; given
all other E the law of E₁ makes a smooth law of λT, and only the average over E₂ … E_{K−1} is left, taken by
randomised quasi-Monte Carlo. ``python -m theory.sparsification.universal`` writes the result to
``universal.csv``.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import sympy as sp
from numpy.polynomial.legendre import leggauss
from scipy.stats import qmc
from scipy.stats.distributions import rv_frozen

from theory.derivation import Derivation, Merit, Step, define, equal, function, order
from theory.notation import (
    E,
    K_level as K,
    P,
    Q,
    a_level as a,
    b_level as b,
    below as x,
    deviation,
    eps,
    first_gap as e,
    left as j,
    mean_rest,
    next_level,
    of_gap,
    other_levels as c,
    power,
    root as y,
)
from theory.sparsification import levels
from theory.sparsification.tabulated import Tabulated, conditional

LEVELS = 64  # K; the spread of the time below it has then an effect of 10⁻⁶ on the law
TABLE = Path(__file__).with_name("universal.csv")

# All levels from K on, as a fluid of weights, of which K e^x lie less than x below u_K.
FLUID_INTEGRAND = 2 / sp.sqrt(2 * K + y**2 * ((Q - 2 * K) - 4 * (P - K) * sp.log(y)))
FLUID_TIME = (
    sp.sqrt(2) * K ** sp.Rational(-1, 2)
    - sp.sqrt(2) / 36 * (4 * a + 3 * b) * K ** sp.Rational(-3, 2)
    + 3 * sp.sqrt(2) / 4000 * (32 * a**2 + 40 * a * b + 25 * b**2) * K ** sp.Rational(-5, 2)
)
NOISE = sp.Rational(88, 1125) * sp.sqrt(2) * K ** sp.Rational(-3, 2)


def times(gaps: Sequence[np.ndarray]) -> np.ndarray:
    """Return λT for given exponential variables E₁ … E_{K−1}, those below level K averaged out.

    Parameters
    ----------
    gaps : sequence of numpy.ndarray
        E₁, E₂, …; arrays that broadcast together.

    Returns
    -------
    numpy.ndarray
        λT, of the broadcast shape.
    """
    spent, sums, squares = levels.descend(gaps)
    last = len(gaps) + 1
    nodes, shares = leggauss(8)
    fluid = (
        share / 2 * _fluid_integrand((node + 1) / 2, last, sums, squares)
        for node, share in zip(nodes, shares, strict=True)
    )
    return sum(spent) + sum(fluid) + noise_time(last)


def probabilities(grid: np.ndarray, seed: int, log2_points: int = 15) -> tuple[np.ndarray, np.ndarray]:
    """Compute P(λT ≤ x) and P(λT > x) on a grid by one scramble of conditional quasi-Monte Carlo.

    Parameters
    ----------
    grid : numpy.ndarray
        Values x.
    seed : int
        Seed of the scramble.
    log2_points : int
        Binary logarithm of the number of points.
    """
    uniforms = qmc.Sobol(LEVELS - 2, rng=seed).random_base2(log2_points)
    return conditional(lambda first, *others: times((first, *others)), -np.log1p(-uniforms).T, grid)


def rebuild(scrambles: int = 8) -> None:
    """Compute the table of the law and write it to `TABLE`."""
    grid = np.geomspace(0.2, 12.0, 200)
    below, above = np.swapaxes([probabilities(grid, seed) for seed in range(scrambles)], 0, 1)
    error = below.std(axis=0, ddof=1) / np.sqrt(scrambles)
    np.savetxt(
        TABLE,
        np.column_stack([grid, below.mean(axis=0), above.mean(axis=0), error]),
        fmt=["%.6f", "%.9e", "%.9e", "%.1e"],
        delimiter=",",
        header="x,P(λT ≤ x),P(λT > x),standard error; made by: python -m theory.sparsification.universal",
        encoding="utf-8",
    )


def law() -> rv_frozen:
    """Return the universal law of λT from the table."""
    grid, below, above, _ = np.loadtxt(TABLE, delimiter=",", encoding="utf-8").T
    return Tabulated((grid, below, above), a=0.0, name="time_to_sparsity")()


_fluid_integrand = function(FLUID_INTEGRAND, y, K, P, Q)
noise_time = function(NOISE, K)


def _fluid_steps() -> tuple[Step, ...]:
    fluid = 2 * K * sp.exp(x) + (Q - 2 * K) + 2 * (P - K) * x
    spread = y**2 * (b - 4 * a * sp.log(y)) / (2 * K)
    taylor = 2 / sp.sqrt(2 * K) * (1 - deviation / 2 + sp.Rational(3, 8) * deviation**2)
    return (
        equal(
            sp.Derivative(fluid, x, 2),
            2 * K * sp.exp(x),
            "Half the second slope of q is the number of weights …",
        ),
        equal(sp.Subs(sp.Derivative(fluid, x), x, 0), 2 * P, "… half its slope starts from P …"),
        equal(sp.Subs(fluid, x, 0), Q, "… and q from Q."),
        equal(
            (1 / sp.sqrt(fluid)).subs(x, -2 * sp.log(y)) * 2 / y,
            FLUID_INTEGRAND,
            "With y = exp(−x/2) the time ∫ dx/√q is the integral of a smooth function over (0, 1).",
        ),
        equal(
            FLUID_INTEGRAND.subs({P: K + a, Q: 2 * K + b}),
            2 / sp.sqrt(2 * K * (1 + spread)),
            "P = K + a and Q = 2K + b differ little from their means.",
        ),
        order(2 / sp.sqrt(2 * K * (1 + deviation)), taylor, deviation, 3, "Taylor."),
        equal(
            sp.Integral(sp.expand(taylor.subs(deviation, spread)), (y, 0, 1)),
            FLUID_TIME,
            "The fluid's time, expanded.",
        ),
    )


def _noise_steps() -> tuple[Step, ...]:
    next_sum, next_square, next_rest, spent = (of_gap[name](E) for name in ("P_1", "Q_1", "R_1", "I"))
    rest = (FLUID_TIME + NOISE).subs({a: P - K, b: Q - 2 * K})
    return (
        define(K, 1 / eps**2, "Many weights above the level: K, and ε = 1/√K …"),
        define(P, 1 / eps**2 + a / eps, "… the sum of excesses …"),
        define(Q, 2 / eps**2 + b / eps, "… and of their squares."),
        equal((P - K) / sp.sqrt(K), a, "P deviates from its mean K by a√K …"),
        equal((Q - 2 * K) / sp.sqrt(K), b, "… and Q from 2K by b√K."),
        define(
            spent, E / sp.sqrt(Q) / K - P * E**2 / (2 * Q ** sp.Rational(3, 2) * K**2), "Time at a level."
        ),
        order(levels.TIME_SPENT.subs(j, K), spent, eps, 7, "See time_per_level."),
        define(next_level, K + 1, "The next level …"),
        define(next_sum, levels.SUM_NEXT, "… its sum of excesses …"),
        define(next_square, levels.SQUARE_NEXT.subs(j, K), "… and of their squares."),
        define(mean_rest, rest, "Mean time left: fluid and noise."),
        define(
            next_rest,
            rest.subs({K: next_level, P: next_sum, Q: next_square}),
            "The same at the next level.",
        ),
        equal(
            sp.Integral(E**power * sp.exp(-E), (E, 0, sp.oo)), sp.factorial(power), "Moments of E: a mean …"
        ),
        order(
            sp.Subs(sum(sp.Derivative(spent + next_rest, (E, n)) for n in range(3)), E, 0),
            mean_rest,
            eps,
            6,
            "… is f + f' + f'' + … at E = 0. Time left: at this level, and after it.",
        ),
    )


def _tail_steps() -> tuple[Step, ...]:
    two_left = levels.TIME_SPENT.subs({j: 2, P: e, Q: e**2})
    return (
        equal(
            sp.Limit(e * sp.diff(two_left, e), e, 0, "+"),
            -1 / sp.sqrt(2),
            "With two weights left, P = e and Q = e² for e = E₁: the time diverges like −ln(e)/√2.",
        ),
        equal(
            sp.Subs(c - sp.log(e) / sp.sqrt(2), e, sp.exp(sp.sqrt(2) * (c - x))),
            x,
            "All other levels give a finite c, so λT exceeds x when e is below exp(√2 (c − x)).",
        ),
        order(
            1 - sp.exp(-e),
            e,
            e,
            2,
            "The exponential E₁ is below a small e with probability e.",
        ),
    )


def _noise_below_level_merit() -> float:
    return float(np.loadtxt(TABLE, delimiter=",", encoding="utf-8")[:, 3].max())


derivations = (
    Derivation(
        name="time_below_level",
        statement=(
            "With a fluid of weights below level K, the time there is the integral of a smooth function."
        ),
        source="own",
        status="asymptotic",
        proof=_fluid_steps,
        prediction="theory.sparsification.time_to_sparsity",
    ),
    Derivation(
        name="noise_below_level",
        statement="The noise of the weights below level K adds 88√2/1125 K^(−3/2) to the expected time.",
        source="own",
        status="asymptotic",
        proof=_noise_steps,
        prediction="theory.sparsification.time_to_sparsity",
        merit=Merit("standard error of the law at most {:.0e}", _noise_below_level_merit),
    ),
    Derivation(
        name="time_tail",
        statement="P(λT > x) falls like exp(−√2 x): the two largest weights are nearly equal.",
        source="own",
        status="proved",
        proof=_tail_steps,
    ),
)

if __name__ == "__main__":
    rebuild()
