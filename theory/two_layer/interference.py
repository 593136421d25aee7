"""Two-layer toy model: the exact law of the interference on a feature, and the best response to it.

Each of N − 1 other features is on with probability ε, uniform on [0, 1], and seen along a direction whose
cosine c with that of the feature is that of random directions in m_in dimensions: the interference is a sum
of independent terms x c. Rows of an orthogonal factor are closer to a tight frame: their squared cosines add
up to (N − m_in)/m_in and not to (N − 1)/m_in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import sympy as sp
from scipy import fft, special

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, equal, function
from theory.notation import (
    N_features,
    feature as x,
    frame_angles,
    m_in,
    occurrence as eps,
    row_angle as phi,
    row_length as length,
    squared_cosines as squares,
)
from theory.two_layer import monosemantic
from theory.two_layer.model import TwoLayer
from theory.two_layer.response import Response, best

CELLS, REACH = 2**12, 14.0  # of the grid, and how far it goes on either side, in standard deviations
NODES = 400  # for the cosine of random directions

EXCESS_KURTOSIS = (27 * m_in / (5 * (m_in + 2) * eps) - 3) / (N_features - 1)
ORTHOGONAL_SQUARES = (N_features - m_in) / m_in
RANDOM_SQUARES = (N_features - 1) / m_in


@dataclass(frozen=True)
class Interference:
    """The law of the interference on a feature, on a grid.

    Parameters
    ----------
    values, probabilities : ndarray, shape (cell,)
    """

    values: np.ndarray
    probabilities: np.ndarray

    @cached_property
    def std(self) -> float:
        """Standard deviation s about 0, which is the mean over projections."""
        return float(np.sqrt(self.probabilities @ self.values**2))

    @cached_property
    def excess_kurtosis(self) -> float:
        """Fourth moment over s⁴, minus the 3 of a normal law."""
        return float(self.probabilities @ self.values**4 / self.std**4 - 3)

    def moment(self, k: int, at: np.ndarray) -> np.ndarray:
        """Return ``E ReLU(at + η)^k``, in the shape of `at`."""
        return np.maximum(np.asarray(at)[..., None] + self.values, 0) ** k @ self.probabilities

    def best_response(self, probability: float, n_neurons: int = 1) -> Response:
        """Return the best response of one or two neurons, as `two_layer.best_response` to a normal law.

        Raises
        ------
        TypeError, ValueError
            If an argument is not as said there.
        """
        eps = arguments.real("probability", probability, above=0, most=1)
        return best(lambda at: self._quadratic_form(at, eps), eps, self.std, n_neurons)

    def _quadratic_form(self, thresholds: np.ndarray, eps: float) -> tuple[np.ndarray, np.ndarray]:
        later = np.maximum(thresholds[:, None], thresholds)
        earlier = np.minimum(thresholds[:, None], thresholds)
        return (
            monosemantic.signal(self.moment, thresholds),
            monosemantic.overlap(self.moment, earlier, later, eps),
        )


def interference_law(model: TwoLayer) -> Interference:
    """Return the law of the interference on a feature, over projections and samples.

    Parameters
    ----------
    model : TwoLayer
        With equal frequencies, no absolute values, and at least two inputs; its projection counts.

    Returns
    -------
    Interference
        Exact for independent directions; for an orthogonal projection its cosines are those of random
        directions, scaled so that their squares add up as they should.

    Raises
    ------
    TypeError, ValueError
        If the model is another one.

    Notes
    -----
    Own derivations, ``interference_kurtosis`` and ``orthogonal_interference``.
    """
    arguments.instance("model", model, TwoLayer)
    if model.n_inputs < 3:
        raise arguments.ArgumentError(f"model must have at least three inputs, got {model.n_inputs}")
    if model.task == "absolute" or model.frequencies != "equal":
        raise arguments.ArgumentError("model must have equal frequencies and features that are not signed")
    cosines, weights = special.roots_jacobi(NODES, (model.n_inputs - 3) / 2, (model.n_inputs - 3) / 2)
    cosines = cosines * spread(model)
    term = _uniform_times(cosines, weights / weights.sum())
    variance = model.probability / 3 * (model.n_features - 1) * (weights @ cosines**2) / weights.sum()
    return _on_grid(
        lambda angle: (1 - model.probability + model.probability * term(angle)) ** (model.n_features - 1),
        float(np.sqrt(variance)),
    )


def spread(model: TwoLayer) -> float:
    """Return the deviation of cosines between features over that of random directions."""
    if model.projection == "independent":
        return 1.0
    size = model.n_features, model.n_inputs
    return float(np.sqrt(_orthogonal(*size) / _random(*size)))


def _uniform_times(cosines: np.ndarray, weights: np.ndarray) -> Callable[[np.ndarray], np.ndarray]:
    """Return the characteristic function of a uniform number times one of these, which are symmetric."""
    return lambda angle: np.sinc(np.multiply.outer(angle, cosines) / np.pi) @ weights


def _on_grid(characteristic: Callable[[np.ndarray], np.ndarray], std: float) -> Interference:
    """Return a symmetric law by its characteristic function."""
    cell = 2 * REACH * std / CELLS
    angles = 2 * np.pi * fft.rfftfreq(CELLS, cell)
    probabilities = fft.fftshift(fft.irfft(characteristic(angles), CELLS))
    return Interference((np.arange(CELLS) - CELLS // 2) * cell, probabilities)


_orthogonal = function(ORTHOGONAL_SQUARES, N_features, m_in)
_random = function(RANDOM_SQUARES, N_features, m_in)


def _kurtosis_steps() -> tuple[Step, ...]:
    variance = eps / 3 / m_in
    fourth = 3 / (m_in * (m_in + 2))
    cumulant = eps / 5 * fourth - 3 * variance**2
    return (
        equal(sp.Integral(x**4, (x, 0, 1)), sp.Rational(1, 5), "Fourth moment of a feature that is on."),
        equal(
            sp.Derivative(sp.cos(phi) * sp.sin(phi) ** (m_in - 1), phi),
            (m_in - 1) * sp.cos(phi) ** 2 * sp.sin(phi) ** (m_in - 2) - sp.sin(phi) ** m_in,
            "Angles of random directions have density sin(phi)^(m_in - 2): integrated from 0 to pi, m_in - 1 "
            "mean squared cosines are a mean squared sine.",
            symbolic=False,
        ),
        equal((m_in - 1) * sp.UnevaluatedExpr(1 / m_in), 1 - 1 / m_in, "So it is 1/m_in."),
        equal(
            sp.Derivative(sp.cos(phi) ** 3 * sp.sin(phi) ** (m_in - 1), phi),
            (m_in - 1) * sp.cos(phi) ** 4 * sp.sin(phi) ** (m_in - 2)
            - 3 * sp.cos(phi) ** 2 * sp.sin(phi) ** m_in,
            "The same for the mean fourth power.",
            symbolic=False,
        ),
        equal(
            (m_in - 1) * sp.UnevaluatedExpr(fourth),
            3 * (1 / m_in - fourth),
            "So it is 3/(m_in (m_in + 2)).",
        ),
        equal(
            (N_features - 1) * cumulant / ((N_features - 1) * variance) ** 2,
            EXCESS_KURTOSIS,
            "Cumulants of the N - 1 independent terms add up: excess kurtosis of the interference, greater "
            "than that of a normal law as long as few features are on.",
        ),
    )


def _orthogonal_steps() -> tuple[Step, ...]:
    angle, other = frame_angles
    first = sp.Matrix([sp.cos(angle), sp.sin(angle), 0])
    second = sp.Matrix([-sp.sin(angle) * sp.cos(other), sp.cos(angle) * sp.cos(other), sp.sin(other)])
    rows = sp.Matrix.hstack(first, second)
    gram = rows * rows.T
    return (
        equal(
            sum(gram[0, j] ** 2 for j in range(3)),
            gram[0, 0],
            "Rows of a matrix with orthonormal columns, here three of two: squared inner products of a row "
            "with all rows add up to its squared length.",
        ),
        equal(
            (length - length**2) / (length * squares),
            (1 - length) / squares,
            "Without itself, over its squared length and that of the others.",
        ),
        equal(
            ((1 - length) / squares).subs({length: m_in / N_features, squares: m_in / N_features}),
            ORTHOGONAL_SQUARES,
            "Squared lengths are m_in/N in the mean.",
        ),
    )


def _orthogonal_merit() -> float:
    model = TwoLayer(128, 64, 1, 1 / 32)
    rows = np.stack([model.project(np.random.default_rng(seed)) for seed in range(20)])
    cosines = rows @ np.swapaxes(rows, 1, 2)
    return abs((cosines**2).sum(axis=-1).mean() - 1) / float(_orthogonal(128, 64)) - 1


derivations = (
    Derivation(
        name="interference_kurtosis",
        statement=(
            "The interference of independent directions has excess kurtosis (27 m_in/(5 (m_in + 2) epsilon) "
            "- 3)/(N - 1)."
        ),
        source="own, for the model of seed 000 (arXiv:2211.09169)",
        status="proved",
        proof=_kurtosis_steps,
        domains={phi: (sp.Rational(1, 10), 3), m_in: (3, 9)},
        prediction="theory.two_layer.interference_law",
    ),
    Derivation(
        name="orthogonal_interference",
        statement=(
            "Squared cosines of a feature with all others, projected by an orthogonal factor, add up to "
            "about (N - m_in)/m_in."
        ),
        source="own, for the model of seed 000 (arXiv:2211.09169)",
        status="asymptotic",
        proof=_orthogonal_steps,
        prediction="theory.two_layer.interference_law",
        merit=Merit("off by {:.1%} at N = 128, m_in = 64", _orthogonal_merit),
    ),
)
