"""Fast and slow: the L2 norm relaxes at rate 2, the L1 norm decays at rate λ.

The clock B of the reduced flow (`theory.sparsification.reduction`) follows q(s) at rate 2 while the waterline
s rises at rate λ√B. After a first layer the flow is on a slow manifold, here to second order in λ, where the
waterline alone tells the time.
"""

import numpy as np
import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, Merit, Step, define, equal, function, order
from theory.model import Autoencoder
from theory.notation import (
    L_0,
    N_0,
    B,
    L,
    N,
    P,
    Q,
    R_first as R,
    active as k,
    below as x,
    lam,
    p_of as p,
    q_0,
    q_of as q,
    ratio as r,
    t,
)
from theory.sparsification.decay import population
from theory.sparsification.reduction import WATERLINE_RATE

SLOW_NORM = (1 + sp.sqrt(1 - 4 * lam * L - 2 * lam**2 * (k - L**2))) / 2
FIRST_ORDER = SLOW_NORM.subs(k, L**2)

# what the first layer and the slow manifold add to the time (1/λ)∫ds/√q
TIME_LAG = sp.log(q(x) / q_0) / 4 - (1 / sp.sqrt(q_0) - 1) + sp.log((1 + 1 / sp.sqrt(q_0)) / 2)


def slow_manifold(l1: float, l1_norm: np.ndarray, active: np.ndarray | None = None) -> np.ndarray:
    """Return the L2 norm ``√N`` of an encoding on the slow manifold ``(1 − N)N = λ‖w‖₁ + λ²(k − ‖w‖₁²)/2``.

    Parameters
    ----------
    l1 : float
        L1 strength λ in flow units.
    l1_norm : array_like
        L1 norm ‖w‖₁. Where λ is so strong that there is no slow manifold, the result is NaN.
    active : array_like, optional
        Number k of active weights; by default the term with λ² is left out.

    Returns
    -------
    numpy.ndarray
        Of the shape of `l1_norm`.

    Raises
    ------
    TypeError, ValueError
        If an argument is no number, λ is below 0, or another is larger than 10³⁰.

    Notes
    -----
    Own derivations ``norm_relaxation`` (error O(λ²)) and, with `active`, ``slow_manifold`` (error O(λ³)).
    """
    l1 = arguments.real("l1", l1, least=0)
    l1_norm = _sizes("l1_norm", l1_norm)
    if active is not None:
        active = _sizes("active", active)
    with np.errstate(invalid="ignore"):
        return np.sqrt(_slow_norm(l1, l1_norm, l1_norm**2 if active is None else active))


def _sizes(name: str, value: np.ndarray) -> np.ndarray:
    """Return an array of numbers, or NaN, whose squares are numbers, too."""
    sizes = arguments.real_numbers(f"{name} must be an array of numbers", value).astype(float)
    if (np.abs(sizes) > arguments.LARGEST).any():
        raise arguments.ArgumentError(
            f"{name} must be an array of numbers of size at most {arguments.LARGEST:g}"
        )
    return sizes


_slow_norm = function(SLOW_NORM, lam, L, k)


def _relaxation_steps() -> tuple[Step, ...]:
    logistic = N_0 / (N_0 + (1 - N_0) * sp.exp(-2 * t))
    return (
        define(N, q(t) / B(t), "‖w‖² in the two variables."),
        define(L, p(t) / sp.sqrt(B(t)), "‖w‖₁."),
        define(sp.Derivative(B(t), t), 2 * (q(t) - B(t)), "See reduction."),
        define(sp.Derivative(q(t), t), -2 * p(t) * WATERLINE_RATE, "See reduction."),
        equal(
            sp.Derivative(q(t) / B(t), t) + 2 * lam * L,
            2 * (1 - N) * N,
            "The norm is pulled to 1 and pressed by L1.",
        ),
        equal(sp.Derivative(logistic, t), 2 * (1 - logistic) * logistic, "First layer: it is logistic …"),
        equal(sp.Limit(logistic, t, 0), N_0, "… from its initial value …"),
        equal(sp.Limit(logistic, t, sp.oo), 1, "… to 1."),
        equal(
            (FIRST_ORDER * (1 - FIRST_ORDER)).subs(L, N_0),
            lam * N_0,
            "With dN/dt = 0 the two forces balance.",
        ),
        order(FIRST_ORDER.subs(L, N_0), 1 - lam * N_0, lam, 2, "The branch near 1: the norm lags by λ‖w‖₁."),
    )


def _decay_steps() -> tuple[Step, ...]:
    decay = 1 / (1 / L_0 + lam * t)
    return (
        define(sp.Derivative(B(t), t), 2 * (q(t) - B(t)), "See reduction."),
        define(sp.Derivative(p(t), t), -k * WATERLINE_RATE, "See reduction."),
        equal(
            sp.Derivative(p(t) / sp.sqrt(B(t)), t) + k * lam,
            (1 - q(t) / B(t)) * p(t) / sp.sqrt(B(t)),
            "Feature benefit lifts ‖w‖₁, each of k active weights lowers it by λ.",
        ),
        define(N, FIRST_ORDER, "On the slow manifold …"),
        order(N, 1 - lam * L, lam, 2, "… near 1 …"),
        equal(
            (1 - N) * L - k * lam,
            -lam * (k - L**2 / N),
            "… this is never positive: ‖w‖₁² ≤ k ‖w‖² (Cauchy, Schwarz).",
        ),
        equal(
            sp.Derivative(decay, t),
            -lam * (2 * decay**2 - decay**2),
            "Late, N = 1 and k = 2‖w‖₁² (see late_law): solved by a power law …",
        ),
        equal(sp.Limit(decay, t, 0), L_0, "… from any initial value …"),
        equal(sp.Limit(decay * lam * t, t, sp.oo), 1, "… to 1/(λt)."),
    )


