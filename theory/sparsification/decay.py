"""Many weights: the decay of one encoding without a free constant, its late law, and the paper's heuristic.

With many neurons the reduced flow (`theory.sparsification.reduction`) runs on integrals over the initial
distribution (`theory.sparsification.initial`). Late, only the tail of the distribution counts and two power
laws remain.
"""

import numpy as np
import sympy as sp
import xarray as xr
from scipy.integrate import solve_ivp
from scipy.special import ndtri
from scipy.stats.distributions import rv_frozen

from theory.common import arguments
from theory.common.schema import dataset
from theory.derivation import Derivation, Merit, Step, define, equal, function, order
from theory.model import Autoencoder
from theory.notation import (
    K_tail as K,
    T_lam as T,
    active as k,
    k_of,
    lam,
    m,
    nu,
    p,
    p_of,
    q,
    q_of,
    s,
    sigma,
    t,
    u,
    z_far as z,
)
from theory.sparsification.initial import FAMILIES, excesses

HEURISTIC_NORM = 1 / (1 / sp.sqrt(m) + lam * t)

RESOLVED = 1e-7  # mean excess over the waterline against it; the integration tolerates a thousandth of it
LARGEST_EXPONENT = 700.0
LATEST = 1e20  # beyond that rounding alone keeps the integration from going on

_EXAMPLE = Autoencoder(1, 100_000, 1e-5), np.array([1e5])  # at λt = 1


def population(
    model: Autoencoder, times: np.ndarray, weights: rv_frozen | np.ndarray | None = None
) -> xr.Dataset:
    """Predict one encoding of many weights without interference.

    Parameters
    ----------
    model : Autoencoder
        Its m and λ, and by default σ; the number of features does not matter.
    times : array_like, shape (time,)
        Increasing flow times.
    weights : frozen continuous distribution of scipy.stats or array_like, shape (sample,), optional
        Distribution of the initial weights, or a sample of it; by default normal with deviation σ.

    Returns
    -------
    xarray.Dataset
        ``active``, ``l1_norm`` and ``l2_norm`` over ``time``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, times are above 10²⁰, or they go on when the weights that are
        left are within rounding of the waterline, as those of bounded distributions are in the end.

    Notes
    -----
    Integrates ``B' = 2 (q(s) − B)``, ``s' = λ√B`` from B = 1, s = 0: derivation ``reduction``.
    """
    times = arguments.times("times", times)
    if times[-1] > LATEST:
        raise arguments.ArgumentError(f"times must be at most {LATEST:g}, got {times[-1]:g}")
    sums = excesses(model, weights)

    def flow(_, state):
        log_clock, level = state
        return 2 * (sums.second(level) * _exp(-log_clock) - 1), model.l1 * _exp(log_clock / 2)

    def resolved(_, state):
        active = sums.active(state[1])
        return sums.first(state[1]) - RESOLVED * state[1] * active if active else 1.0

    resolved.terminal = True  # type: ignore[attr-defined]  # so SciPy has it

    solution = solve_ivp(
        flow,
        (0.0, max(times[-1], 1.0)),  # the solver needs a span, also for the initial state alone
        (0.0, 0.0),
        method="LSODA",
        t_eval=times,
        events=resolved,
        rtol=1e-10,
        atol=(1e-10, 1e-12 * np.sqrt(sums.second(0.0) / model.n_neurons)),
    )
    if solution.status == 1:
        end = solution.t_events[0][0]
        raise arguments.ArgumentError(
            f"times must end before {end:g}, when the weights that are left are within rounding of the "
            f"waterline, got {times[-1]:g}"
        )
    log_clock, level = solution.y
    return dataset(
        {
            "active": ("time", sums.active(level)),
            "l1_norm": ("time", sums.first(level) * _exp(-log_clock / 2)),
            "l2_norm": ("time", np.sqrt(sums.second(level) * _exp(-log_clock))),
        },
        source="theory",
        model=model,
        coords={"time": times},
        method="population limit",
    )


def _exp(exponent: np.ndarray) -> np.ndarray:
    """Return the exponential, but no infinity: what is dead is 0 times it."""
    return np.exp(np.minimum(exponent, LARGEST_EXPONENT))


