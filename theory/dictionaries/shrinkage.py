"""Shrinkage: how much an L1 dictionary takes of a feature, decoder bias included.

A feature is on with probability p, with values a of mean A along a direction that is orthogonal to those of
all others, and has a latent f of its own. A ReLU that reads it gives any ``f = (a − threshold)₊``, so that
each sample has the f that is best for it; the decoder bias β along the feature is there whether it is on or
not.
"""

from typing import NamedTuple

import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function
from theory.notation import (
    amplitude as a,
    decoder_bias as beta,
    l1_latents as lam,
    latent as f,
    mean_amplitude as mean,
    p_feature as p,
)

ON = (a - beta - f) ** 2 + lam * f  # loss of a sample with the feature on
BEST = a - beta - lam / 2
BIAS = lam * p / (2 * (1 - p))
MISSING = lam / (2 * (1 - p))  # a − f at the best bias


class Shrinkage(NamedTuple):
    """What an L1 dictionary does to a feature.

    Parameters
    ----------
    latent : float
        By how much the latent is less than the feature's value.
    output : float
        By how much the output is less, where the feature is on.
    bias : float
        Decoder bias along the feature, which the output has where it is off.
    """

    latent: float
    output: float
    bias: float


def l1_shrinkage(l1_coefficient: float, probability: float) -> Shrinkage:
    """Return by how much an L1 dictionary shrinks a feature that is orthogonal to all others.

    Parameters
    ----------
    l1_coefficient : float
        λ, at least 0, in the loss ``‖x − x̂‖² + λ Σ f``.
    probability : float
        Probability p that the feature is on, less than 1.

    Returns
    -------
    Shrinkage
        ``λ/(2(1 − p))`` in the latent, ``λ/2`` in the output, and the bias ``λp/(2(1 − p))``. They do not
        depend on the feature's values as long as all of these exceed the first.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation, ``l1_shrinkage``. Shrinkage by λ/2 at bias 0 is known since Wright & Sharkey (2024),
    "Addressing Feature Suppression in SAEs".
    """
    at = (
        arguments.real("l1_coefficient", l1_coefficient, least=0),
        arguments.real("probability", probability, least=0, below=1),
    )
    return Shrinkage(*(float(value) for value in _shrinkage(*at)))


_shrinkage = function((MISSING, a - (BEST + beta), BIAS), lam, p)


def _steps() -> tuple[Step, ...]:
    best_on = lam * (mean - beta) - lam**2 / 4
    loss = p * best_on + (1 - p) * beta**2
    return (
        equal(sp.Subs(sp.Derivative(ON, f), f, BEST), 0, "Of a sample with the feature on, this f is best,"),
        equal(sp.Derivative(ON, f, 2), 2, "since the loss is convex in f."),
        equal(ON.subs(f, BEST), lam * (a - beta) - lam**2 / 4, "Its loss is linear in the value a."),
        equal(
            sp.Subs(sp.Derivative(loss, beta), beta, BIAS),
            0,
            "So of all samples it depends on the mean value alone, and the bias is best here: L1 does not "
            "act on it.",
        ),
        equal(sp.Derivative(loss, beta, 2), 2 * (1 - p), "It is convex in the bias, too."),
        equal(a - BEST.subs(beta, BIAS), MISSING, "By so much the latent is less than the value,"),
        equal(sp.Add(a, -BEST, -beta, evaluate=False), lam / 2, "by so much the output."),
        equal(
            p * (mean - lam / 2) + (1 - p) * BIAS,
            p * mean,
            "The mean of the output is that of the feature.",
        ),
        equal(
            loss.subs(beta, 0) - loss.subs(beta, BIAS),
            lam**2 * p**2 / (4 * (1 - p)),
            "So much the bias saves.",
        ),
    )


derivations = (
    Derivation(
        name="l1_shrinkage",
        statement=(
            "An L1 dictionary with its bias takes lambda/(2(1 - p)) of a feature's latent, lambda/2 of its "
            "output, and outputs lambda p/(2(1 - p)) where the feature is off."
        ),
        source="own; without the bias Wright & Sharkey (2024), Addressing Feature Suppression in SAEs",
        status="proved",
        proof=_steps,
        domains={p: (0.05, 0.9)},
        prediction="theory.dictionaries.l1_shrinkage",
    ),
)
