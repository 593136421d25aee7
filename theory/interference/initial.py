"""Interference at the start, when encodings are random: its mean, its variance, its share of the forces."""

import numpy as np
import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, equal, function
from theory.model import Autoencoder
from theory.notation import N, c_init as c, k, m, n, normal as u, product_std as s, sigma

# Along an encoding: interference Σ_{j≠i} ReLU(W_i·W_j)² and feature benefit (1 − ‖W_i‖²)‖W_i‖²
INITIAL_STRENGTH = (n - 1) * m * sigma**4 / 2
INITIAL_VARIANCE = (n - 1) * m * sigma**8 * (5 * (m + 2) + 2 * (n - 1)) / 4
BENEFIT_SQUARED = m * (m + 2) * sigma**4 * (1 - 2 * (m + 4) * sigma**2 + (m + 4) * (m + 6) * sigma**4)
INITIAL_SHARE = INITIAL_STRENGTH / sp.sqrt(BENEFIT_SQUARED)
# The vector Σ_{j≠i} ReLU(W_i·W_j) W_j: mean squares of its parts along and across the encoding
ALONG_SQUARED = (n - 1) * (n + 4) * m * sigma**6 / 4
ACROSS_SQUARED = (n - 1) * (m - 1) * m * sigma**6 / 2


def initial_strength(model: Autoencoder) -> float:
    """Return the mean interference on an encoding at the start, along the encoding.

    ``E Σ_{j≠i} ReLU(W_i·W_j)² = (n − 1) m σ⁴ / 2``, which is ``(n − 1)/(2m)`` for σ = 1/√m (seed 001, "How
    strong is the interference?").
    """
    return float(_initial_strength(*_parameters(model)))


def initial_variance(model: Autoencoder) -> float:
    """Return the variance of the interference on an encoding at the start, along the encoding.

    ``(n − 1) m σ⁸ (5(m + 2) + 2(n − 1)) / 4``, own derivation ``initial_variance``.
    """
    return float(_initial_variance(*_parameters(model)))


def initial_share(model: Autoencoder) -> float:
    """Return the mean interference over the root mean square of the feature benefit, along an encoding.

    About ``(n − 1) c² / (2m |1 − c²|)`` for σ = c/√m, so weak while n ≪ m, as seed 001 says. But at c = 1 the
    feature benefit nearly vanishes and the share is ``(n − 1)/√(8m)``: weak only while n ≪ √m.
    """
    return float(_initial_share(*_parameters(model)))


def initial_length(model: Autoencoder) -> float:
    """Return the root mean square length of the interference on an encoding at the start.

    ``√((n − 1)(2m + n + 2) m σ⁶ / 4)``, about √(ρ + ρ²) with ρ = (n − 1)/(2m) for σ = 1/√m, where only ρ is
    along the encoding. Own derivation ``initial_direction``.
    """
    return float(_initial_length(*_parameters(model)))


def initial_along(model: Autoencoder) -> float:
    """Return the share of the mean squared length of initial interference that is along the encoding.

    ``(n + 4)/(2m + n + 2)``, about ρ/(1 + ρ): while n ≪ m interference turns encodings and hardly shortens
    them. Own derivation ``initial_direction``.
    """
    return float(_initial_along(*_parameters(model)))


_initial_length = function(sp.sqrt(ALONG_SQUARED + ACROSS_SQUARED), n, m, sigma)
_initial_along = function(ALONG_SQUARED / (ALONG_SQUARED + ACROSS_SQUARED), n, m, sigma)
_initial_strength = function(INITIAL_STRENGTH, n, m, sigma)
_initial_variance = function(INITIAL_VARIANCE, n, m, sigma)
_initial_share = function(INITIAL_SHARE, n, m, sigma)


def _parameters(model: Autoencoder) -> tuple[int, int, float]:
    arguments.instance("model", model, Autoencoder)
    return model.n_features, model.n_neurons, model.init_std


def _normal(scale: sp.Expr) -> sp.Expr:
    """Return the density in u of a normal variable with mean 0."""
    return sp.exp(-(u**2) / (2 * scale**2)) / (sp.sqrt(2 * sp.pi) * scale)


