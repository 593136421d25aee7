"""Fast and slow: the L2 norm relaxes at rate 2, the L1 norm decays at rate λ.

The clock B of the reduced flow (`theory.sparsification.reduction`) follows q(s) at rate 2 while the waterline
s rises at rate λ√B. After a first layer the flow is on a slow manifold, here to second order in λ, where the
waterline alone tells the time.
"""

import numpy as np
import sympy as sp

from theory.common import arguments
from theory.derivation import Derivation, define, equal, function, order
from theory.sparsification.reduction import B, L, N, k, lam, t, waterline_rate

q, p = sp.Function("q", positive=True), sp.Function("p", positive=True)

_N0 = sp.Symbol("N_0", positive=True)
_logistic = _N0 / (_N0 + (1 - _N0) * sp.exp(-2 * t))
slow_norm = (1 + sp.sqrt(1 - 4 * lam * L - 2 * lam**2 * (k - L**2))) / 2
_first = slow_norm.subs(k, L**2)

norm_relaxation = Derivation(
    name="norm_relaxation",
    statement="‖w‖² goes logistically to 1, then follows (1 − N)N = λ‖w‖₁ and creeps up as 1 − λ‖w‖₁.",
    source="seed 001, section “How fast does it sparsify?”, where dN/dt is taken to be 0",
    status="proved",
    steps=(
        define(N, q(t) / B(t), "‖w‖² in the two variables."),
        define(L, p(t) / sp.sqrt(B(t)), "‖w‖₁."),
        define(sp.Derivative(B(t), t), 2 * (q(t) - B(t)), "See reduction."),
        define(sp.Derivative(q(t), t), -2 * p(t) * waterline_rate, "See reduction."),
        equal(
            sp.Derivative(q(t) / B(t), t) + 2 * lam * L,
            2 * (1 - N) * N,
            "The norm is pulled to 1 and pressed by L1.",
        ),
        equal(sp.Derivative(_logistic, t), 2 * (1 - _logistic) * _logistic, "First layer: it is logistic …"),
        equal(sp.Limit(_logistic, t, 0), _N0, "… from its initial value …"),
        equal(sp.Limit(_logistic, t, sp.oo), 1, "… to 1."),
        equal((_first * (1 - _first)).subs(L, _N0), lam * _N0, "With dN/dt = 0 the two forces balance."),
        order(_first.subs(L, _N0), 1 - lam * _N0, lam, 2, "The branch near 1: the norm lags by λ‖w‖₁."),
    ),
    domains={lam: (0.01, 0.1), _N0: (0.1, 0.9)},
    prediction="sparsification.slow_manifold",
)

_L0 = sp.Symbol("L_0", positive=True)
_decay = 1 / (1 / _L0 + lam * t)

norm_decay = Derivation(
    name="norm_decay",
    statement="‖w‖₁ falls at the rate λ(k − ‖w‖₁²/‖w‖²); with k = 2‖w‖₁² it is 1/(1/‖w(0)‖₁ + λt).",
    source="seed 001, section “How fast does it sparsify?”; the rate and the constant are our own",
    status="proved",
    steps=(
        define(sp.Derivative(B(t), t), 2 * (q(t) - B(t)), "See reduction."),
        define(sp.Derivative(p(t), t), -k * waterline_rate, "See reduction."),
        equal(
            sp.Derivative(p(t) / sp.sqrt(B(t)), t) + k * lam,
            (1 - q(t) / B(t)) * p(t) / sp.sqrt(B(t)),
            "Feature benefit lifts ‖w‖₁, each of k active weights lowers it by λ.",
        ),
        define(N, _first, "On the slow manifold …"),
        order(N, 1 - lam * L, lam, 2, "… near 1 …"),
        equal(
            (1 - N) * L - k * lam,
            -lam * (k - L**2 / N),
            "… this is never positive: ‖w‖₁² ≤ k ‖w‖² (Cauchy, Schwarz).",
        ),
        equal(
            sp.Derivative(_decay, t),
            -lam * (2 * _decay**2 - _decay**2),
            "Late, N = 1 and k = 2‖w‖₁² (see late_law): solved by a power law …",
        ),
        equal(sp.Limit(_decay, t, 0), _L0, "… from any initial value …"),
        equal(sp.Limit(_decay * lam * t, t, sp.oo), 1, "… to 1/(λt)."),
    ),
    domains={lam: (0.01, 0.1)},
)

