"""Absorption: an L1 dictionary turns the latent of a child towards its parent, until the parent's is silent.

A parent and a child have orthogonal directions and value 1 where they are on. The child is on alone with
probability q and with its parent with probability r; its *co-occurrence* is ``r/(q + r)``. There is a latent
for each, without decoder bias. The parent's latent keeps its direction; the child's is at an angle δ from its
own towards the parent. Each sample has the values of the latents that are best for it: a ReLU can give them,
since the samples are four points in a plane.
"""

import math

import sympy as sp
from scipy import optimize

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function, order
from theory.notation import (
    l1_latents as lam,
    p_alone as q,
    p_both as r,
    ratio as y,
    tilt as delta,
)

PARENT = sp.Matrix([1, 0])
CHILD = sp.Matrix([sp.sin(delta), sp.cos(delta)])  # direction of the child's latent
BOTH = sp.Matrix([1, 1])
SINE, COSINE = sp.sin(delta), sp.cos(delta)

PARENT_LATENT = 1 - sp.tan(delta) - lam / (2 * (1 + SINE))  # where both are on, while it is positive
CHILD_LATENT = 1 / COSINE - lam / (2 * (1 + SINE))
LOSS_BOTH = lam * (1 / COSINE + 1 - sp.tan(delta)) - lam**2 / (2 * (1 + SINE))
LOSS_CHILD = SINE**2 + lam * COSINE - lam**2 / 4  # where the child is on alone
RATIO = 2 * (sp.sin(2 * delta) - lam * SINE) * (1 + SINE) ** 2 / (lam * (2 * (1 + SINE) - lam * COSINE))
# r/q at which the loss is least at δ

LENGTH = SINE + COSINE  # of both features along the child's latent
LOSS_ABSORBED = 2 - LENGTH**2 + lam * LENGTH - lam**2 / 4
RATIO_ABSORBED = (sp.sin(2 * delta) - lam * SINE) / ((2 * LENGTH - lam) * (COSINE - SINE))
DIAGONAL = math.pi / 4 - 1e-13
SILENT = 2 * (1 + SINE) * (1 - sp.tan(delta))  # λ from which on the parent's latent is silent


def absorption_threshold(co_occurrence: float) -> float:
    """Return the L1 coefficient above which the parent's latent is silent wherever its child is on.

    Parameters
    ----------
    co_occurrence : float
        Probability that the parent is on where the child is, at least ¼ and below 1. If it is less, the child
        alone is lost before it is absorbed.

    Returns
    -------
    float
        λ, from 1.39 at ¼ to 0 at 1: a child that is never on alone is absorbed by any L1.

    Raises
    ------
    TypeError, ValueError
        If the co-occurrence is not as said above.

    Notes
    -----
    Own derivation, ``absorbed_child``, for features of value 1 and no decoder bias.
    """
    share = arguments.real("co_occurrence", co_occurrence, least=0.25, below=1)
    ratio = share / (1 - share)
    angle = optimize.brentq(lambda at: _ratio(at, _silent(at)) - ratio, 0.1, DIAGONAL, xtol=1e-14)
    return float(_silent(angle))


def child_tilt(l1_coefficient: float, co_occurrence: float) -> float:
    """Return the angle in radians by which the child's latent leans towards its parent.

    Parameters
    ----------
    l1_coefficient : float
        λ, above 0 and below √2, where a child alone may be lost.
    co_occurrence : float
        Probability that the parent is on where the child is, above 0 and below 1.

    Returns
    -------
    float
        About ``λ r / (2q)`` where that is small, and at most π/4.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivations, ``child_latent`` below `absorption_threshold`, ``absorbed_child`` above.
    """
    l1 = arguments.real("l1_coefficient", l1_coefficient, above=0, below=2**0.5)
    share = arguments.real("co_occurrence", co_occurrence, above=0, below=1)
    ratio = share / (1 - share)
    silent = optimize.brentq(lambda at: _silent(at) - l1, 0.1, DIAGONAL, xtol=1e-14)
    absorbed = ratio >= _ratio(silent, l1)
    law, low, high = (_ratio_absorbed, silent, DIAGONAL) if absorbed else (_ratio, 0.0, silent)
    if law(low, l1) >= ratio:  # at the threshold itself, but for rounding
        return float(low)
    return float(optimize.brentq(lambda at: law(at, l1) - ratio, low, high, xtol=1e-14))


def composing_gain(l1_coefficient: float) -> float:
    """Return by how much two features that are on together cost an L1 dictionary less as one latent.

    Parameters
    ----------
    l1_coefficient : float
        λ, above 0 and below 2.

    Returns
    -------
    float
        ``(2 − √2) λ − λ²/4`` for each sample with both on, above 0: with a latent to spare L1 always
        composes.

    Raises
    ------
    TypeError, ValueError
        If the coefficient is not as said above.

    Notes
    -----
    Own derivation, ``composed_latent``.
    """
    return float(_gain(arguments.real("l1_coefficient", l1_coefficient, above=0, below=2)))


_ratio = function(RATIO, delta, lam)
_ratio_absorbed = function(RATIO_ABSORBED, delta, lam)
_silent = function(SILENT, delta)

APART = 2 * lam - lam**2 / 2  # loss of a sample with both on and each in its latent
COMPOSED = sp.sqrt(2) * lam - lam**2 / 4
_gain = function(APART - COMPOSED, lam)


