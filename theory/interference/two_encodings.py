"""Interference of two encodings: how it decays, and what it does to two features on one neuron.

How strong it is at the start is in `theory.interference.initial`; what feature benefit and L1 make of
collisions, in `theory.interference.malign`.
"""

import numpy as np
import sympy as sp
from sympy.codegen.rewriting import expm1_opt, optimize

from theory.common import arguments
from theory.derivation import Derivation, Step, define, equal, function, order
from theory.flow.loss import forces, terms
from theory.notation import (
    a as weight_a,
    a_0 as a0,
    b as weight_b,
    b_0 as b0,
    conserved as delta,
    encodings,
    eps,
    g_0 as g0,
    moving,
    p_component,
    q_component,
    t,
    x,
    y,
)

# two encodings of unit length, alone: a(t) from a(0) = a0
INNER_PRODUCT = a0 * sp.exp(-2 * t) / (1 - a0**2 * (1 - sp.exp(-2 * t)) ** 2)

# the square of the smaller of two colliding weights, Δ = a0² − b0², and its limit for Δ → 0
SMALLER = b0**2 * delta * sp.exp(-2 * delta * t) / (delta + b0**2 * (1 - sp.exp(-2 * delta * t)))
SMALLER_OF_EQUALS = b0**2 / (1 + 2 * b0**2 * t)


def inner_product(a0: float, times: np.ndarray) -> np.ndarray:
    """Return the inner product of two unit encodings that meet no third one, at the given flow times.

    Parameters
    ----------
    a0 : float
        Inner product at time 0, between 0 and 1. It falls like ``e^{−2t}``, exactly so while it is small.
    times : array_like
        Flow times, increasing.

    Returns
    -------
    numpy.ndarray, shape (time,)

    Raises
    ------
    TypeError, ValueError
        If a0 is not between 0 and 1 or the times are no grid.

    Notes
    -----
    λ = 0, feature benefit and interference. Seed 001 has the exponential; own closed form ``inner_product``.
    """
    a0 = arguments.real("a0", a0, above=0, below=1)
    return _inner_product(arguments.times("times", times), a0)