x, P, Q, q0 = sp.symbols("x P Q q_0", positive=True)
_q, _p, _B = q(x), p(x), B(x)
_clock = _q + lam * _p * sp.sqrt(_q) + lam**2 * (k * _q / 2 + _p**2)
_sums = (
    define(_q, Q + 2 * P * x + k * x**2, "Waterline x below the next death: the sum q of squared excesses …"),
    define(_p, P + k * x, "… and p of excesses …"),
    equal(sp.Limit(_q, x, 0), Q, "… q is Q at the death …"),
    equal(sp.Derivative(_q, x), 2 * _p, "… and falls at the rate 2p."),
    define(_B, _clock, "The slow manifold …"),
    order(
        -lam * sp.sqrt(_B) * sp.Derivative(_B, x),
        2 * (_q - _B),
        lam,
        3,
        "… solves λ√B dB/ds = 2(q − B) to this order.",
    ),
)

second_order = Derivation(
    name="slow_manifold",
    statement="To second order ‖w‖² = 1 − λ‖w‖₁ − λ²(k + ‖w‖₁²)/2.",
    source="own",
    status="asymptotic",
    steps=(
        *_sums,
        define(L, _p / sp.sqrt(_B), "In terms of ‖w‖₁ …"),
        order(_q / _B, 1 - lam * L - lam**2 * (k + L**2) / 2, lam, 3, "… this is the norm …"),
        order(_q / _B, slow_norm, lam, 3, "… or (1 − N)N = λ‖w‖₁ + λ²(k − ‖w‖₁²)/2."),
    ),
    prediction="sparsification.slow_manifold",
)

_root = 1 / sp.sqrt(q0)
clock_square = _q
time_lag = sp.log(_q / q0) / 4 - (_root - 1) + sp.log((1 + _root) / 2)
_r, _R = sp.symbols("r R", positive=True)
_ahead = sp.log(1 + _R) - _R

waterline_time = Derivation(
    name="waterline_time",
    statement="t(s) = (1/λ)∫ds/√q + ln(q/q₀)/4 − (R − 1) + ln((1 + R)/2) + O(λ), R = 1/‖w(0)‖.",
    source="own",
    status="asymptotic",
    steps=(
        *_sums,
        order(1 / sp.sqrt(_B), 1 / sp.sqrt(_q) - lam * _p / (2 * _q), lam, 2, "On it λ dt = ds/√B …"),
        equal(
            -sp.Derivative(time_lag, x), -_p / (2 * _q), "… whose second term is the slope of a logarithm."
        ),
        define(_r, sp.sqrt(B(t) / q0), "In the first layer r falls from R = 1/√q₀ to 1 …"),
        define(sp.Derivative(B(t), t), 2 * (q0 - B(t)), "… while q is still q₀ …"),
        equal(
            sp.Derivative(_ahead.subs(_R, sp.sqrt(B(t) / q0)), t),
            _r - 1,
            "… and the waterline gains r − 1 in each unit of time …",
        ),
        equal(
            _ahead.subs(_R, 1) - _ahead.subs(_R, _root),
            -time_lag.subs(_q, q0),
            "… over the slow manifold, altogether this.",
        ),
    ),
    prediction="sparsification.time_to_sparsity",
)

derivations = (norm_relaxation, norm_decay, second_order, waterline_time)

_slow_norm = function(slow_norm, lam, L, k)


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

    Notes
    -----
    Derivations ``norm_relaxation`` (error O(λ²)) and, with `active`, ``slow_manifold`` (error O(λ³)).
    """
    l1 = arguments.real("l1", l1, least=0)
    l1_norm = np.asarray(l1_norm, dtype=float)
    with np.errstate(invalid="ignore"):
        return np.sqrt(
            _slow_norm(l1, l1_norm, l1_norm**2 if active is None else np.asarray(active, dtype=float))
        )
