"""How fast noise turns encodings towards the axes: the rate of the drift of the fourth norm.

Noise leaves the loss almost invariant under rotations of the hidden space, and the encodings soon settle on
the best inner products, all ``−1/(n−1)``: a simplex. What the excess kurtosis adds to the loss then pushes
their fourth norms; what of this push keeps the inner products as they are is the drift.
"""

from collections.abc import Callable

import numpy as np
import sympy as sp
from scipy import stats

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, equal, function
from theory.noise import random_signs
from theory.noise.averaged import DRIFT
from theory.noise.gaussian import density
from theory.notation import (
    N,
    inner_noise as a,
    kappa,
    m,
    n,
    noise_std as sigma,
    normal as u,
    radius as r,
    rate as c,
    theta,
)

RANDOM_DIRECTION = 3 / (m + 2)  # mean fourth norm of a random direction
SIMPLEX = -1 / (n - 1)
HELD = 1 - (n - 1) / (2 * (m - 1))  # what holding the inner products leaves of the drift
RATE = HELD * (n - 1) * DRIFT.subs({N: 1, a: SIMPLEX})


def rate(n_features: int, n_neurons: int, noise_std: float, excess_kurtosis: float) -> float:
    """Return the rate c of the drift ``dw/dt = 4c (w³ − ‖w‖₄⁴ w)`` of an encoding, in flow units.

    Parameters
    ----------
    n_features, n_neurons : int
        2 ≤ n ≤ m.
    noise_std, excess_kurtosis : float
        σ, above 0, and κ, at least −2, of the hidden noise.

    Returns
    -------
    float
        Above 0, so that encodings become sparse, where κ < 0: 0 under Gaussian noise. To first order in κ.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation, ``drift_rate``.
    """
    n = arguments.whole("n_features", n_features, least=2)
    m = arguments.whole("n_neurons", n_neurons, least=n)
    std = arguments.real("noise_std", noise_std, above=0)
    return float(_rate(n, m, std, arguments.real("excess_kurtosis", excess_kurtosis, least=-2)))


def of_random_direction(n_neurons: int) -> float:
    """Return the mean fourth norm ``3/(m + 2)`` of a random direction: where Gaussian noise leaves encodings.

    Raises
    ------
    TypeError, ValueError
        If the number of neurons is no whole number of at least 1.
    """
    return float(_of_random_direction(arguments.whole("n_neurons", n_neurons, least=1)))


def measured_rate(
    force: Callable[[np.ndarray], np.ndarray], n_features: int, n_neurons: int, draws: int = 100
) -> tuple[float, float]:
    """Return the rate c at which a force turns random simplices, and its standard error.

    c is the growth of the fourth norms F over ``16 Σ (Σ w⁶ − F²)``, that of a drift of rate 1.

    Parameters
    ----------
    force : callable
        From encodings, shape (feature, neuron), to the force on them.
    n_features, n_neurons : int
        2 ≤ n ≤ m.
    draws : int
        Number of simplices.
    """
    growth, alone = np.empty((2, draws))
    for seed in range(draws):
        basis = stats.ortho_group(n_neurons, seed=seed).rvs()[:n_features]
        W = (np.eye(n_features) - 1 / n_features) @ basis * np.sqrt(n_features / (n_features - 1))
        growth[seed] = (4 * W**3 * _held(force(W), W)).sum()
        alone[seed] = 16 * ((W**6).sum() - ((W**4).sum(axis=1) ** 2).sum())
    c = growth.sum() / alone.sum()
    return c, (growth - c * alone).std(ddof=1) / np.sqrt(draws) / alone.mean()


def _held(push: np.ndarray, W: np.ndarray) -> np.ndarray:
    """Return the part of a push that keeps all inner products: least squares over symmetric changes."""
    values, vectors = np.linalg.eigh(W @ W.T)
    sums = values[:, None] + values
    change = vectors.T @ (push @ W.T + W @ push.T) @ vectors
    change = np.where(sums > 1e-9, change / np.where(sums > 1e-9, sums, 1), 0)
    return push - vectors @ change @ vectors.T @ W


_of_random_direction = function(RANDOM_DIRECTION, m)
_rate = function(RATE, n, m, sigma, kappa)


def _rate_steps() -> tuple[Step, ...]:
    W = sp.Matrix([[sp.cos(theta), sp.sin(theta)], [-sp.sin(theta), sp.cos(theta)]])
    push = W.applyfunc(lambda w: 4 * c * w**3)
    held = push - (push * W.T + W * push.T) / 2 * W
    moments = [sp.Integral(r ** (m - 1 + power) * sp.exp(-(r**2) / 2), (r, 0, sp.oo)) for power in (4, 0)]
    return (
        equal(
            sp.Subs(n + n * (n - 1) * a, a, SIMPLEX),
            0,
            "Unit encodings with equal inner products a sum up to a vector of squared length n + n (n - 1) "
            "a. It is not negative, so a can fall to -1/(n - 1), where noise pushes it.",
        ),
        *(
            equal(
                (held.row(i) * W.row(k).T + held.row(k) * W.row(i).T)[0],
                0,
                f"The push 4c w^3 on orthonormal encodings without what would change their {name}: half of "
                "what each has along the other. Written for two encodings.",
            )
            for i, k, name in ((0, 0, "lengths"), (0, 1, "inner product"))
        ),
        equal(
            sp.Integral((u * sp.cos(theta)) ** 2, (theta, 0, 2 * sp.pi)) / (2 * sp.pi),
            u**2 / 2,
            "The component along another encoding of what the push has across its own: its square is 1/(m "
            "- 1) of the whole in the mean, here for the circle, m - 1 = 2.",
        ),
        equal(
            1 - (n - 1) / (m - 1) / 2,
            HELD,
            "So each of n - 1 others takes half of 1/(m - 1) of the drift.",
        ),
        equal(
            HELD * (n - 1) * sp.Subs(DRIFT, (N, a), (1, SIMPLEX)),
            -kappa * sigma * HELD * density(1 / ((n - 1) * sigma)) / 48,
            "Rate of the drift, from the force of each other feature on the fourth norm: c = held share "
            "times the sum over n - 1 features.",
        ),
        equal(
            m * sp.Integral(u**4 * density(u), (u, -sp.oo, sp.oo)) * moments[1] / moments[0],
            RANDOM_DIRECTION,
            "Mean fourth norm of a random direction, where the drift starts: that of a normal vector over "
            "the mean fourth power of its length.",
        ),
    )


def _drift_rate_merit() -> float:
    return measured_rate(lambda W: random_signs.force(W, 0.1), 8, 16)[0] / rate(8, 16, 0.1, -2.0)


derivations = (
    Derivation(
        name="drift_rate",
        statement=(
            "Noise with negative excess kurtosis turns encodings on a simplex towards the axes at the rate "
            "c = -kappa sigma phi(1/((n-1) sigma)) (1 - (n-1)/(2(m-1))) / 48."
        ),
        source="own; arXiv:2312.03096, noise instead of L1, has the experiment",
        status="heuristic",
        proof=_rate_steps,
        prediction="theory.noise.drift.rate",
        merit=Merit(
            "{:.2f} times as fast under random signs of sigma = 0.1, n = 8, m = 16", _drift_rate_merit
        ),
    ),
)