def paper_heuristic(model: Autoencoder, times: np.ndarray) -> xr.Dataset:
    """Return the paper's heuristic ``‖w‖₁ ≈ 1/(1/√m + λt)``, ``k ≈ ‖w‖₁²`` with its constants taken to be 1.

    Parameters
    ----------
    model : Autoencoder
        Its m and λ.
    times : array_like, shape (time,)
        Increasing flow times.

    Returns
    -------
    xarray.Dataset
        ``active`` and ``l1_norm`` over ``time``.

    Notes
    -----
    Seed 001, section “How fast does it sparsify?”. Derivation ``heuristic`` says by how much it is off.
    """
    arguments.instance("model", model, Autoencoder)
    times = arguments.times("times", times)
    norm = _heuristic_norm(times, model.n_neurons, model.l1)
    return dataset(
        {"active": ("time", norm**2), "l1_norm": ("time", norm)},
        source="theory",
        model=model,
        coords={"time": times},
        method="heuristic of the paper",
    )


_heuristic_norm = function(HEURISTIC_NORM, t, m, lam)


def _tail(number: sp.Expr, first: sp.Expr, second: sp.Expr, low: sp.Expr) -> tuple[Step, ...]:
    """Return the steps that all tails share: the sums belong together; the time that has passed."""
    return (
        define(k, number, "Weights above the waterline s."),
        define(p, first, "Sum of their excesses …"),
        define(q, second, "… and of the squares."),
        equal(sp.Derivative(second, s), -2 * p, "These belong together: q falls at the rate 2p …"),
        equal(sp.Derivative(first, s), -k, "… and p at the rate k."),
        define(T, sp.Integral(sp.sqrt(1 / second).subs(s, u), (u, low, s)), "λt = ∫ ds/√q (waterline_time)."),
    )


def _late_steps() -> tuple[Step, ...]:
    exponential = K * sp.exp(-s / sigma)
    return (
        *_tail(exponential, sigma * exponential, 2 * sigma**2 * exponential, -sp.oo),
        equal(k, 2 / T**2, "Far out weights fall off exponentially over a distance σ that hardly changes."),
        equal(p / sp.sqrt(q), 1 / T, "L1 norm, with ‖w‖² = 1."),
        equal(k, 2 * (p / sp.sqrt(q)) ** 2, "So the weights that are left have k = 2‖w‖₁²."),
    )


def _power_tail_steps() -> tuple[Step, ...]:
    power = K * s**-nu
    return (
        *_tail(power, s * power / (nu - 1), 2 * s**2 * power / (nu - 1) / (nu - 2), 0),
        equal(k * T**2, 2 * (1 - 1 / nu) * (1 - 2 / nu), "Smaller than 2 by factors that tend to 1 with ν."),
        equal(p / sp.sqrt(q) * T, 1 - 2 / nu, "L1 norm; uniform weights are the case ν = −1: 12 and 3."),
    )


def _correction_steps() -> tuple[Step, ...]:
    of_s = {k: k_of(s), p: p_of(s), q: q_of(s)}
    far = {s: sigma / z}
    late_time = sp.sqrt(q) / p * (1 + 2 * sigma**2 / s**2)
    late_slope = (k * q / p**2 - 1) * (1 + 2 * sigma**2 / s**2)
    small_slope = 4 * sigma**2 * q / (s**3 * p)
    return (
        define(sp.Derivative(q_of(s), s), -2 * p_of(s), "q falls at the rate 2p …"),
        define(sp.Derivative(p_of(s), s), -k_of(s), "… and p at the rate k."),
        equal(
            sp.Derivative(late_time.subs(of_s), s) * q_of(s) ** sp.Rational(1, 2),
            (late_slope - small_slope).subs(of_s),
            "Slope of √q/p (1 + 2/ζ²), in units of 1/√q.",
        ),
        *(
            define(symbol, value.subs(far), "Normal weights, z = 1/ζ.")
            for symbol, value in zip(of_s, FAMILIES["norm"][2], strict=True)
        ),
        order(late_slope.subs(far), 1, z, 4, "The first part is 1 to this order …"),
        order(
            small_slope.subs(far),
            8 * z**4,
            z,
            6,
            "… and the second beyond it: √q/p (1 + 2/ζ²) is ∫ds/√q = λt.",
        ),
        order(
            sp.Mul(p / sp.sqrt(q), late_time.subs(far), evaluate=False),
            1 + 2 * z**2,
            z,
            4,
            "So this is ‖w‖₁ λt …",
        ),
        order((k * late_time**2 / 2).subs(far), 1 + 3 * z**2, z, 4, "… this is k (λt)²/2 …"),
        order(k * q / p**2 / 2, 1 - z**2, z, 4, "… and this is k/(2‖w‖₁²)."),
    )


