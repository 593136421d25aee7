"""Two-layer toy model: what a neuron saves that features share, beside one of a single feature.

A neuron that reads r features alike, ``w·p_i = 1`` for r directions at right angles, has ``‖w‖² = r``: it
sees the interference of all others with standard deviation √r s, and is on for a feature of its own with
probability r ε, as long as features are rare. It answers to all r outputs with the same weight α, so that
the loss of its features is ``r (ε/3 − 2ε α B + α² P)`` with the B and P of `theory.two_layer.monosemantic`
at √r s and r ε. At bias 0 it saves as much as a neuron of one feature; a negative bias makes sharing
expensive.
"""

import numpy as np
import sympy as sp
from scipy import optimize

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, define, equal, function, order
from theory.noise.gaussian import density, probability as normal
from theory.notation import (
    B_signal,
    P_power,
    interference_std as s,
    occurrence as eps,
    rarity as q,
    sharing as r,
    threshold_beta as beta,
    threshold_in_std as t,
    weight as alpha,
)
from theory.two_layer.monosemantic import POWER, SIGNAL, moment, power, signal

_SHARED = {eps: r * eps, s: sp.sqrt(r) * s}
SAVED = r * eps**2 * SIGNAL.subs(_SHARED, simultaneous=True) ** 2 / POWER.subs(_SHARED, simultaneous=True)
REACH = 0.5  # largest bias, in size, at which sharing may begin to pay


def saved(n_shared: int, bias: float, probability: float, std: float) -> float:
    """Return by how much a neuron lowers the loss of the features that share it, at the best weight.

    Parameters
    ----------
    n_shared : int
        Number r of features that it reads alike, at least 1; 1 for a monosemantic neuron.
    bias : float
        Over its weight from each of them.
    probability : float
        ε, above 0; r ε is at most 1.
    std : float
        Standard deviation s of the interference on a feature, above 0.

    Returns
    -------
    float
        Of a loss r ε/3 without it.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation, ``price_of_sharing``; features of one neuron that are on together are left out.
    """
    shared = arguments.whole("n_shared", n_shared, least=1)
    bias, std = arguments.real("bias", bias), arguments.real("std", std, above=0)
    each = arguments.real("probability", probability, above=0, most=1 / shared)
    return float(_saved(float(shared), -bias, each, std))


def sharing_bias(probability: float, std: float, n_shared: int = 2) -> float:
    """Return the bias at which a shared neuron saves as much as a monosemantic one; below, it saves less.

    Parameters
    ----------
    probability, std, n_shared
        As `saved` takes them, with at least two features.

    Returns
    -------
    float
        Over the weight; near 0 as long as ε and s are small. NaN if there is none within ±0.5.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation, ``price_of_sharing``.
    """
    arguments.whole("n_shared", n_shared, least=2)

    def more(bias: float) -> float:
        return saved(n_shared, bias, probability, std) - saved(1, bias, probability, std)

    if more(-REACH) >= 0 or more(REACH) <= 0:
        return float(np.nan)
    return float(optimize.brentq(more, -REACH, REACH, xtol=1e-12))


_saved = function(SAVED, r, beta, eps, s)


def _near_moment(k: int, at: sp.Expr) -> sp.Expr:
    """Return a rectified moment, at 1 − β without the tail of the interference that reaches from 0 to 1."""
    if at + beta != 1:
        return moment(k, at)
    return {2: at**2 + s**2, 3: at**3 + 3 * at * s**2}[k]


def _near_saved(threshold: sp.Expr) -> sp.Expr:
    """Return what a shared neuron saves, without that tail."""
    B, P = signal(_near_moment, beta), power(_near_moment, beta, eps)
    return (r * eps**2 * B.subs(_SHARED, simultaneous=True) ** 2 / P.subs(_SHARED, simultaneous=True)).subs(
        beta, threshold
    )


def _noise(at: sp.Expr) -> sp.Expr:
    """Return ``E ReLU(z − at)²`` for a standard normal z."""
    return (1 + at**2) * normal(-at) - at * density(at)


def _sharing_steps() -> tuple[Step, ...]:
    B, P = B_signal, P_power
    quadratic = r * (eps / 3 - 2 * alpha * eps * B + alpha**2 * P)
    at_zero, at_threshold = _near_saved(sp.Integer(0)), _near_saved(t * s)
    return (
        equal(
            r * eps / 3 - sp.Subs(quadratic, alpha, eps * B / P),
            r * eps**2 * B**2 / P,
            "What a shared neuron saves at the best weight.",
        ),
        define(eps, q * s**2, "Features so rare that noise and signal are of the same order."),
        order(
            at_zero / at_zero.subs(r, 1),
            1,
            s,
            2,
            "At threshold 0, but for terms of order exp(-1/(2 r s^2)), it saves as much as a monosemantic "
            "neuron: noise and signal both grow with r.",
        ),
        order(
            at_threshold / at_threshold.subs(r, 1),
            (_noise(t) + q / 3) / (_noise(t / sp.sqrt(r)) + q / 3),
            s,
            1,
            "At a threshold of t s it saves less for t > 0, since the noise that it lets through, which "
            "falls with t, falls more slowly by the square root of r; and more for t < 0.",
        ),
        equal(
            sp.Derivative(_noise(t), t),
            2 * (t * normal(-t) - density(t)),
            "That noise does fall with t.",
            symbolic=False,
        ),
    )


def _sharing_merit() -> float:
    return abs(sharing_bias(1 / 64, 0.2))


derivations = (
    Derivation(
        name="price_of_sharing",
        statement=(
            "A neuron shared by r rare features saves less loss than a monosemantic one if its bias is "
            "negative, more if it is positive, and as much at 0."
        ),
        source="own, for the model of seed 000 (arXiv:2211.09169)",
        status="asymptotic",
        proof=_sharing_steps,
        domains={t: (-2, 2), r: (2, 5)},
        prediction="theory.two_layer.sharing_bias",
        merit=Merit("equal at a bias of size {:.4f}, not 0, at epsilon = 1/64, s = 0.2", _sharing_merit),
    ),
)
