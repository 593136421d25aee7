"""Splitting a polysemantic neuron: its two copies compute the same, and then its two features choose.

A benign pair holds its neuron with weights of opposite signs. Under tied weights each copy gets them divided
by √2, and noise tells the copies apart. Encodings soon have length 1 again, so that each is an angle on the
plane of the copies, measured from the diagonal: 0 is an equal share in both, ±π/4 is one copy alone. L1
turns each encoding away from the diagonal, and co-occurrence turns the two away from each other.
"""

import math

import numpy as np
import sympy as sp
from scipy import integrate, optimize, stats

from theory.co_occurrence.rare_features import checked_probability, sample_loss
from theory.common import arguments
from theory.derivation import Derivation, Step, define, equal, function, order
from theory.notation import (
    a,
    apart,
    b,
    both_angles,
    eps,
    lam,
    middle,
    moving,
    on as k,
    p_on as p,
    p_per_lam as q,
    r_pair as r,
    t,
    x,
    y,
)

TINY = 1e-150  # a difference at which sines are their arguments

TURN = sp.sqrt(2) * lam * sp.sin(a)  # speed of the angle a by L1
REPULSION = k * p * sp.sin(apart) * sp.cos(apart) / 2  # and by co-occurrence; k outputs are on
SPREADING = 2 * sp.sqrt(2) * lam * sp.cos(middle) * sp.sin(apart / 2) + 2 * REPULSION  # speed of delta
RISING = sp.sqrt(2) * lam * sp.sin(middle) * sp.cos(apart / 2)  # of M
PER_L1 = {p: q, lam: 1}  # speeds in the time λt
STEEPNESS = (middle / apart * SPREADING / RISING).subs(PER_L1)  # d ln delta / d ln M
CHOICE_TIME = sp.log(sp.tan(sp.pi / 8) / sp.tan(a / 2)) / (sp.sqrt(2) * lam)  # from the angle a to π/4


def separation_probability(noise_std: float, l1: float, probability: float) -> float:
    """Return the probability that the two features of a split neuron end on different copies.

    Parameters
    ----------
    noise_std : float
        Standard deviation s of the noise on the weights that are on the copies, above 0, below 1 and small
        against it.
    l1 : float
        λ, above 0.
    probability : float
        Probability p with which each feature is on, less than 1.

    Returns
    -------
    float
        1/2 without co-occurrence, whatever the noise. With it the more, the weaker the noise: what is missing
        to 1 falls like ``s^(p/(√2 λ))``. To leading order in λ, p and s.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation, ``choice_of_copies``. Both features choose the same copy if the difference of their angles
    is less than on the separatrix, which is followed back from where the first has chosen and the other
    stands still.
    """
    std = arguments.real("noise_std", noise_std, above=0, below=1)
    l1 = arguments.real("l1", l1, above=0)
    probability = checked_probability(probability)
    log_middle, log_apart = _separatrix(probability / l1, probability, math.log(std) - 10)
    starts = std / math.sqrt(2) * stats.halfnorm.ppf((np.arange(2000) + 0.5) / 2000)
    bound = np.exp(np.interp(np.log(starts), log_middle, log_apart))
    return float(stats.halfnorm.sf(bound / (std * math.sqrt(2))).mean())


def _separatrix(ratio: float, probability: float, lowest: float) -> tuple[np.ndarray, np.ndarray]:
    """Return ln M, from `lowest` on, and ln δ on the course between both outcomes."""

    def outputs(difference: float) -> int:
        return 1 + (difference**2 > probability)

    def balance(difference: float) -> float:  # of the second feature when the first has chosen
        push = _repulsion(difference, ratio, outputs(difference))
        return math.sqrt(2) * math.sin(math.pi / 4 - difference) - push

    def slope(log_middle: float, log_apart: np.ndarray) -> list[float]:
        difference = max(math.exp(log_apart[0]), TINY)
        return [_steepness(math.exp(log_middle), difference, ratio, outputs(difference))]

    last = optimize.brentq(balance, 0.0, math.pi / 4, xtol=TINY) if ratio else math.pi / 4
    back = np.linspace(math.log(math.pi / 4 - last / 2), lowest, 400)
    course = integrate.solve_ivp(
        slope, (back[0], back[-1]), [math.log(last)], t_eval=back, rtol=1e-6, max_step=0.5
    )
    return back[::-1], course.y[0][::-1]


_repulsion = function(REPULSION.subs(PER_L1), apart, q, k)
_steepness = function(STEEPNESS, middle, apart, q, k)


def _split_steps() -> tuple[Step, ...]:
    before = sp.Matrix([[x, a], [-y, b]])
    after = sp.Matrix([[x / sp.sqrt(2), x / sp.sqrt(2), a], [-y / sp.sqrt(2), -y / sp.sqrt(2), b]])
    encoder = sp.Matrix([[x, x, a], [-y, -y, b]])
    decoder = sp.Matrix([[x / 2, x / 2, a], [-y / 2, -y / 2, b]])
    inner = {(0, 0): "its length", (0, 1): "their inner product", (1, 1): "the length of the other"}
    return (
        *(
            equal(
                _written_out(after, after, *at),
                (before * before.T)[at],
                f"A neuron with the weights x, -y and all other neurons, a, b. Two copies with weights over "
                f"sqrt(2) leave of an encoding {name} as it is.",
            )
            for at, name in inner.items()
        ),
        equal(
            sp.Add(*(sp.Abs(weight) for weight in after[0, :2]), evaluate=False),
            sp.sqrt(2) * x,
            "So outputs and squared error do not change, and what L1 takes of the neuron grows by sqrt(2).",
        ),
        *(
            equal(
                _written_out(encoder, decoder, *at),
                (before * before.T)[at],
                "Untied, with the same incoming weights and half the outgoing ones: the same outputs, "
                f"shown for input {at[0] + 1} and output {at[1] + 1}.",
            )
            for at in ((0, 0), (0, 1), (1, 0))
        ),
    )