def _strength_steps() -> tuple[Step, ...]:
    return (
        equal(
            sp.Integral(u**2 * _normal(s), (u, 0, sp.oo)),
            s**2 / 2,
            "Given W_i, the inner product with another encoding is normal with mean 0 and standard deviation "
            "s = sigma |W_i|. The ReLU keeps its positive half.",
        ),
        equal(
            sp.Sum(sp.Integral(u**2 * _normal(sigma), (u, -sp.oo, sp.oo)), (k, 1, m)),
            m * sigma**2,
            "The mean squared norm of an encoding.",
        ),
        equal(
            (n - 1) * sp.UnevaluatedExpr(sigma**2 / 2) * sp.UnevaluatedExpr(m * sigma**2),
            INITIAL_STRENGTH,
            "Both together, for n - 1 other encodings.",
        ),
        equal(
            sp.Subs(INITIAL_STRENGTH, sigma, 1 / sp.sqrt(m)),
            (n - 1) / (2 * m),
            "At sigma = 1/sqrt(m), where encodings start with length about 1.",
        ),
    )


def _variance_steps() -> tuple[Step, ...]:
    def moment(power: int) -> sp.Expr:
        return sp.Integral(u**power * _normal(sigma), (u, -sp.oo, sp.oo))

    norm, squared = m * moment(2), m * moment(4) + m * (m - 1) * moment(2) ** 2
    return (
        equal(
            sp.Integral(u**4 * _normal(s), (u, 0, sp.oo)) - (s**2 / 2) ** 2,
            5 * s**4 / 4,
            "Variance of one term, ReLU(W_i.W_j)^2, given W_i; s = sigma |W_i|.",
        ),
        equal(squared, m * (m + 2) * sigma**4, "Mean of |W_i|^4,"),
        equal(squared - norm**2, 2 * m * sigma**4, "and the variance of |W_i|^2."),
        equal(
            (n - 1) * 5 * sigma**4 / 4 * m * (m + 2) * sigma**4
            + ((n - 1) * sigma**2 / 2) ** 2 * 2 * m * sigma**4,
            INITIAL_VARIANCE,
            "Mean of the variance given W_i plus variance of the mean given W_i.",
        ),
        equal(
            sp.Subs(INITIAL_VARIANCE, sigma, 1 / sp.sqrt(m)),
            (n - 1) * (5 * m + 2 * n + 8) / (4 * m**3),
            "At sigma = 1/sqrt(m).",
        ),
    )


def _direction_steps() -> tuple[Step, ...]:
    fourth = sp.Integral(u**4 * _normal(s), (u, 0, sp.oo))
    square = sp.Integral(u**2 * _normal(s), (u, 0, sp.oo))
    across = sp.Sum(sp.Integral(u**2 * _normal(sigma), (u, -sp.oo, sp.oo)), (k, 2, m))
    length = m * sigma**2  # mean of |W_i|^2
    return (
        equal(
            (n - 1) * fourth + (n - 1) * (n - 2) * square**2,
            (n - 1) * (n + 4) * s**4 / 4,
            "Mean square of the sum of ReLU(W_i.W_j)^2 given W_i, s = sigma |W_i|. Over |W_i|^2 it is "
            "that of the part along the encoding,",
        ),
        equal(
            sp.Subs((n - 1) * (n + 4) * s**4 / 4, s, sp.sqrt(N) * sigma) / N,
            (n - 1) * (n + 4) * sigma**4 * N / 4,
            "in proportion to N = |W_i|^2,",
        ),
        equal(
            sp.Subs((n - 1) * (n + 4) * sigma**4 * N / 4, N, length),
            ALONG_SQUARED,
            "whose mean is m sigma^2.",
        ),
        equal(
            (n - 1) * sp.Subs(square, s, sp.sqrt(N) * sigma) * across,
            (n - 1) * (m - 1) * sigma**4 * N / 2,
            "Across it each W_j is normal in m - 1 dimensions, whatever its inner product: squares add up.",
        ),
        equal(sp.Subs((n - 1) * (m - 1) * sigma**4 * N / 2, N, length), ACROSS_SQUARED, "On average over N."),
        equal(
            sp.Subs(ALONG_SQUARED + ACROSS_SQUARED, sigma, 1 / sp.sqrt(m)),
            (n - 1) * (2 * m + n + 2) / (4 * m**2),
            "Squared length at sigma = 1/sqrt(m): rho + rho^2 with rho = (n - 1)/(2m), up to order 1/m.",
        ),
        equal(
            ALONG_SQUARED / (ALONG_SQUARED + ACROSS_SQUARED),
            (n + 4) / (2 * m + n + 2),
            "The share along the encoding, whatever sigma: small while n << m.",
        ),
    )


