"""The fourth norm under noise: how encodings become sparse without L1, and when.

Once lengths and inner products are settled, noise of negative excess kurtosis only turns the encodings. On
the sphere ``‖w‖ = 1`` the squares of the weights then follow a replicator equation, which has a closed form:
the counterpart of the gap stretching under L1. The full flow of the averaged force starts from anywhere.
"""

from collections.abc import Callable

import numpy as np
import sympy as sp
import xarray as xr
from scipy import integrate, optimize

from theory.common import arguments, schema
from theory.derivation import Derivation, Step, define, equal, function
from theory.notation import d_gap as d, g, moving, rate as c, t, v as weight_v, w as weight_w

# By g, which falls from 1 to 0, and the gap d = 1 − u²/max u² of an initial weight: the square of the weight
# up to normalisation, and its part of the clock 8ct.
SQUARE_OF_WEIGHT = (1 - d) * g / (d + (1 - d) * g)
CLOCK = -sp.log(d + (1 - d) * g)


def closed_form(initial: np.ndarray, rate: float, times: np.ndarray) -> np.ndarray:
    """Return the fourth norms of encodings that drift at `rate`, each one alone.

    Parameters
    ----------
    initial : array_like, shape (feature, neuron)
        Encodings at time 0, of any length: only their directions count.
    rate : float
        c, at least 0; see `theory.noise.drift.rate`.
    times : array_like
        Flow times, increasing.

    Returns
    -------
    numpy.ndarray, shape (time, feature)
        Fourth norms ``Σ w⁴`` of the unit encodings; they rise to 1.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Own derivation, ``replicator``: ``w² ∝ (1−d)/(d + (1−d)g)`` at ``8ct = −Σ log(d + (1−d)g)``, where
    ``d = 1 − u²/max u²``.
    """
    squares = arguments.array("initial", initial, ("feature", "neuron")) ** 2
    if not squares.any(axis=1).all():
        raise arguments.ArgumentError("initial must have no encoding that is 0")
    clock = 8 * arguments.real("rate", rate, least=0) * arguments.times("times", times)
    gaps = 1 - squares / squares.max(axis=1, keepdims=True)
    return np.array([[_fourth_norm(row, time) for row in gaps] for time in clock])


def time_to_sparsity(initial: np.ndarray, rate: float, level: float = 0.5) -> float:
    """Return the flow time at which the mean fourth norm of drifting encodings reaches `level`.

    Parameters
    ----------
    initial, rate
        As for `closed_form`.
    level : float
        Between 0 and 1.

    Returns
    -------
    float
        In proportion to ``1/rate``; infinite at rate 0, and 0 if the encodings start above `level`.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.
    """
    level = arguments.real("level", level, above=0, below=1)
    rate = arguments.real("rate", rate, least=0)

    def excess(clock: float) -> float:
        return float(closed_form(initial, 1 / 8, np.array([clock])).mean()) - level

    if excess(0.0) >= 0:
        return 0.0
    if rate == 0:
        return np.inf
    high = 1.0
    while excess(high) < 0:
        high *= 2
    return optimize.brentq(excess, 0.0, high, xtol=1e-10) / (8 * rate)


def averaged(initial: np.ndarray, times: np.ndarray, force: Callable[[np.ndarray], np.ndarray]) -> xr.Dataset:
    """Follow the flow of an averaged force, as that of `theory.noise` or `theory.noise.random_signs`.

    Parameters
    ----------
    initial : array_like, shape (feature, neuron)
        Encodings at time 0.
    times : array_like
        Flow times, increasing.
    force : callable
        From encodings to the force on them, of the same shape, in flow units.

    Returns
    -------
    xarray.Dataset
        `fourth_norm` and `l2_norm` (time, feature), `initial` and `final` (feature, neuron).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.
    """
    start = arguments.array("initial", initial, ("feature", "neuron"))
    if not callable(force):
        raise arguments.ArgumentTypeError(f"force must be a function, got {arguments.shown(force)}")
    times = arguments.times("times", times)
    found = integrate.solve_ivp(
        lambda _, W: force(W.reshape(start.shape)).ravel(),
        (0.0, times[-1]),
        start.ravel(),
        method="LSODA",  # inner products relax at rate 2, fourth norms over hundreds of times that
        t_eval=times,
        rtol=1e-4,
        atol=1e-6,
    )
    if not found.success:
        raise arguments.ArgumentError(f"force must be smooth enough to be integrated: {found.message}")
    W = np.moveaxis(found.y.reshape(*start.shape, -1), -1, 0)
    return schema.dataset(
        {
            "fourth_norm": (("time", "feature"), (W**4).sum(axis=-1)),
            "l2_norm": (("time", "feature"), np.linalg.norm(W, axis=-1)),
            "initial": (("feature", "neuron"), start),
            "final": (("feature", "neuron"), W[-1]),
        },
        source="theory",
        coords={"time": times},
        method="averaged force",
    )


