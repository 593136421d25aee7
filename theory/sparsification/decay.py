"""Many weights: the decay of one encoding without a free constant, its late law, and the paper's heuristic.

With many neurons the reduced flow (`theory.sparsification.reduction`) runs on integrals over the initial
distribution (`theory.sparsification.initial`). Late, only the tail of the distribution counts and two power
laws remain.
"""

import numpy as np
import sympy as sp
import xarray as xr
from scipy.integrate import solve_ivp
from scipy.stats.distributions import rv_frozen

from theory.common import arguments
from theory.common.schema import dataset
from theory.derivation import Derivation, define, equal, function, order
from theory.model import Autoencoder
from theory.sparsification.initial import FAMILIES, excesses, m, s, sigma, u
from theory.sparsification.reduction import lam, t

z, K, nu = sp.symbols("z K nu", positive=True)
_k, _p, _q, _T = sp.symbols("k p q T", positive=True)


def _tail(active: sp.Expr, first: sp.Expr, second: sp.Expr, low: sp.Expr) -> tuple:
    """Return the steps that all tails share: the sums belong together; the time that has passed."""
    return (
        define(_k, active, "Weights above the waterline s."),
        define(_p, first, "Sum of their excesses …"),
        define(_q, second, "… and of the squares."),
        equal(sp.Derivative(second, s), -2 * _p, "These belong together: q falls at the rate 2p …"),
        equal(sp.Derivative(first, s), -_k, "… and p at the rate k."),
        define(
            _T, sp.Integral(sp.sqrt(1 / second).subs(s, u), (u, low, s)), "λt = ∫ ds/√q (waterline_time)."
        ),
    )


_exponential = K * sp.exp(-s / sigma)

late_law = Derivation(
    name="late_law",
    statement="Late, k = 2/(λt)² and ‖w‖₁ = 1/(λt), so k = 2‖w‖₁².",
    source="own; the powers are those of seed 001, section “How fast does it sparsify?”",
    status="asymptotic",
    steps=(
        *_tail(_exponential, sigma * _exponential, 2 * sigma**2 * _exponential, -sp.oo),
        equal(_k, 2 / _T**2, "Far out weights fall off exponentially over a distance σ that hardly changes."),
        equal(_p / sp.sqrt(_q), 1 / _T, "L1 norm, with ‖w‖² = 1."),
        equal(_k, 2 * (_p / sp.sqrt(_q)) ** 2, "So the weights that are left have k = 2‖w‖₁²."),
    ),
    prediction="sparsification.population",
)

_power = K * s**-nu
_first, _second = s * _power / (nu - 1), 2 * s**2 * _power / (nu - 1) / (nu - 2)

late_law_of_power_tails = Derivation(
    name="late_law_of_power_tails",
    statement="A tail u^(−ν) (Student's t) gives k = 2(1 − 1/ν)(1 − 2/ν)/(λt)², ‖w‖₁ = (1 − 2/ν)/(λt).",
    source="own",
    status="asymptotic",
    steps=(
        *_tail(_power, _first, _second, 0),
        equal(
            _k * _T**2, 2 * (1 - 1 / nu) * (1 - 2 / nu), "Smaller than 2 by factors that tend to 1 with ν."
        ),
        equal(_p / sp.sqrt(_q) * _T, 1 - 2 / nu, "L1 norm; uniform weights are the case ν = −1: 12 and 3."),
    ),
    domains={nu: (2.5, 6)},
    prediction="sparsification.population",
)

_sums = [sp.Function(name, positive=True)(s) for name in "kpq"]
_late_time = sp.sqrt(_q) / _p * (1 + 2 * sigma**2 / s**2)
_late_slope = (_k * _q / _p**2 - 1) * (1 + 2 * sigma**2 / s**2)
_small_slope = 4 * sigma**2 * _q / (s**3 * _p)
_of_s = dict(zip((_k, _p, _q), _sums, strict=True))
_far = {s: sigma / z}

