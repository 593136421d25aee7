"""Critical points of the sparse limit on two neurons: polygons whose corners hold one feature or several.

Regular polygons are found in closed form, but for one root of a polynomial (`regular`). Up to six features
nothing else is a minimum. From seven on there are minima that are less regular: two features share a corner of
a hexagon, whose other corners give way. For these the gradient, exact, is solved by Newton's method, from
regular corners with so many features on each.
"""

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy as sp
from scipy import optimize

from theory.common import arguments
from theory.derivation import Derivation, Step, define, equal, function
from theory.notation import (
    b_bias as b,
    corners_number as c,
    cosines,
    g_product as g,
    left_bias as beta,
    n,
    own_response as A,
    root_share as r,
    w,
    whole_power as B,
    x_on as x,
)
from theory.superposition import expected
from theory.superposition.model import Superposition

# Of a regular polygon with b = −r g, at g = 1.
OVERLAP = (1 - r) ** 2 * (2 + r) / 6
OWN_POWER = (1 - r) ** 3 / 3
NEIGHBOUR_POWER = (cosines[0] - r) ** 3 / (3 * cosines[0])
LEFT_OUT_LOSS = sp.Rational(1, 3) - 1 / (4 * n)

SQUARE = 4  # corners up to which nothing is paid: no angle is below 90°
MOST_CORNERS = 12  # beyond which polygons are not worth their interference by far
CLOSE = 1e-12  # of the gradient, at a critical point
FLAT = 1e-9  # size of an eigenvalue of the Hessian that counts as 0


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
        Directions in which the loss falls.
    flat : int
        Directions beside rotation in which it changes in no second order; of dead features all, at least.
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


def regular(corners: int) -> tuple[float, float, float]:
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
    weights, biases = _start(n, multiplicities, dead)
    used = sum(multiplicities)

    def unpacked(at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return at[: 2 * n].reshape(n, 2), at[2 * n :]

    def slope(at: np.ndarray) -> np.ndarray:
        return np.concatenate([part.ravel() for part in expected.gradient(*unpacked(at), model)])

    at = np.concatenate([weights.ravel(), biases])
    if np.abs(slope(at)).max() > CLOSE:
        at = optimize.least_squares(
            slope, at, lambda at: expected.hessian(*unpacked(at), model), xtol=1e-15, ftol=1e-15, gtol=1e-15
        ).x
    weights, biases = unpacked(at)
    if np.abs(slope(at)).max() > CLOSE or not _as_meant(weights[:used], multiplicities):
        return None
    eigenvalues = np.linalg.eigvalsh(expected.hessian(weights, biases, model))
    turning = int(used > 0)
    return Polygon(
        multiplicities,
        dead,
        expected.expected_loss(weights, biases, model),
        weights,
        biases,
        int((eigenvalues < -FLAT).sum()),
        int((np.abs(eigenvalues) <= FLAT).sum()) - turning,
    )


def _start(n: int, multiplicities: tuple[int, ...], dead: int) -> tuple[np.ndarray, np.ndarray]:
    corners = len(multiplicities)
    square, bias, _ = regular(corners) if corners > 2 else (1.0, 0.0, 0.0)
    many = np.repeat(multiplicities, multiplicities).astype(int)
    angle = 2 * np.pi * np.repeat(np.arange(corners), multiplicities) / max(corners, 1)
    used = len(many)
    weights, biases = np.zeros((n, 2)), np.full(n, 1 / (2 * n))
    weights[:used] = np.column_stack([np.cos(angle), np.sin(angle)]) * (square / many**0.5)[:, None] ** 0.5
    biases[:used] = bias
    biases[n - dead :] = -1.0
    return weights, biases


def _as_meant(weights: np.ndarray, multiplicities: tuple[int, ...]) -> bool:
    """Say whether features of a corner have the same encoding, and those of others another one."""
    corner = np.repeat(np.arange(len(multiplicities)), multiplicities)
    apart = np.linalg.norm(weights[:, None] - weights, axis=-1) > 1e-3
    return bool((apart == (corner[:, None] != corner)).all() and (np.linalg.norm(weights, axis=1) > 0.1).all())


_overlap, _own_power = function(OVERLAP, r), function(OWN_POWER, r)
_neighbour_power = function(2 * NEIGHBOUR_POWER / 2, r, cosines[0])
_overlap_slope, _own_power_slope = function(sp.diff(OVERLAP, r), r), function(sp.diff(OWN_POWER, r), r)
_neighbour_slope = function(sp.diff(NEIGHBOUR_POWER, r), r, cosines[0])