def _fourth_norm(gaps: np.ndarray, clock: float) -> float:
    """Return ``Σ w⁴`` at ``8ct = clock``, from the gaps d of the initial weights."""
    # in log g, down to the least float, the clock is smooth
    least = max(-clock, -700.0)
    shows = lambda log: float(_clock(gaps, np.exp(log)).sum()) - clock  # noqa: E731
    log = optimize.brentq(shows, least, 0.0, xtol=1e-14) if shows(least) > 0 else least
    squares = _square_of_weight(gaps, np.exp(log))
    return float((squares**2).sum() / squares.sum() ** 2)


_clock = function(CLOCK, d, g)
_square_of_weight = function(SQUARE_OF_WEIGHT, d, g)


def _replicator_steps() -> tuple[Step, ...]:
    v, w = moving(weight_v), moving(weight_w)
    fourth, sixth = v**4 + w**4, v**6 + w**6
    left = moving(g)
    gaps = (sp.Integer(0), d, (1 + d) / 2)
    squares = [SQUARE_OF_WEIGHT.subs({d: gap, g: left}, simultaneous=True) for gap in gaps]
    clock = sp.Add(*(CLOCK.subs({d: gap, g: left}, simultaneous=True) for gap in gaps))
    shares = [square / sp.Add(*squares) for square in squares]
    return (
        define(
            sp.Derivative(v, t),
            4 * c * (v**3 - fourth * v),
            "Drift of a weight v: the push 4c v^3 without its part along the encoding. Written for two "
            "weights.",
        ),
        define(sp.Derivative(w, t), 4 * c * (w**3 - fourth * w), "The same for the other one."),
        equal(
            sp.Derivative(v**2 + w**2, t),
            8 * c * fourth * (1 - v**2 - w**2),
            "An encoding of length 1 keeps it.",
        ),
        equal(
            sp.Derivative(v**2, t),
            8 * c * v**2 * (v**2 - fourth),
            "Replicator equation: squares above their own weighted mean F grow, the others shrink.",
        ),
        equal(
            sp.Derivative(fourth, t),
            16 * c * (sixth - fourth**2),
            "The fourth norm never falls.",
        ),
        define(
            sp.Derivative(left, t),
            -8 * c * left / sp.Add(*squares),
            "A clock that all weights share; g falls from 1. Here for three weights of gaps 0, d, (1 + d)/2.",
        ),
        *(
            equal(
                sp.Derivative(share, t),
                8 * c * share * (share - sp.Add(*(other**2 for other in shares))),
                f"Normalised, the square of the {name} weight solves the replicator equation.",
                symbolic=False,
            )
            for share, name in zip(shares, ("first", "second", "third"), strict=True)
        ),
        equal(
            sp.Subs(SQUARE_OF_WEIGHT, g, 1),
            1 - d,
            "At g = 1 it starts as it should, for any gap d: the closed form is the solution.",
        ),
        equal(sp.Derivative(clock, t), 8 * c, "What the clock shows: 8 c t, the sum over the weights."),
    )


derivations = (
    Derivation(
        name="replicator",
        statement=(
            "The squares of drifting weights follow a replicator equation with the closed form w^2 ~ "
            "(1-d)/(d + (1-d) g), 8 c t = - sum log(d + (1-d) g), with the gaps d = 1 - u^2 / max u^2 at "
            "time 0."
        ),
        source="own",
        status="proved",
        proof=_replicator_steps,
        domains={d: (0.1, 0.9)},
        prediction="theory.noise.fourth_norm.closed_form",
    ),
)