late_correction = Derivation(
    name="late_correction",
    statement="Normal weights: k = 2(1 + 3/ζ²)/(λt)² and ‖w‖₁ = (1 + 2/ζ²)/(λt), up to O(1/ζ⁴), ζ = s/σ.",
    source="own",
    status="asymptotic",
    steps=(
        define(sp.Derivative(_sums[2], s), -2 * _sums[1], "q falls at the rate 2p …"),
        define(sp.Derivative(_sums[1], s), -_sums[0], "… and p at the rate k."),
        equal(
            sp.Derivative(_late_time.subs(_of_s), s) * _sums[2] ** sp.Rational(1, 2),
            (_late_slope - _small_slope).subs(_of_s),
            "Slope of √q/p (1 + 2/ζ²), in units of 1/√q.",
        ),
        *(
            define(f, g.subs(_far), "Normal weights, z = 1/ζ.")
            for f, g in zip(_of_s, FAMILIES["norm"][2], strict=True)
        ),
        order(_late_slope.subs(_far), 1, z, 4, "The first part is 1 to this order …"),
        order(
            _small_slope.subs(_far),
            8 * z**4,
            z,
            6,
            "… and the second beyond it: √q/p (1 + 2/ζ²) is ∫ds/√q = λt.",
        ),
        order((_p / sp.sqrt(_q) * _late_time).subs(_far), 1 + 2 * z**2, z, 4, "So this is ‖w‖₁ λt …"),
        order((_k * _late_time**2 / 2).subs(_far), 1 + 3 * z**2, z, 4, "… this is k (λt)²/2 …"),
        order(_k * _q / _p**2 / 2, 1 - z**2, z, 4, "… and this is k/(2‖w‖₁²)."),
    ),
    prediction="sparsification.population",
)

heuristic_norm = 1 / (1 / sp.sqrt(m) + lam * t)
_start = heuristic_norm.subs(t, 0)
_laplace_first, _laplace_second = FAMILIES["laplace"][2][1:]

heuristic = Derivation(
    name="heuristic",
    statement="‖w‖₁ ≈ 1/(1/√m + λt) and k ≈ ‖w‖₁²: right powers, wrong constants.",
    source="seed 001, section “How fast does it sparsify?”; paper",
    status="heuristic",
    steps=(
        equal(
            sp.Derivative(heuristic_norm, t), -lam * heuristic_norm**2, "Typical weights 1/√k: k ≈ ‖w‖₁² …"
        ),
        equal(_start, sp.sqrt(m), "… and √m at the start."),
        equal(
            sp.Subs(
                FAMILIES["norm"][2][1] / _start,
                (
                    sigma,
                    s,
                ),
                (
                    1 / sp.sqrt(m),
                    0,
                ),
            ),
            sp.sqrt(2 / sp.pi),
            "Normal weights start at √(2/π) of that.",
        ),
        equal(sp.Limit(heuristic_norm * lam * t, t, sp.oo), 1, "Late, ‖w‖₁ is right, but …"),
        equal(
            sp.Limit(heuristic_norm**2 / (2 / (lam * t) ** 2), t, sp.oo),
            sp.Rational(1, 2),
            "… k is half of it.",
        ),
        equal(
            _laplace_first / sp.sqrt(_laplace_second),
            1 / (sp.sqrt(2 / m) + sp.Integral(1 / sp.sqrt(_laplace_second.subs(s, u)), (u, 0, s))),
            "For Laplace weights the form of ‖w‖₁ is exact, with √(2/m) for 1/√m.",
        ),
    ),
    prediction="sparsification.paper_heuristic",
)

derivations = (late_law, late_correction, late_law_of_power_tails, heuristic)

_heuristic_norm = function(heuristic_norm, t, m, lam)


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
        If an argument is not as said above.

    Notes
    -----
    Integrates ``B' = 2 (q(s) − B)``, ``s' = λ√B`` from B = 1, s = 0: derivation ``reduction``.
    """
    times = arguments.times("times", times)
    sums = excesses(model, weights)

    def flow(_, state):
        log_clock, level = state
        return 2 * (sums.second(level) * np.exp(-log_clock) - 1), model.l1 * np.exp(log_clock / 2)

    solution = solve_ivp(
        flow,
        (0.0, max(times[-1], 1.0)),  # the solver needs a span, also for the initial state alone
        (0.0, 0.0),
        method="LSODA",
        t_eval=times,
        rtol=1e-10,
        atol=(1e-10, 1e-12 * np.sqrt(sums.second(0.0) / model.n_neurons)),
    )
    log_clock, level = solution.y
    return dataset(
        {
            "active": ("time", sums.active(level)),
            "l1_norm": ("time", sums.first(level) * np.exp(-log_clock / 2)),
            "l2_norm": ("time", np.sqrt(sums.second(level) * np.exp(-log_clock))),
        },
        source="theory",
        model=model,
        coords={"time": times},
        method="population limit",
    )


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
    times = arguments.times("times", times)
    norm = _heuristic_norm(times, model.n_neurons, model.l1)
    return dataset(
        {"active": ("time", norm**2), "l1_norm": ("time", norm)},
        source="theory",
        model=model,
        coords={"time": times},
        method="heuristic of the paper",
    )
