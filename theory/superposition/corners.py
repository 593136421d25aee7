"""Critical points of the sparse limit on two neurons: polygons whose corners hold one feature or several.

Regular polygons are found in closed form, but for one root of a polynomial (`regular_polygon`). Up to six
features nothing else is a minimum. From seven on there are minima that are less regular: two features share a
corner of a hexagon, whose other corners give way. For these the gradient, exact, is solved by Newton's
method, from regular corners with so many features on each.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy as sp
from scipy import optimize

from theory.common import arguments
from theory.derivation import Derivation, Step, equal, function
from theory.notation import (
    corners_number as c,
    cosines,
    g_length as g,
    k,
    left_bias as beta,
    moving,
    n,
    own_response as own_overlap,
    phi,
    root_share as r,
    w,
    whole_power,
    x_on as x,
)
from theory.superposition import critical, expected
from theory.superposition.model import Superposition

# Of a regular polygon with b = −r g, at g = 1.
OVERLAP = (1 - r) ** 2 * (2 + r) / 6
OWN_POWER = (1 - r) ** 3 / 3
NEIGHBOUR_POWER = (cosines[0] - r) ** 3 / (3 * cosines[0])
LEFT_OUT_LOSS = sp.Rational(1, 3) - 1 / (4 * n)

SQUARE = 4  # corners up to which nothing is paid: no angle is below 90°
DISTINCT = 1e-3  # between corners


@dataclass(frozen=True)
class Polygon:
    """A critical point of the sparse limit on two neurons.

    Attributes
    ----------
    multiplicities : tuple of int
        Features on each corner, in order.
    dead : int
        Features left out with a negative bias, whose output is always 0; those left out otherwise have a
        positive one.
    loss : float
        Mean over which feature is on.
    weights : ndarray, shape (feature, neuron)
    biases : ndarray, shape (feature,)
    index : int
        Directions in which the loss falls, to second order.
    flat : int
        Directions beside rotation in which it does not change in second order, such as all those of a dead
        feature.
    """

    multiplicities: tuple[int, ...]
    dead: int
    loss: float
    weights: np.ndarray
    biases: np.ndarray
    index: int
    flat: int

    @property
    def corners(self) -> int:
        """Number of corners."""
        return len(self.multiplicities)

    @property
    def stable(self) -> bool:
        """Whether the loss falls in no direction, up to second order."""
        return self.index == 0

    @property
    def regular(self) -> bool:
        """Whether each corner holds one feature."""
        return set(self.multiplicities) == {1}


def regular_polygon(corners: int) -> tuple[float, float, float]:
    """Return squared length, bias and loss a feature of a regular polygon with one feature on each corner.

    Parameters
    ----------
    corners : int
        At least 3.

    Raises
    ------
    TypeError, ValueError
        If that is no such number.

    Notes
    -----
    Own derivation, ``regular_polygon``; found in arXiv:2310.06301, section 4, for up to 6 features.
    """
    corners = arguments.whole("corners", corners, least=3)
    if corners <= SQUARE:
        return 1.0, 0.0, 0.0
    cosine = np.cos(2 * np.pi * np.arange(1, corners) / corners)

    def powers(root: float) -> tuple[float, float, float]:
        seen = cosine[cosine > root]
        whole, its_slope = _own_power(root), _own_power_slope(root)
        for at in seen:
            whole, its_slope = whole + _neighbour_power(root, at), its_slope + _neighbour_slope(root, at)
        return _overlap(root), whole, 2 * _overlap_slope(root) * whole - _overlap(root) * its_slope

    root = optimize.brentq(lambda at: powers(at)[2], 0.0, 1 - 1e-9, xtol=1e-15)
    overlap, whole, _ = powers(root)
    length = overlap / whole
    return length, -root * length, 1 / 3 - overlap**2 / whole


def polygons(n_features: int) -> list[Polygon]:
    """Return critical points of the sparse limit with equal importance on two neurons, by increasing loss.

    Parameters
    ----------
    n_features : int
        Number n of features, from 1 to 12.

    Returns
    -------
    list of Polygon
        One for each way, up to rotation and reflection, to put features on corners and leave the others out,
        for which there is a critical point: minima and saddles.

    Raises
    ------
    TypeError, ValueError
        If `n_features` is no such number.

    Notes
    -----
    Own derivations ``regular_polygon`` and ``left_out``; regular polygons up to n = 6 are in
    arXiv:2310.06301, section 4.
    """
    return list(_polygons(arguments.whole("n_features", n_features, least=1, most=12)))


@functools.cache
def _polygons(n: int) -> tuple[Polygon, ...]:
    found = []
    for used in range(n + 1):
        for multiplicities in _bracelets(used):
            for dead in range(n - used + 1):
                point = _solved(n, multiplicities, dead)
                if point is not None:
                    found.append(point)
    return tuple(sorted(found, key=lambda point: point.loss))


def _bracelets(total: int) -> Iterator[tuple[int, ...]]:
    """Yield the ways to put features around corners, each once up to rotation and reflection."""

    def compositions(left: int) -> Iterator[tuple[int, ...]]:
        if left == 0:
            yield ()
        for first in range(1, left + 1):
            for rest in compositions(left - first):
                yield (first, *rest)

    for one in compositions(total):
        turned = [one[k:] + one[:k] for k in range(len(one))]
        if one == min([*turned, *(other[::-1] for other in turned)], default=()):
            yield one


def _solved(n: int, multiplicities: tuple[int, ...], dead: int) -> Polygon | None:
    """Return the critical point near regular corners, or None if Newton's method finds none there."""
    model = Superposition(n, 2, 0)
    used = sum(multiplicities)
    weights, biases, slope = critical.newton(*_start(n, multiplicities, dead), model)
    if slope > critical.CLOSE or not _as_meant(weights[:used], biases[:used], multiplicities):
        return None
    index, flat = critical.directions(weights, biases, model)
    return Polygon(
        multiplicities,
        dead,
        expected.expected_loss(weights, biases, model),
        weights,
        biases,
        index,
        flat,
    )


