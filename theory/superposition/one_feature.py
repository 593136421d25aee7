"""One feature on: the expected loss as a sum over pairs of features, in closed form.

With feature i on at x, output j is ``ReLU(g x + b)`` with ``g = W_i·W_j`` and its bias b. It is on for x from
u to v: the part of [0, 1] where ``g x + b > 0``. Everything that follows is polynomial in g, b, u and v.
"""

from typing import NamedTuple

import numpy as np
import sympy as sp

from theory.derivation import Derivation, Step, equal, function
from theory.notation import (
    b_bias as b,
    g_product as g,
    lower_end as u,
    upper_end as v,
    x_on as x,
)

# Moments of x where the output is on, and what they give.
M0, M1, M2 = ((v ** (k + 1) - u ** (k + 1)) / (k + 1) for k in range(3))
POWER = g**2 * M2 + 2 * g * b * M1 + b**2 * M0  # mean square of the output
OVERLAP = g * M2 + b * M1  # with the feature
LEVEL = g * M1 + b * M0  # mean of the output
OWN = sp.Rational(1, 3) - 2 * OVERLAP + POWER

POWER_SLOPES = (2 * OVERLAP, 2 * LEVEL)  # by g and b
OWN_SLOPES = (2 * OVERLAP - 2 * M2, 2 * LEVEL - 2 * M1)
POWER_CURVES = (2 * M2, 2 * M1, 2 * M0)  # by g twice, by g and b, by b twice
OWN_CURVES = tuple(curve - 2 * u**k / g for curve, k in zip(POWER_CURVES, (3, 2, 1), strict=True))

SMALL = 1e-12  # product and bias that are 0 but for rounding


class Slopes(NamedTuple):
    """A loss as a function of inner products and biases, with its first derivatives."""

    loss: float
    by_product: np.ndarray  # (input, output)
    by_bias: np.ndarray  # (output,)


def slopes(products: np.ndarray, biases: np.ndarray, importances: np.ndarray) -> Slopes:
    """Return the loss with one feature on, each as often, and its derivatives by products and biases."""
    n = len(biases)
    other, own = _values(products, biases)
    diagonal = np.eye(n, dtype=bool)
    loss, by_product, by_bias = (
        np.where(diagonal, at_own, at_other) * importances / n
        for at_own, at_other in zip(own, other, strict=True)
    )
    return Slopes(float(loss.sum()), by_product, by_bias.sum(axis=0))


def curvatures(
    products: np.ndarray, biases: np.ndarray, importances: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return second derivatives by an inner product twice, by it and a bias, and by a bias twice.

    Each of shape (input, output). Where ``g = b = 0`` the loss has none: there they are those of the side
    where the output is off, which are the smaller ones.
    """
    n = len(biases)
    B = np.broadcast_to(biases, (n, n))
    low, high = _ends(products, B)
    other = [np.array(curve) for curve in _power_curves(products, B, low, high)]
    own = np.diag(products)
    begins = np.where((low.diagonal() > 0) & (low.diagonal() < 1))[0]
    own_curves = _own_curves(own[begins], biases[begins], low[begins, begins], high[begins, begins])
    for curve, at_own in zip(other, own_curves, strict=True):
        curve[begins, begins] = at_own
    return tuple(curve * importances / n for curve in other)


def kinks(products: np.ndarray, biases: np.ndarray) -> np.ndarray:
    """Return which outputs have ``g = b = 0``, so that the loss has a kink in its slope: (input, output)."""
    return (np.abs(products) < SMALL) & (np.abs(biases) < SMALL)


def power_slopes(products: np.ndarray, biases: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the mean square of ``ReLU(g x + b)``, and its derivatives by g and b."""
    biases = np.broadcast_to(biases, products.shape)
    return _power(products, biases, *_ends(products, biases))


def _values(products: np.ndarray, biases: np.ndarray) -> tuple[tuple, tuple]:
    B = np.broadcast_to(biases, products.shape)
    return power_slopes(products, B), _own(products, B, *_ends(products, B))


def _ends(products: np.ndarray, biases: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the ends of the values in [0, 1] at which ``g x + b`` is positive."""
    root = np.divide(-biases, products, out=np.zeros(products.shape), where=products != 0)
    root = np.clip(root, 0.0, 1.0)
    low, high = np.where(products > 0, root, 0.0), np.where(products < 0, root, 1.0)
    never = (np.abs(products) < SMALL) & (biases < SMALL)
    return np.where(never, 0.0, low), np.where(never, 0.0, high)


_power = function((POWER, *POWER_SLOPES), g, b, u, v)
_own = function((OWN, *OWN_SLOPES), g, b, u, v)
_power_curves = function(POWER_CURVES, g, b, u, v)
_own_curves = function(OWN_CURVES, g, b, u, v)

CASES = (
    ("The output is on always", 0, 1, g**2 / 3 + g * b + b**2),
    ("The output is on from x = -b/g on, for g > 0 > b > -g", -b / g, 1, (g + b) ** 3 / (3 * g)),
    ("The output is on until x = -b/g, for g < 0 < b < -g", 0, -b / g, -(b**3) / (3 * g)),
)


def _one_feature_steps() -> tuple[Step, ...]:
    line = g * x + b
    begins = {u: -b / g, v: 1}
    return (
        equal(sp.Integral(line**2, (x, u, v)), POWER, "Mean square of an output that is on from u to v."),
        equal(sp.Integral(x * line, (x, u, v)), OVERLAP, "Its overlap with the feature that is on."),
        equal(sp.Integral(line, (x, u, v)), LEVEL, "Its mean."),
        *(
            equal(sp.Subs(POWER, (u, v), (low, high)), cubic, f"{text}: a cubic in g and b over g.")
            for text, low, high, cubic in CASES
        ),
        equal(
            sp.Integral(x**2, (x, 0, u))
            + sp.Integral((x - line) ** 2, (x, u, v))
            + sp.Integral(x**2, (x, v, 1)),
            OWN,
            "Mean squared error of the output of the feature itself.",
        ),
        *(
            equal(
                sp.Derivative(cubic, variable),
                slope.subs({u: low, v: high}),
                f"{text}: its slope by {variable}. The ends move, but the output vanishes there.",
            )
            for text, low, high, cubic in CASES
            for variable, slope in zip((g, b), POWER_SLOPES, strict=True)
        ),
        *(
            equal(
                sp.Derivative(OWN.subs(begins), variable),
                slope.subs(begins),
                f"Slope of the own error by {variable}.",
            )
            for variable, slope in zip((g, b), OWN_SLOPES, strict=True)
        ),
        *(
            equal(
                sp.Derivative(slopes_[first].subs(begins), variable),
                curves[first + second].subs(begins),
                f"Second derivatives of the {name}, by {(g, b)[first]} and {variable}.",
            )
            for name, slopes_, curves in (
                ("own error", OWN_SLOPES, OWN_CURVES),
                ("mean square", POWER_SLOPES, POWER_CURVES),
            )
            for first, second, variable in ((0, 0, g), (0, 1, b), (1, 1, b))
        ),
    )


derivations = (
    Derivation(
        name="one_feature",
        statement=(
            "With one feature on, the expected loss is a sum over pairs of features of a "
            "cubic in their inner "
            "product and the bias, over the inner product where the output is on for a part "
            "of the inputs only."
        ),
        source="own; arXiv:2310.06301, section 3 has it for two neurons",
        status="proved",
        proof=_one_feature_steps,
        domains={b: (-0.6, -0.1), g: (0.7, 1.5), u: (0, 0.4), v: (0.6, 1)},
        prediction="theory.superposition.expected_loss",
    ),
)