def _written_out(first: sp.Matrix, second: sp.Matrix, i: int, j: int) -> sp.Expr:
    """Return the inner product of two rows, neuron by neuron."""
    products = (sp.Mul(a, b, evaluate=False) for a, b in zip(first.row(i), second.row(j), strict=True))
    return sp.Add(*products, evaluate=False)


def _choice_steps() -> tuple[Step, ...]:
    angle = moving(both_angles)
    gap = moving(eps)
    first, second = (sp.Matrix([sp.cos(sp.pi / 4 - c), sp.sin(sp.pi / 4 - c)]) for c in (a, b))
    W = sp.Matrix([[1, 0], [-sp.cos(apart), -sp.sin(apart)]])  # seen from the first encoding
    larger, smaller = 1 + p / 4, 1 - p / 4
    sides = [TURN.subs(a, middle + sign * apart / 2) for sign in (1, -1)]
    return (
        equal(
            first.dot(-second),
            -sp.cos(a - b),
            "A benign pair on two copies, at the angles a and b from the diagonal: no positive inner "
            "product, so that nothing acts between the two features unless both are on.",
        ),
        equal(
            -lam * sp.Derivative(sum(first), a),
            TURN,
            "Lengths stay at 1, up to order lambda, and L1 turns each away from the diagonal, to the copy "
            "where it has the larger weight. So without co-occurrence each goes by its own noise, and they "
            "choose different copies with probability 1/2.",
        ),
        equal(
            sample_loss(W, (0, 1)),
            2 * sp.cos(apart) ** 2,
            "With both on, each of the two outputs has this error, by the difference delta of the angles.",
            symbolic=False,
        ),
        equal(
            -sp.Derivative(k * p * sp.cos(apart) ** 2 / 4, apart),
            REPULSION,
            "So if k of these outputs are on, co-occurrence turns each away from the other at this speed.",
        ),
        order(
            (smaller * (smaller - larger * sp.cos(apart))).subs(apart, r * sp.sqrt(p)),
            p * (r**2 - 1) / 2,
            p,
            2,
            "The pair was at rest at the lengths 1 +- p/4: the output of the shorter one is on from "
            "delta = sqrt(p) on. So k = 1 before, and then k = 2.",
        ),
        equal(sides[0] - sides[1] + 2 * REPULSION, SPREADING, "Speed of the difference,"),
        equal((sides[0] + sides[1]) / 2, RISING, "and of half the sum, M."),
        equal(
            sp.Subs(sp.Derivative(SPREADING, apart), apart, 0),
            sp.sqrt(2) * lam * sp.cos(middle) + k * p,
            "A small difference grows faster than the angle where they are together:",
        ),
        define(sp.Derivative(angle, t), TURN.subs(a, angle), "with the angle A of both"),
        define(
            sp.Derivative(gap, t),
            (sp.sqrt(2) * lam * sp.cos(angle) + k * p) * gap,
            "and a small difference epsilon,",
        ),
        equal(
            sp.Derivative(gap / sp.sin(angle), t),
            k * p * gap / sp.sin(angle),
            "their ratio grows like exp(k p t), exactly.",
        ),
        equal(sp.Derivative(CHOICE_TIME, a), -1 / TURN, "Time that L1 takes from the angle a to pi/4,"),
        equal(sp.Subs(CHOICE_TIME, a, sp.pi / 4), 0, "where the choice is made."),
        equal(
            sp.exp(k * p * CHOICE_TIME),
            (sp.tan(sp.pi / 8) / sp.tan(a / 2)) ** (k * p / (sp.sqrt(2) * lam)),
            "So the ratio grows until then by a power of the angle that noise gave: to stay together the "
            "angles of weak noise s have to agree to a share of the order s^(p/(sqrt(2) lambda)).",
        ),
    )


derivations = (
    Derivation(
        name="split_neuron",
        statement=(
            "Two copies of a neuron, with weights over sqrt(2) if tied and with half the outgoing weights "
            "if not, leave all outputs as they are; tied, their L1 norm is sqrt(2) times what it was."
        ),
        source="seed 001, Implications for mechanistic interpretability; the factor for tied weights is own",
        status="proved",
        proof=_split_steps,
    ),
    Derivation(
        name="choice_of_copies",
        statement=(
            "Two features of a split neuron separate with probability 1/2 without co-occurrence; with it "
            "what is missing to 1 falls like s^(p/(sqrt(2) lambda)) with the noise s."
        ),
        source="own; question from seed 001, Implications for mechanistic interpretability",
        status="asymptotic",
        proof=_choice_steps,
        domains={apart: (0.1, 1.4), a: (0.05, 0.7), b: (0.05, 0.7), middle: (0.1, 0.7), k: (1, 2)},
        prediction="theory.co_occurrence.separation_probability",
    ),
)