def _start(n: int, multiplicities: tuple[int, ...], dead: int) -> tuple[np.ndarray, np.ndarray]:
    corners = len(multiplicities)
    square, bias, _ = regular_polygon(corners) if corners > 2 else (1.0, 0.0, 0.0)
    many = np.repeat(multiplicities, multiplicities).astype(int)
    angle = 2 * np.pi * np.repeat(np.arange(corners), multiplicities) / max(corners, 1)
    used = len(many)
    weights, biases = np.zeros((n, 2)), np.full(n, 1 / (2 * n))
    weights[:used] = np.column_stack([np.cos(angle), np.sin(angle)]) * (square / many**0.5)[:, None] ** 0.5
    biases[:used] = bias
    biases[n - dead :] = -1.0
    return weights, biases


def _as_meant(weights: np.ndarray, biases: np.ndarray, multiplicities: tuple[int, ...]) -> bool:
    """Say whether just the features of a corner have the same encoding, and all are on."""
    corner = np.repeat(np.arange(len(multiplicities)), multiplicities)
    apart = np.linalg.norm(weights[:, None] - weights, axis=-1) > DISTINCT
    on = (weights**2).sum(axis=1) + biases > DISTINCT
    return bool((apart == (corner[:, None] != corner)).all() and on.all())


_overlap, _own_power = function(OVERLAP, r), function(OWN_POWER, r)
_neighbour_power = function(NEIGHBOUR_POWER, r, cosines[0])
_overlap_slope, _own_power_slope = function(sp.diff(OVERLAP, r), r), function(sp.diff(OWN_POWER, r), r)
_neighbour_slope = function(sp.diff(NEIGHBOUR_POWER, r), r, cosines[0])


