"""Gaussian noise: an output knows its inner product and the strength of the noise on it, but no basis."""

import sympy as sp

from theory.derivation import Derivation, Step, equal
from theory.notation import inner_noise as a, normal as u, output_std as s


def density(x: sp.Expr) -> sp.Expr:
    """Return the standard normal density φ(x)."""
    return sp.exp(-(x**2) / 2) / sp.sqrt(2 * sp.pi)


def probability(x: sp.Expr) -> sp.Expr:
    """Return the standard normal distribution function Φ(x)."""
    return (1 + sp.erf(x / sp.sqrt(2))) / 2


# Means over normal noise v of standard deviation s.
MEAN = a * probability(a / s) + s * density(a / s)  # E ReLU(a + v)
SQUARE = (a**2 + s**2) * probability(a / s) + a * s * density(a / s)  # E ReLU(a + v)²


def _gaussian_steps() -> tuple[Step, ...]:
    normal = density(u / s) / s
    return (
        equal(
            sp.Integral((a + u) * normal, (u, -a, sp.oo)),
            MEAN,
            "Mean of an output with normal noise of standard deviation s. The ReLU cuts at v = -a.",
        ),
        equal(
            sp.Integral((a + u) ** 2 * normal, (u, -a, sp.oo)),
            SQUARE,
            "Mean square: the interference of a pair.",
        ),
        equal(
            sp.Integral((1 - a - u) ** 2 * normal, (u, -a, sp.oo)) + probability(-a / s),
            1 - 2 * MEAN + SQUARE,
            "Mean squared error of the own output, which is 1 where the ReLU is off.",
        ),
        equal(
            sp.diff(SQUARE, a),
            2 * MEAN,
            "The force along the other encoding: always repulsive, so inner products fall below 0.",
        ),
        equal(
            sp.diff(SQUARE, s) / (2 * s),
            probability(a / s),
            "The force on the norm. Everything depends on the encoding through a and s alone: no basis.",
        ),
    )


derivations = (
    Derivation(
        name="gaussian_noise",
        statement="Under Gaussian noise the expected loss has a closed form that does not know the basis.",
        source="arXiv:2312.03096, noise instead of L1",
        status="proved",
        proof=_gaussian_steps,
        prediction="theory.noise.expected_loss",
    ),
)
