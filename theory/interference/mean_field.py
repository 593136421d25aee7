"""Interference among many encodings: why what counts is how many features there are for √m neurons.

Inner products of random encodings are of the order of 1/√m. Interference pushes the positive ones to 0, at
rate 2. In doing so it moves an encoding away from a third one, too, with which the inner product is mostly
negative by then, and so rises: n such contributions of the order 1/m are as large as what is pushed when n
is about √m. In the limit of many neurons and n/m → 0, inner products are independent but for that mean.
"""

import numpy as np
import sympy as sp
from scipy.optimize import brentq

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, define, equal, function, order
from theory.flow.loss import forces
from theory.notation import (
    S_lifted as S,
    crowd as y,
    encodings,
    m,
    minus_mean,
    moving,
    n,
    normal as u,
    positive_part,
    pushed,
    t,
)

CROWDING = (n - 2) / sp.sqrt(m)  # third encodings, for √m neurons
DENSITY, NORMAL = sp.exp(-(u**2) / 2) / sp.sqrt(2 * sp.pi), (1 + sp.erf(u / sp.sqrt(2))) / 2
PUSHED = DENSITY.subs(u, S) + S * NORMAL.subs(u, S)  # mean of (u + S)₊
MEAN = (1 - sp.exp(-y * pushed)) / y  # minus the mean cosine


def mean_cosine(n_features: int, n_neurons: int) -> float:
    """Return the mean cosine of two encodings, times √m, once interference has pushed the positive ones to 0.

    ``−μ = −(M − S)``, where ``M = φ(S) + S Φ(S)`` and ``1 − yμ = e^{−yM}``, ``y = (n − 2)/√m``; from
    −0.40 for
    two encodings to −1/y for many. It does not depend on the standard deviation of the initial weights, as
    feature benefit changes lengths only. Own derivation ``mean_cosine``, for n ≪ m and before L1 matters.

    Raises
    ------
    TypeError, ValueError
        If there are less than 2 features or no neuron.
    """
    drift = third_party(n_features, n_neurons)
    return drift - float(_pushed(drift))


def third_party(n_features: int, n_neurons: int) -> float:
    """Return by how much third encodings lift a cosine, times √m: ``S``, about ``y/(4π)`` for few features.

    Raises
    ------
    TypeError, ValueError
        If there are less than 2 features or no neuron.
    """
    n_features = arguments.whole("n_features", n_features, least=2)
    n_neurons = arguments.whole("n_neurons", n_neurons, least=1)
    if n_features == 2:
        return 0.0
    crowding = float(_crowding(n_features, n_neurons))

    def left(drift: float) -> float:
        return float(_excess(drift, crowding))

    return float(brentq(left, 0.0, 1.0 + crowding))


_crowding = function(CROWDING, n, m)
_pushed = function(PUSHED, S)
_excess = function((pushed - MEAN - S).subs(pushed, PUSHED), S, y)


def _cosine_steps() -> tuple[Step, ...]:
    W = encodings(3, 3, positive=True)  # all inner products positive: the ReLU is on
    force = forces(W, sp.Integer(0))
    flow = force["feature_benefit"] + force["interference"]
    gram = W * W.T
    lengths = sp.sqrt(gram[0, 0] * gram[1, 1])
    cosine = gram[0, 1] / lengths
    benefit, rate = (
        sum(sp.diff(cosine, weight) * change for weight, change in zip(W, part, strict=True))
        for part in (force["feature_benefit"], flow)
    )
    small = (gram[0, 1] ** 2 + gram[0, 2] ** 2) / gram[0, 0] + (gram[0, 1] ** 2 + gram[1, 2] ** 2) / gram[
        1, 1
    ]
    return (
        equal(benefit, 0, "Feature benefit changes lengths and no angle: it leaves a cosine as it is."),
        equal(
            rate,
            -(gram[0, 0] + gram[1, 1]) * cosine - 2 * gram[0, 2] * gram[1, 2] / lengths + cosine * small,
            "Interference lets a positive cosine of two encodings decay at rate 2N. As each of the two "
            "leaves "
            "a third encoding, it changes by the third one's inner products with both; the rest is smaller "
            "by "
            "a factor n/m. With N dt as clock, lengths have no part in it: neither has the initial standard "
            "deviation.",
            symbolic=False,
        ),
    )


def _mean_steps() -> tuple[Step, ...]:
    M, mu, p, lift = (moving(symbol) for symbol in (pushed, minus_mean, positive_part, S))
    start = y / (4 * sp.pi)
    return (
        define(
            sp.Derivative(M, t),
            2 * p,
            "Cosines times sqrt(m) start standard normal. Those above 0 decay at rate 2 (time is N dt), so "
            "that "
            "by this mean rate they are pushed down, p being the mean positive part;",
        ),
        define(
            sp.Derivative(lift, t),
            2 * y * p * mu,
            "and each is lifted by n third encodings: twice the mean positive part, with the one, times the "
            "mean -mu, with the other, over sqrt(m). Here y = n/sqrt(m) comes in, and nothing else does.",
        ),
        define(sp.Derivative(mu, t), 2 * p - 2 * y * p * mu, "Both together change the mean."),
        equal(sp.Derivative(lift, t), sp.Derivative(M - mu, t), "So S = M - mu at all times,"),
        equal(
            sp.Derivative(sp.log(1 - y * mu), t),
            -y * sp.Derivative(M, t),
            "and 1 - y mu = exp(-y M): the squared length of the sum of all encodings over its start. It "
            "stays positive, so mu < 1/y however many features there are.",
        ),
        equal(
            sp.Integral((u + S) * DENSITY, (u, -S, sp.oo)),
            PUSHED,
            "In the end all that would be above 0, (u + S)_+ of a cosine that starts at u, has been pushed "
            "down, whenever it was lifted. This M and S = M - (1 - exp(-y M))/y fix both.",
        ),
        equal(sp.Subs(PUSHED, S, 0), 1 / sp.sqrt(2 * sp.pi), "Two encodings alone: mu = M = 0.399."),
        order(
            (pushed - MEAN).subs(pushed, PUSHED).subs(S, start),
            start,
            y,
            2,
            "To first order in the number of features third encodings lift by S = y/(4 pi),",
        ),
        order(
            (PUSHED - S).subs(S, start),
            1 / sp.sqrt(2 * sp.pi) - y / (8 * sp.pi),
            y,
            2,
            "and the mean cosine is nearer to 0 by half of that.",
        ),
        equal(sp.Limit(y * MEAN, y, sp.oo), 1, "With many features mu comes to 1/y."),
    )


def _merit() -> float:
    first_order = 1 / np.sqrt(2 * np.pi) - float(_crowding(10, 256)) / (8 * np.pi)
    return abs(first_order / -mean_cosine(10, 256) - 1)


derivations = (
    Derivation(
        name="cosines",
        statement="Feature benefit leaves cosines of encodings alone; interference changes them in the "
        "clock N dt.",
        source="own",
        status="proved",
        proof=_cosine_steps,
    ),
    Derivation(
        name="mean_cosine",
        statement=(
            "When interference has pushed positive inner products to 0, the mean cosine of two encodings "
            "is a "
            "function of n/sqrt(m) over sqrt(m), whatever the initial standard deviation."
        ),
        source="own",
        status="asymptotic",
        proof=_mean_steps,
        domains={S: (0.1, 1)},
        prediction="theory.interference.mean_cosine",
        merit=Merit("its first order in n/√m is {:.1%} off at n = 10, m = 256", _merit),
    ),
)
