"""Malign collisions of features with weights elsewhere: without L1 nobody loses, with it the loser dies.

Interference alone, which has the smaller weight leave, is in `theory.interference.two_encodings`; features
that have nothing but the one neuron are in `theory.interference.shared_neuron`. Here feature benefit acts,
too, and all weights are free: two encodings with a positive inner product become orthogonal, each by the same
turn, and both keep weight on the shared neuron. Only L1, which holds dead weights at 0
(`theory.interference.rebirth`), lets one of them win.
"""

import numpy as np
import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Step, define, equal, function
from theory.flow.loss import forces
from theory.notation import N, a_0 as a0, b_0 as b0, encodings, g_0 as g0, lam, other, same, t, z

# growth of the component of the encodings along an eigenvector of W Wᵀ with eigenvalue g0 at the start
GAIN = 1 / sp.sqrt(g0 + (1 - g0) * sp.exp(-2 * t))
ROUNDING = 1e-15  # of eigenvalues, against the largest
DEATH_TIME = sp.log(1 + a0**2 * b0 / lam) / a0**2


def free_collision(weights: np.ndarray, times: np.ndarray) -> np.ndarray:
    """Return two encodings under feature benefit and interference, all weights free.

    Parameters
    ----------
    weights : array_like, shape (2, n_neurons)
        Encodings at time 0, with a positive inner product.
    times : array_like
        Flow times, increasing.

    Returns
    -------
    numpy.ndarray, shape (time, 2, n_neurons)
        ``e^t (1 + (e^{2t} − 1) W Wᵀ)^{−1/2} W``, which ends at ``(W Wᵀ)^{−1/2} W``: the symmetric
        orthogonalisation of the start. Own derivation ``free_collision``.

    Raises
    ------
    TypeError, ValueError
        If the weights are not two encodings with a positive inner product or the times are no grid.
    """
    weights = arguments.array("weights", weights, ("feature", "neuron"))
    if len(weights) != 2 or weights[0] @ weights[1] <= 0:
        raise arguments.ArgumentError("weights must be two encodings with a positive inner product")
    eigenvalues, eigenvectors = np.linalg.eigh(weights @ weights.T)
    times = arguments.times("times", times)[:, None]
    alike = eigenvalues <= ROUNDING * eigenvalues.max()  # both point the same way, for ever
    gains = np.where(alike, 0.0, _gain(times, np.where(alike, 1.0, eigenvalues)))
    return (eigenvectors * gains[:, None, :]) @ eigenvectors.T @ weights


def death_time(a: float, b0: float, l1: float) -> float:
    """Return when a weight b dies beside a settled larger one of the same sign, ``ln(1 + a² b₀/λ) / a²``.

    Interference and L1; the loser's encoding has its unit length on another neuron, where its feature
    benefit is spent. No dead weight is revived meanwhile if ``a b₀ ≤ λ``, so that this last act takes
    ``ln(1 + a) / a²`` at most. Own derivation ``death``.

    Raises
    ------
    TypeError, ValueError
        If a number is not above 0.
    """
    values = {"a": a, "b0": b0, "l1": l1}
    return float(_death_time(*(arguments.real(name, value, above=0) for name, value in values.items())))


_gain = function(GAIN, t, g0)
_death_time = function(DEATH_TIME, a0, b0, lam)


def _collision_steps() -> tuple[Step, ...]:
    W = encodings(2, 2, positive=True)
    first, second = W.row(0), W.row(1)
    plus, minus = 1 / sp.sqrt(N + a0 * b0), 1 / sp.sqrt(N - a0 * b0)
    a, b = same * a0 + other * b0, other * a0 + same * b0
    return (
        equal(
            forces(W, sp.Integer(0))["interference"][0, 0],
            -first.dot(second) * W[1, 0],
            "While the inner product is positive the ReLU is on and the flow linear algebra: with feature "
            "benefit it is dW/dt = (1 - W W^T) W. Interference on one weight:",
        ),
        equal(
            sp.Derivative(GAIN, t),
            (1 - g0 * GAIN**2) * GAIN,
            "Along an eigenvector of W W^T with eigenvalue g_0 at the start W grows by this gain,",
        ),
        equal(sp.Subs(GAIN, t, 0), 1, "counted from 1,"),
        equal(
            1 - g0 * GAIN**2,
            (1 - g0) / (1 + g0 * (sp.exp(2 * t) - 1)),
            "and the eigenvalue tends to 1: W to (W W^T)^(-1/2) W, the symmetric orthogonalisation.",
        ),
        define(
            same, (plus + minus) / 2, "Of squared norm N, sharing one neuron with weights a_0 and b_0, each"
        ),
        define(
            other, (plus - minus) / 2, "of two encodings ends as S times itself plus O times the other one."
        ),
        equal(
            (same + other) ** 2 * (N + a0 * b0) + (same - other) ** 2 * (N - a0 * b0),
            2,
            "S + O and S - O are the gains of sum and difference, eigenvalues N + a_0 b_0 and N - a_0 b_0.",
        ),
        equal(
            a**2 + same**2 * (N - a0**2) + other**2 * (N - b0**2),
            1,
            "The first one ends with unit length, counting the shared neuron, its own and the other's,",
        ),
        equal(
            a * b,
            -same * other * (2 * N - a0**2 - b0**2),
            "and orthogonal: O is negative, each has taken a negative weight on the other's own neuron.",
        ),
        equal(
            a**2 - b**2,
            (a0**2 - b0**2) * plus * minus,
            "But both are still on the shared neuron: the difference of the squares has only been rescaled, "
            "where interference alone would conserve it and end with b = 0.",
        ),
    )


def _death_steps() -> tuple[Step, ...]:
    return (
        equal(
            sp.Integral(1 / (a0**2 * z + lam), (z, 0, b0)),
            DEATH_TIME,
            "Beside a settled a the loser falls at rate a^2 b + lambda: dead after a finite time.",
        ),
        equal(
            sp.Subs(DEATH_TIME, b0, lam / a0),
            sp.log(1 + a0) / a0**2,
            "From a b = lambda on, the inner product is too small to revive dead weights; then this is left.",
        ),
    )


derivations = (
    Derivation(
        name="free_collision",
        statement=(
            "Without L1 two encodings with a positive inner product end symmetrically orthogonalised: a "
            "malign collision then has no loser."
        ),
        source="own; question from seed 001, Gaps in the theory",
        status="proved",
        proof=_collision_steps,
        domains={a0: (0.1, 0.6), b0: (0.1, 0.6), N: (0.8, 1.2)},
        prediction="theory.interference.free_collision",
    ),
    Derivation(
        name="death",
        statement="With L1 the smaller of two weights on one neuron dies after a finite time.",
        source="seed 001, Benign and malign collisions; formula own",
        status="proved",
        proof=_death_steps,
        prediction="theory.interference.death_time",
    ),
)