def _share_steps() -> tuple[Step, ...]:
    def norm(power: int) -> sp.Expr:
        """Return the mean of |W_i| to a power, by the density of a chi-square variable u."""
        density = u ** (m / 2 - 1) * sp.exp(-u / 2) / (2 ** (m / 2) * sp.gamma(m / 2))
        return sp.Integral((sigma**2 * u) ** (power // 2) * density, (u, 0, sp.oo))

    with_c = {sigma: c / sp.sqrt(m)}
    return (
        equal(
            norm(4) - 2 * norm(6) + norm(8),
            BENEFIT_SQUARED,
            "Mean square of the feature benefit along an encoding, (1 - |W_i|^2) |W_i|^2.",
        ),
        equal(
            INITIAL_SHARE.subs(sigma, 1 / sp.sqrt(m)),
            (n - 1) / (2 * sp.sqrt(2 * (m + 2) * (m + 12)) / sp.sqrt(m)),
            "At sigma = 1/sqrt(m) the feature benefit is only of order sqrt(2/m), as encodings start with "
            "length about 1. So there interference is weak only while n is small against sqrt(m).",
        ),
        equal(
            BENEFIT_SQUARED.subs(with_c),
            c**4 * (1 + 2 / m) * ((1 - c**2) ** 2 + (10 * c**4 - 8 * c**2) / m + 24 * c**4 / m**2),
            "At sigma = c/sqrt(m) it is c^4 (1 - c^2)^2 up to terms of order 1/m,",
        ),
        equal(
            sp.Subs(INITIAL_STRENGTH, sigma, with_c[sigma]) / (c**2 * (1 - c**2)),
            (n - 1) * c**2 / (2 * m * (1 - c**2)),
            "and interference is weak while n is small against m.",
        ),
    )


def _initial_share_merit() -> float:
    n_features, n_neurons, c = 64, 1024, 0.5
    limit = (n_features - 1) * c**2 / (2 * n_neurons * (1 - c**2))
    return abs(initial_share(Autoencoder(n_features, n_neurons, 0.0, c / np.sqrt(n_neurons))) / limit - 1)


derivations = (
    Derivation(
        name="initial_interference",
        statement="At the start the interference along an encoding is (n-1)/(2m) on average.",
        source="seed 001, How strong is the interference?",
        status="proved",
        proof=_strength_steps,
        prediction="theory.interference.initial_strength",
    ),
    Derivation(
        name="initial_variance",
        statement="The variance of the interference along an encoding at the start.",
        source="own",
        status="proved",
        proof=_variance_steps,
        prediction="theory.interference.initial_variance",
    ),
    Derivation(
        name="initial_direction",
        statement=(
            "Initial interference is mostly across the encoding: (n+4)/(2m+n+2) of its mean squared "
            "length is along it."
        ),
        source="own; question from seed 001, How strong is the interference?",
        status="proved",
        proof=_direction_steps,
        prediction="theory.interference.initial_along",
    ),
    Derivation(
        name="initial_share",
        statement=(
            "At the start interference is weak against the feature benefit while n << m if sigma = c/sqrt(m) "
            "with c < 1, but only while n << sqrt(m) if c = 1."
        ),
        source="seed 001, How strong is the interference?; case c = 1 own",
        status="asymptotic",
        proof=_share_steps,
        domains={c: (0.1, 0.9)},
        prediction="theory.interference.initial_share",
        merit=Merit("relative error {:.1e} at c = 1/2, n = 64, m = 1024", _initial_share_merit),
    ),
)