def _sums() -> tuple[Step, ...]:
    """Return the steps that put the flow on the slow manifold between two deaths."""
    clock = q(x) + lam * p(x) * sp.sqrt(q(x)) + lam**2 * (k * q(x) / 2 + p(x) ** 2)
    return (
        define(
            q(x),
            Q + 2 * P * x + k * x**2,
            "Waterline x below the next death: the sum q of squared excesses …",
        ),
        define(p(x), P + k * x, "… and p of excesses …"),
        equal(sp.Limit(q(x), x, 0), Q, "… q is Q at the death …"),
        equal(sp.Derivative(q(x), x), 2 * p(x), "… and falls at the rate 2p."),
        define(B(x), clock, "The slow manifold …"),
        order(
            -lam * sp.sqrt(B(x)) * sp.Derivative(B(x), x),
            2 * (q(x) - B(x)),
            lam,
            3,
            "… solves λ√B dB/ds = 2(q − B) to this order.",
        ),
    )


def _slow_manifold_steps() -> tuple[Step, ...]:
    return (
        *_sums(),
        define(L, p(x) / sp.sqrt(B(x)), "In terms of ‖w‖₁ …"),
        order(q(x) / B(x), 1 - lam * L - lam**2 * (k + L**2) / 2, lam, 3, "… this is the norm …"),
        order(q(x) / B(x), SLOW_NORM, lam, 3, "… or (1 − N)N = λ‖w‖₁ + λ²(k − ‖w‖₁²)/2."),
    )


def _waterline_steps() -> tuple[Step, ...]:
    ahead = sp.log(1 + R) - R
    return (
        *_sums(),
        order(1 / sp.sqrt(B(x)), 1 / sp.sqrt(q(x)) - lam * p(x) / (2 * q(x)), lam, 2, "On it λ dt = ds/√B …"),
        equal(
            -sp.Derivative(TIME_LAG, x),
            -p(x) / (2 * q(x)),
            "… whose second term is the slope of a logarithm.",
        ),
        define(r, sp.sqrt(B(t) / q_0), "In the first layer r falls from R = 1/√q₀ to 1 …"),
        define(sp.Derivative(B(t), t), 2 * (q_0 - B(t)), "… while q is still q₀ …"),
        equal(
            sp.Derivative(ahead.subs(R, sp.sqrt(B(t) / q_0)), t),
            r - 1,
            "… and the waterline gains r − 1 in each unit of time …",
        ),
        equal(
            ahead.subs(R, 1) - ahead.subs(R, 1 / sp.sqrt(q_0)),
            -TIME_LAG.subs(q(x), q_0),
            "… over the slow manifold, altogether this.",
        ),
    )


def _error_of_norm(with_active: bool) -> float:
    """Return by how much the slow manifold misses the norm at λ = 10⁻³, λt = 0.1, m = 1000."""
    model = Autoencoder(1, 1000, 1e-3)
    race = population(model, np.array([100.0]))
    norm = slow_manifold(model.l1, race.l1_norm, race.active if with_active else None)
    return float(abs(norm - race.l2_norm).item())


def _norm_relaxation_merit() -> float:
    return _error_of_norm(with_active=False)


def _slow_manifold_merit() -> float:
    return _error_of_norm(with_active=True)


derivations = (
    Derivation(
        name="norm_relaxation",
        statement="‖w‖² goes logistically to 1, then follows (1 − N)N = λ‖w‖₁ and creeps up as 1 − λ‖w‖₁.",
        source="seed 001, How fast does it sparsify?, where dN/dt is taken to be 0",
        status="proved",
        proof=_relaxation_steps,
        domains={lam: (0.01, 0.1), N_0: (0.1, 0.9)},
        prediction="theory.sparsification.slow_manifold",
        merit=Merit("‖w‖ off by {:.0e} at λ = 10⁻³, λt = 0.1, m = 1000", _norm_relaxation_merit),
    ),
    Derivation(
        name="norm_decay",
        statement="‖w‖₁ falls at the rate λ(k − ‖w‖₁²/‖w‖²); with k = 2‖w‖₁² it is 1/(1/‖w(0)‖₁ + λt).",
        source="seed 001, How fast does it sparsify?; the rate and the constant are own",
        status="proved",
        proof=_decay_steps,
        domains={lam: (0.01, 0.1)},
    ),
    Derivation(
        name="slow_manifold",
        statement="To second order ‖w‖² = 1 − λ‖w‖₁ − λ²(k + ‖w‖₁²)/2.",
        source="own",
        status="asymptotic",
        proof=_slow_manifold_steps,
        prediction="theory.sparsification.slow_manifold",
        merit=Merit("‖w‖ off by {:.0e} at λ = 10⁻³, λt = 0.1, m = 1000", _slow_manifold_merit),
    ),
    Derivation(
        name="waterline_time",
        statement="t(s) = (1/λ)∫ds/√q + ln(q/q₀)/4 − (R − 1) + ln((1 + R)/2) + O(λ), R = 1/‖w(0)‖.",
        source="own",
        status="asymptotic",
        proof=_waterline_steps,
        prediction="theory.sparsification.time_to_sparsity",
    ),
)