def _child_steps() -> tuple[Step, ...]:
    rest = BOTH - PARENT_LATENT * PARENT - CHILD_LATENT * CHILD
    alone = sp.Matrix([0, 1]) - (COSINE - lam / 2) * CHILD
    loss = r * LOSS_BOTH + q * LOSS_CHILD
    return (
        equal(
            2 * PARENT.dot(rest),
            lam,
            "With both on, what is left of the input pulls at the parent's latent as L1 does,",
        ),
        equal(2 * CHILD.dot(rest), lam, "and at the child's: these values are best."),
        equal(
            rest.dot(rest) + lam * (PARENT_LATENT + CHILD_LATENT),
            LOSS_BOTH,
            "Loss of such a sample: it falls with the angle, since fewer latents share the work.",
        ),
        equal(2 * CHILD.dot(alone), lam, "With the child alone its latent has this value,"),
        equal(
            alone.dot(alone) + lam * (COSINE - lam / 2),
            LOSS_CHILD,
            "and the loss grows with the angle.",
        ),
        equal(
            sp.Derivative(LOSS_BOTH, delta),
            -lam / (1 + SINE) + lam**2 * COSINE / (2 * (1 + SINE) ** 2),
            "Slopes by the angle:",
        ),
        equal(sp.Derivative(LOSS_CHILD, delta), sp.sin(2 * delta) - lam * SINE, "of both losses."),
        equal(
            sp.Subs(sp.Derivative(loss, delta), r, RATIO * q),
            0,
            "They balance at this ratio of r to q.",
        ),
        order(
            RATIO.subs(delta, y * lam),
            2 * y,
            lam,
            1,
            "So the latent leans by about lambda r/(2q), however weak L1 is.",
        ),
    )


def _absorbed_steps() -> tuple[Step, ...]:
    value = LENGTH - lam / 2
    rest = BOTH - value * CHILD
    loss = r * LOSS_ABSORBED + q * LOSS_CHILD
    at_silence = {lam: SILENT}
    return (
        equal(sp.Subs(PARENT_LATENT, lam, SILENT), 0, "At this lambda the parent's latent falls silent."),
        equal(2 * CHILD.dot(rest), lam, "From there on the child's latent alone has both features;"),
        equal(rest.dot(rest) + lam * value, LOSS_ABSORBED, "loss of such a sample."),
        equal(
            (2 * PARENT.dot(rest)).subs(at_silence),
            SILENT,
            "What is left of the input would turn the parent's latent on again just below that lambda.",
        ),
        equal(
            sp.Subs(sp.Derivative(loss, delta), r, RATIO_ABSORBED * q),
            0,
            "The slopes balance at this ratio of r to q,",
        ),
        equal(
            RATIO_ABSORBED.subs(at_silence),
            RATIO.subs(at_silence),
            "the same as below: absorption sets in without a jump.",
        ),
        equal(
            sp.Limit(SILENT, delta, sp.pi / 4),
            0,
            "A child that is never alone, at 45 degrees, is absorbed by any L1.",
        ),
    )


def _composed_steps() -> tuple[Step, ...]:
    return (
        equal(
            2 * (lam / 2) ** 2 + 2 * lam * (1 - lam / 2),
            APART,
            "Both features on, each in its latent of value 1 - lambda/2.",
        ),
        equal(
            (lam / 2) ** 2 + lam * (sp.sqrt(2) - lam / 2),
            COMPOSED,
            "A latent halfway between them, where their sum has length sqrt(2).",
        ),
        equal(
            sp.Subs(APART - COMPOSED, lam, 2),
            3 - 2 * sp.sqrt(2),
            "The latter is cheaper at lambda = 2, where features of value 1 are lost,",
        ),
        equal(
            sp.Subs(sp.Derivative(APART - COMPOSED, lam), lam, 0),
            2 - sp.sqrt(2),
            "and at the weakest L1;",
        ),
        equal(
            sp.Derivative(APART - COMPOSED, lam, 2),
            -sp.Rational(1, 2),
            "the gain is concave, so it is positive in between.",
        ),
    )


derivations = (
    Derivation(
        name="child_latent",
        statement=(
            "L1 turns the latent of a child towards its parent by about lambda r/(2q), with q and r the "
            "probabilities that the child is on alone and with its parent."
        ),
        source="own; absorption: Chanin et al., arXiv:2409.14507",
        status="proved",
        proof=_child_steps,
        domains={delta: (0.05, 0.5), lam: (0.05, 0.5)},
        prediction="theory.dictionaries.child_tilt",
    ),
    Derivation(
        name="absorbed_child",
        statement=(
            "The parent's latent is silent wherever its child is on above a strength of L1 that falls to 0 "
            "as the child is never on alone; absorption sets in without a jump."
        ),
        source="own; absorption: Chanin et al., arXiv:2409.14507",
        status="proved",
        proof=_absorbed_steps,
        domains={delta: (0.05, 0.7), lam: (0.05, 0.5)},
        prediction="theory.dictionaries.absorption_threshold",
    ),
    Derivation(
        name="composed_latent",
        statement=(
            "Two features that are on together cost an L1 dictionary (2 - sqrt(2)) lambda - lambda^2/4 less "
            "as one latent: with latents to spare it always composes."
        ),
        source="own",
        status="proved",
        proof=_composed_steps,
        domains={lam: (0.05, 1.9)},
        prediction="theory.dictionaries.composing_gain",
    ),
)