def malign_collision(a0: float, b0: float, times: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return two weights of the same sign on one neuron under interference alone: the larger one wins.

    Parameters
    ----------
    a0, b0 : float
        The weights at time 0, above 0.
    times : array_like
        Flow times, increasing.

    Returns
    -------
    a, b : numpy.ndarray, each of shape (time,)

    Raises
    ------
    TypeError, ValueError
        If a weight is not above 0 or the times are no grid.

    Notes
    -----
    ``a² − b² = Δ`` is conserved and ``b²(t) = Δ / ((1 + Δ/b₀²) e^{2Δt} − 1)``. Seed 001, "Benign and malign
    collisions", has the mechanism; own closed form ``malign_collision``.
    """
    times = arguments.times("times", times)
    a0, b0 = arguments.real("a0", a0, above=0), arguments.real("b0", b0, above=0)
    if a0 < b0:
        return malign_collision(b0, a0, times)[::-1]
    gap = (a0 - b0) * (a0 + b0)
    smaller = _smaller(times, b0, gap) if gap > 0 else _smaller_of_equals(times, b0)
    return np.sqrt(gap + smaller), np.sqrt(smaller)


_inner_product = function(INNER_PRODUCT, t, a0)
_smaller = function(optimize(SMALLER, [expm1_opt]), t, b0, delta)  # accurate for nearly equal weights, too
_smaller_of_equals = function(SMALLER_OF_EQUALS, t, b0)


def _inner_product_steps() -> tuple[Step, ...]:
    W = encodings(2, 2, positive=True)  # in the plane of the two, ReLU on
    force = forces(W, sp.Integer(0))
    flow = force["feature_benefit"] + force["interference"]
    first, second = W.row(0), W.row(1)
    p, q = moving(p_component), moving(q_component)
    mirror = dict(zip(W, (p, q, p, -q), strict=True))
    logistic = g0 * sp.exp(2 * t) / (1 + g0 * (sp.exp(2 * t) - 1))
    return (
        equal(
            flow.row(0).dot(second) + first.dot(flow.row(1)),
            2 * (1 - first.dot(first) - second.dot(second)) * first.dot(second),
            "Change of a positive inner product: it falls while the squared norms sum to more than 1.",
        ),
        define(sp.Derivative(p, t), flow[0, 0].subs(mirror), "Equal norms: W_1 = (p, q) and W_2 = (p, -q)."),
        define(sp.Derivative(q, t), flow[0, 1].subs(mirror), "The flow keeps this form."),
        equal(sp.Derivative(2 * p**2, t), 2 * (1 - 2 * p**2) * 2 * p**2, "The sum a + |W|^2 is logistic,"),
        equal(sp.Derivative(2 * q**2, t), 2 * (1 - 2 * q**2) * 2 * q**2, "and so is |W|^2 - a."),
        equal(
            sp.Derivative(logistic, t),
            2 * (1 - logistic) * logistic,
            "The logistic function from g_0 at t = 0.",
        ),
        equal(
            (logistic.subs(g0, 1 + a0) - logistic.subs(g0, 1 - a0)) / 2,
            INNER_PRODUCT,
            "The inner product is half the difference of the two, here from unit norms.",
        ),
        equal(sp.Subs(INNER_PRODUCT, t, 0), a0, "It is a_0 at t = 0."),
        order(
            INNER_PRODUCT,
            a0 * sp.exp(-2 * t) * (1 + a0**2 * (1 - sp.exp(-2 * t)) ** 2),
            a0,
            5,
            "A small inner product decays at rate 2; the correction is of third order.",
        ),
        order(
            INNER_PRODUCT.subs(t, -sp.log(eps) / 2),
            a0 / (1 - a0**2) * eps - 2 * a0**3 / (1 - a0**2) ** 2 * eps**2,
            eps,
            3,
            "In the end every one does, as epsilon = exp(-2t) falls, from an effective start above a_0.",
        ),
    )


def _malign_steps() -> tuple[Step, ...]:
    a, b = moving(weight_a), moving(weight_b)
    force_a, force_b = forces(sp.Matrix([x, y]), sp.Integer(0))["interference"].subs({x: a, y: b})
    return (
        define(
            sp.Derivative(a, t), force_a, "Interference on the first of two positive weights on one neuron,"
        ),
        define(sp.Derivative(b, t), force_b, "and on the second."),
        equal(sp.Derivative(a**2, t), sp.Derivative(b**2, t), "Delta = a^2 - b^2 is conserved."),
        equal(sp.Derivative(b**2, t), -2 * b**2 * a**2, "The square of the smaller one, a^2 = Delta + b^2,"),
        equal(
            sp.Derivative(SMALLER, t),
            -2 * SMALLER * (delta + SMALLER),
            "is therefore solved by this function,",
        ),
        equal(sp.Subs(SMALLER, t, 0), b0**2, "which is b_0^2 at t = 0."),
        equal(
            SMALLER,
            delta / ((1 + delta / b0**2) * sp.exp(2 * delta * t) - 1),
            "The same in a shorter form.",
        ),
        equal(
            SMALLER / (delta + SMALLER),
            b0**2 / (delta + b0**2) * sp.exp(-2 * delta * t),
            "b^2 / a^2 falls exponentially: the smaller one leaves, and the larger one ends at sqrt(Delta).",
        ),
        order(
            SMALLER,
            SMALLER_OF_EQUALS * (1 - 2 * delta * t * (1 + b0**2 * t) / (1 + 2 * b0**2 * t)),
            delta,
            2,
            "Equal weights both leave, like 1 / sqrt(2 t).",
        ),
    )


def _benign_steps() -> tuple[Step, ...]:
    clipped = sp.Max(0, -x * y, evaluate=False)
    return (
        equal(
            2 * clipped**2,
            terms(sp.Matrix([x, -y]), sp.Integer(0))["interference"],
            "What the loss contains of two weights of opposite sign on one neuron, x and -y:",
        ),
        equal(sp.Derivative(clipped, x), 0, "the ReLU clips it to 0, and neither weight feels a force."),
        equal(sp.Derivative(sp.Max(0, x * y), x), y, "With the same sign it would not."),
    )


derivations = (
    Derivation(
        name="inner_product",
        statement="A positive inner product of two near-unit encodings decays like exp(-2t).",
        source="seed 001, How strong is the interference?; closed form own",
        status="proved",
        proof=_inner_product_steps,
        domains={a0: (0.1, 0.9)},
        prediction="theory.interference.inner_product",
    ),
    Derivation(
        name="malign_collision",
        statement="Of two features with the same sign on one neuron, the larger drives the other one out.",
        source="seed 001, Benign and malign collisions; closed form own",
        status="proved",
        proof=_malign_steps,
        prediction="theory.interference.malign_collision",
    ),
    Derivation(
        name="benign_collision",
        statement="Two features with opposite signs on one neuron feel no force from each other.",
        source="seed 001, Benign and malign collisions",
        status="proved",
        proof=_benign_steps,
    ),
)