def _heuristic_steps() -> tuple[Step, ...]:
    start = sp.Subs(HEURISTIC_NORM, t, 0)
    first, second = FAMILIES["laplace"][2][1:]
    return (
        equal(
            sp.Derivative(HEURISTIC_NORM, t), -lam * HEURISTIC_NORM**2, "Typical weights 1/√k: k ≈ ‖w‖₁² …"
        ),
        equal(start, sp.sqrt(m), "… and √m at the start."),
        equal(
            sp.Subs(FAMILIES["norm"][2][1] / start, (sigma, s), (1 / sp.sqrt(m), 0)),
            sp.sqrt(2 / sp.pi),
            "Normal weights start at √(2/π) of that.",
        ),
        equal(sp.Limit(HEURISTIC_NORM * lam * t, t, sp.oo), 1, "Late, ‖w‖₁ is right, but …"),
        equal(
            sp.Limit(HEURISTIC_NORM**2 / (2 / (lam * t) ** 2), t, sp.oo),
            sp.Rational(1, 2),
            "… k is half of it.",
        ),
        equal(
            first / sp.sqrt(second),
            1 / (sp.sqrt(2 / m) + sp.Integral(1 / sp.sqrt(second.subs(s, u)), (u, 0, s))),
            "For Laplace weights the form of ‖w‖₁ is exact, with √(2/m) for 1/√m.",
        ),
    )


def _heuristic_merit() -> float:
    return float(paper_heuristic(*_EXAMPLE).active.item() / population(*_EXAMPLE).active.item())


def _late_law_merit() -> float:
    return float(2 / population(*_EXAMPLE).active.item())


def _late_correction_merit() -> float:
    number = population(*_EXAMPLE).active.item()
    far = ndtri(number / _EXAMPLE[0].n_neurons / 2)
    return float(2 * (1 + 3 / far**2) / number)


derivations = (
    Derivation(
        name="late_law",
        statement="Late, k = 2/(λt)² and ‖w‖₁ = 1/(λt), so k = 2‖w‖₁².",
        source="own; the powers are those of seed 001, How fast does it sparsify?",
        status="asymptotic",
        proof=_late_steps,
        prediction="theory.sparsification.population",
        merit=Merit("predicts {:.2f} times the active weights at λt = 1, m = 10⁵", _late_law_merit),
    ),
    Derivation(
        name="late_correction",
        statement="Normal weights: k = 2(1 + 3/ζ²)/(λt)² and ‖w‖₁ = (1 + 2/ζ²)/(λt), up to O(1/ζ⁴), ζ = s/σ.",
        source="own",
        status="asymptotic",
        proof=_correction_steps,
        prediction="theory.sparsification.population",
        merit=Merit("predicts {:.3f} times the active weights at λt = 1, m = 10⁵", _late_correction_merit),
    ),
    Derivation(
        name="late_law_of_power_tails",
        statement="A tail u^(−ν) (Student's t) gives k = 2(1 − 1/ν)(1 − 2/ν)/(λt)², ‖w‖₁ = (1 − 2/ν)/(λt).",
        source="own",
        status="asymptotic",
        proof=_power_tail_steps,
        domains={nu: (2.5, 6)},
        prediction="theory.sparsification.population",
    ),
    Derivation(
        name="heuristic",
        statement="‖w‖₁ ≈ 1/(1/√m + λt) and k ≈ ‖w‖₁²: right powers, wrong constants.",
        source="seed 001, How fast does it sparsify?; arXiv:2312.03096, speed of sparsification",
        status="heuristic",
        proof=_heuristic_steps,
        prediction="theory.sparsification.paper_heuristic",
        merit=Merit("predicts {:.2f} times the active weights at λt = 1, m = 10⁵", _heuristic_merit),
    ),
)