def _regular_polygon_steps() -> tuple[Step, ...]:
    cosine, A, B = cosines[0], own_overlap, whole_power
    loss = sp.Rational(1, 3) - 2 * g * A + g**2 * B
    overlap, whole = moving(A, r), moving(B, r)
    return (
        equal(
            sp.Integral(x * (x - r), (x, r, 1)),
            OVERLAP,
            "All corners are at squared length g with bias -r g. Overlap of an output with "
            "its own feature, over g.",
        ),
        equal(sp.Integral((x - r) ** 2, (x, r, 1)), OWN_POWER, "Its power, over g squared."),
        equal(
            sp.Integral((cosine * x - r) ** 2, (x, r / cosine, 1)),
            NEIGHBOUR_POWER,
            "The same from a corner in a direction whose cosine is greater than r; others do "
            "not switch it on.",
        ),
        equal(
            sp.Subs(sp.Derivative(loss, g), g, A / B),
            0,
            "With the overlap A and the sum B of all powers the loss is quadratic in g. Best length.",
        ),
        equal(sp.Subs(loss, g, A / B), sp.Rational(1, 3) - A**2 / B, "Its loss a feature."),
        equal(
            sp.Derivative(overlap**2 / whole, r),
            overlap * (2 * sp.Derivative(overlap, r) * whole - overlap * sp.Derivative(whole, r)) / whole**2,
            "The best r is a root of 2 A' B - A B', a polynomial.",
        ),
    )


def _left_out_steps() -> tuple[Step, ...]:
    constant = (n - 1) * beta**2 + sp.Integral((x - beta) ** 2, (x, 0, 1))
    return (
        equal(
            constant,
            n * beta**2 - beta + sp.Rational(1, 3),
            "A feature that is left out has a constant output, its bias beta, wrong also "
            "while others are on.",
        ),
        equal(sp.Subs(sp.Derivative(constant.doit(), beta), beta, 1 / (2 * n)), 0, "Best bias."),
        equal(
            sp.Subs(constant.doit(), beta, 1 / (2 * n)),
            LEFT_OUT_LOSS,
            "Its loss; with any bias below 0, 1/3.",
        ),
        equal(
            sp.Sum(sp.cos(phi - 2 * sp.pi * k / 5) ** 2, (k, 1, 5)),
            sp.Rational(5, 2),
            "A short encoding w has squared inner products with the corners whose sum is c g |w|^2 / 2, here "
            "for five of length 1.",
            symbolic=False,
        ),
        equal(
            sp.Integral((beta + w * x) ** 2, (x, 0, 1)),
            beta**2 + beta * w + w**2 / 3,
            "A third of them is paid while a corner is on, and what is linear cancels around the polygon.",
        ),
        equal(
            sp.Subs(sp.Derivative(sp.Integral((x - w * x - beta) ** 2, (x, 0, 1)), w), w, 0),
            beta - sp.Rational(2, 3),
            "What is gained while the feature itself is on, by |w|^2.",
        ),
        equal(
            sp.Subs(c * g / 6 + beta - sp.Rational(2, 3), (beta, g), (1 / (2 * n), (4 - 3 / n) / c)),
            0,
            "It stays out if corners of negative bias have c g > 4 - 3/n: a pentagon holds, 5 g = 6.85.",
        ),
    )


derivations = (
    Derivation(
        name="regular_polygon",
        statement=(
            "Length, bias and loss of regular polygons on two neurons, with one feature on, "
            "follow from one root "
            "of a polynomial; up to four corners have no loss."
        ),
        source="arXiv:2310.06301, section 4; steps own",
        status="proved",
        proof=_regular_polygon_steps,
        domains={r: (0.05, 0.3), cosines[0]: (0.4, 0.95)},
        prediction="theory.superposition.regular_polygon",
    ),
    Derivation(
        name="left_out",
        statement=(
            "A feature that a polygon leaves out has bias 1/(2n), loss 1/3 - 1/(4n), and stays out if the "
            "corners' squared lengths add up to more than 4 - 3/n."
        ),
        source="own; the bias is in arXiv:2310.06301, section 4",
        status="proved",
        proof=_left_out_steps,
        prediction="theory.superposition.polygons",
    ),
)
