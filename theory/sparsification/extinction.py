"""The L1 strength beyond which an encoding dies altogether.

The waterline of the reduced flow (`theory.sparsification.reduction`) then passes even the largest weight. The
order 1/√m that seed 001 gives for this strength holds up to a slowly growing factor, at most √(2 ln m).
"""

import numpy as np
import sympy as sp
from scipy.integrate import solve_ivp
from scipy.optimize import brentq
from scipy.special import ndtri

from theory.common import arguments, memory
from theory.derivation import Derivation, Merit, Step, define, equal
from theory.model import Autoencoder
from theory.notation import B, lam, q_of as q, t, x, y
from theory.sparsification.initial import excesses
from theory.sparsification.reduction import LARGEST_L1

ARRAYS = 12  # of the number of weights, at most


def extinction_threshold(n_neurons: int) -> float:
    """Return λ√m beyond which a typical encoding of m normal weights of deviation 1/√m dies.

    Parameters
    ----------
    n_neurons : int
        Number m of weights, at least 2.

    Returns
    -------
    float
        For the encoding whose sorted weights are at the medians of their laws.

    Notes
    -----
    Exact integration of the two variables; derivations ``reduction``, ``extinction``, ``final_weight``.
    """
    m = arguments.whole("n_neurons", n_neurons, least=2)
    memory.enough(ARRAYS * 8 * m, n_neurons=m)
    beyond = (np.arange(1, m + 1) - 1 / 3) / (m + 1 / 3)  # median of the beta law of P(|w| > u_j)
    return threshold(-ndtri(beyond / 2) / np.sqrt(m)) * np.sqrt(m)


def threshold(weights: np.ndarray) -> float:
    """Return the L1 strength λ beyond which the encoding with these initial weights dies.

    Parameters
    ----------
    weights : array_like, shape (neuron,)
        Initial weights, at least two of them.
    """
    sizes = np.sort(np.abs(weights))[::-1]
    sums = excesses(Autoencoder(1, len(sizes), 0.0), sizes)

    def margin(l1: float) -> float:
        """Return how far the feature benefit of the last weight exceeds λ, when the last but one has died."""

        def flow(_, state):
            log_clock, level = state
            return 2 * (sums.second(level) * np.exp(-log_clock) - 1), l1 * np.exp(log_clock / 2)

        def second_dies(_, state):
            return state[1] - sizes[1]

        second_dies.terminal = True  # type: ignore[attr-defined]  # SciPy's way to say so
        solution = solve_ivp(
            flow, (0.0, np.inf), (0.0, 0.0), method="LSODA", events=second_dies, rtol=1e-7, atol=1e-10
        )
        log_clock, level = solution.y[:, -1]
        weight = min((sizes[0] - level) * np.exp(-log_clock / 2), 3**-0.5)  # above 1/√3 it can only relax
        return weight * (1 - weight**2) - l1

    highest = min(sizes[0], float(LARGEST_L1))
    return highest if margin(highest) > 0 else brentq(margin, 1e-3 * highest, highest, xtol=1e-5 * highest)


def _steps() -> tuple[Step, ...]:
    return (
        define(sp.Derivative(B(t), t), 2 * (q(t) - B(t)), "The clock (see reduction) …"),
        equal(
            sp.Derivative(B(t) * sp.exp(2 * t), t),
            2 * q(t) * sp.exp(2 * t),
            "… never falls faster than e^(−2t), as q ≥ 0: B ≥ e^(−2t) when it starts from 1 …",
        ),
        equal(
            lam * sp.Integral(sp.sqrt(sp.exp(-2 * x)), (x, 0, t)),
            lam * (1 - sp.exp(-t)),
            "… so that the waterline s, which rises at rate λ√B, is at least this …",
        ),
        equal(sp.Limit(lam * (1 - sp.exp(-t)), t, sp.oo), lam, "… and passes every weight below λ."),
        equal(
            sp.Limit(y * sp.exp(y**2) * sp.erfc(y), y, sp.oo),
            1 / sp.sqrt(sp.pi),
            "Of m = e^(y²) normal weights m erfc(y) → 0 exceed √2 y σ = √(2 ln m) σ.",
        ),
    )


def _extinction_merit() -> float:
    return float(extinction_threshold(1000) / np.sqrt(2 * np.log(1000)))


derivations = (
    Derivation(
        name="extinction",
        statement=(
            "An encoding of length 1 dies when λ exceeds its largest weight, which is below √(2 ln m)/√m."
        ),
        source="own; seed 001, We consider a model …, has the order 1/√m",
        status="proved",
        proof=_steps,
        prediction="theory.sparsification.extinction_threshold",
        merit=Merit("typical λ√m of {:.2f} √(2 ln m) at m = 1000", _extinction_merit),
    ),
)
