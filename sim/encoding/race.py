"""One encoding, interference off, solved exactly: the reduction to two variables, many deaths at a time.

Every weight is ``|w_k(t)| = (u_k − s)₊ / C`` with ``u = |w(0)|``, where ``s`` grows from 0 and ``C = √B``
from 1 (`theory.sparsification`). With s as the independent variable the deaths are known beforehand, at ``s
= u_k``, and one stiff scalar equation and a quadrature are left,

    dC/ds = (q(s)/C² − 1) / λ,    dt/ds = 1 / (λC),    q(s) = Σ_k (u_k − s)₊².

Counted from the largest weight, s loses nothing when others are nearly as large: ``y = u₁ − s`` falls from
u₁, and ``(u_k − s)₊ = (y − g_k)₊`` with the *lag* ``g_k = u₁ − u_k``.
"""

import math
from typing import NamedTuple

import numpy as np
import xarray as xr
from numba import njit
from scipy.integrate import solve_ivp

from sim.encoding.rosenbrock import ALPHA2, ALPHA3, ALPHA4, step
from sim.machine.interrupts import heard
from theory.common import arguments, schema
from theory.sparsification.reduction import final_weight

RTOL = 1e-10  # of a step; measured global errors are smaller
GRID_POINTS = 200
BLOCK = 32  # lags between two sums that are kept; from 8 to 128 the cost is about the same
MOST = 10**6  # steps: a hundred times as many as races that floats can resolve take
FEW = 1000  # alive weights from which on every death ends a step; before, one death hardly bends q


def sparsify(weights: np.ndarray, l1: float, times: np.ndarray | None = None) -> xr.Dataset:
    """Follow one encoding under feature benefit and L1 until one weight is left.

    Parameters
    ----------
    weights : array_like, shape (neuron,)
        Initial weights.
    l1 : float
        L1 strength λ > 0.
    times : array_like, shape (time,), optional
        Increasing flow times of the output, by default 0 and 200 times on a logarithmic grid that ends
        at twice the time to sparsity.

    Returns
    -------
    Dataset
        ``active``, ``l1_norm``, ``l2_norm`` over ``time``; ``initial`` and ``final`` over ``neuron``, final
        being the fixed point that the encoding tends to. Attribute ``time_to_sparsity``: flow time from
        which at most one weight is active (infinite if the largest weights are exactly equal and survive).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, or λ is so weak beside the weights that floats cannot resolve
        what holds the norm: about 2·10⁻¹⁵ times the largest weight, and times the norm squared or over the
        norm, whichever is more.

    Notes
    -----
    Own derivation (`theory.sparsification`). The cost is one sort, two prefix sums and some thousand steps
    of a Rosenbrock method, a number that hardly grows with that of weights. Weights below 10⁻¹⁶ of the
    largest count as 0.
    """
    initial = arguments.array("weights", weights, ("neuron",))
    l1 = arguments.real("l1", l1, above=0)
    with heard():
        race = _Race(initial, l1)
    grid = race.default_times() if times is None else arguments.times("times", times)
    observed, sparse_from = race.observe(grid), race.time_to_sparsity
    size, final_size = race.size, race.final_size
    del race  # one array as large as the weights, before the next is made
    final = np.zeros_like(initial)
    final[initial == -size] = -final_size
    final[initial == size] = final_size
    return schema.dataset(
        {name: ("time", values) for name, values in observed.items()}
        | {"initial": ("neuron", initial), "final": ("neuron", final)},
        source="simulation",
        coords={"time": grid},
        l1=l1,
        n_neurons=initial.size,
        method="two-variable reduction",
        rtol=RTOL,
        time_to_sparsity=sparse_from,
    )


class _Race:
    """The deaths of one encoding and, after them, the relaxation of the winner."""

    def __init__(self, weights: np.ndarray, l1: float) -> None:
        self.l1 = l1
        lags = np.abs(weights)
        self.size = float(lags.max())
        np.subtract(self.size, lags, out=lags)  # in place: this is the one array of that size made here
        lags.sort()
        self.winners = int(np.searchsorted(lags, 0.0, side="right"))  # 1 but for exact ties
        self.table = _tabulate(lags)
        self.steps = _follow(self.table, self.size, self.winners, l1, RTOL)
        y, c, self.decided, _ = self.steps[-1].tolist()
        if math.isnan(y):
            norm = float(np.linalg.norm(weights))
            least = 10 * np.finfo(float).eps * self.size * max(norm**2, 1 / norm)
            raise arguments.ArgumentError(
                f"l1 must be at least about {least:.1g} for these weights, got {l1:g}"
            )
        self.last_size = y / c
        self.final_size = self._final_size()
        if self.winners == 1 or self.last_size == 0:
            self.time_to_sparsity = self.decided
        else:
            self.time_to_sparsity = self._winner(math.inf).t[-1] if self.final_size == 0 else math.inf

    def default_times(self) -> np.ndarray:
        end = 2 * self.decided or 1.0
        return np.concatenate([[0.0], np.geomspace(min(0.01, end / 100), end, GRID_POINTS)])

    def observe(self, times: np.ndarray) -> dict[str, np.ndarray]:
        """Return norms and number of active weights at `times`."""
        early = np.searchsorted(times, self.decided)
        active, p, q, c = _observe(self.table, self.steps, times[:early], self.l1)
        last = self._relaxation(times[early:])
        return {
            "active": np.concatenate([active.astype(int), np.where(last > 0, self.winners, 0)]),
            "l1_norm": np.concatenate([p / c, self.winners * last]),
            "l2_norm": np.concatenate([np.sqrt(q) / c, math.sqrt(self.winners) * last]),
        }

    def _final_size(self) -> float:
        """Return the fixed point of the winners: ``v(1 − v²) = λ√r`` for ``v = w√r``, r equal winners."""
        root = math.sqrt(self.winners)
        v, strength = self.last_size * root, self.l1 * root
        beyond_repair = v * (1 - v * v) < strength and v < 1 / math.sqrt(3)  # below the unstable fixed point
        return 0.0 if beyond_repair else float(final_weight(strength)) / root

    def _slope(self, _: float, w: np.ndarray) -> np.ndarray:
        return (1 - self.winners * w**2) * w - self.l1

    def _relaxation(self, times: np.ndarray) -> np.ndarray:
        """Return the size of the winner at `times` after the last of the others has died."""
        if times.size == 0 or abs(self.last_size - self.final_size) <= RTOL * self.final_size:
            return np.full_like(times, self.final_size)
        solution = self._winner(times[-1] + 1)
        under_way = times <= solution.t[-1]
        return np.where(under_way, solution.sol(np.minimum(times, solution.t[-1]))[0], self.final_size)

    def _winner(self, end: float):
        """Integrate the winner from the last death of another until it dies or rests, or to `end`."""

        def dead(_: float, w: np.ndarray) -> float:
            return w[0]

        def at_rest(_: float, w: np.ndarray) -> float:
            return abs(w[0] - self.final_size) - RTOL * self.final_size

        dead.terminal = at_rest.terminal = True  # type: ignore[attr-defined]  # SciPy's way to say so
        return solve_ivp(
            self._slope,
            (self.decided, end),
            [self.last_size],
            method="DOP853",
            dense_output=True,
            events=(dead, at_rest),
            rtol=RTOL / 100,
            atol=1e-14,
        )


class _Table(NamedTuple):
    """The lags in increasing order and, where each block of them starts, the lag, p and q there."""

    lags: np.ndarray
    starts: np.ndarray
    p: np.ndarray
    q: np.ndarray


@njit(cache=True)
def _tabulate(lags):
    starts = lags[::BLOCK].copy()
    table = _Table(lags, starts, np.zeros_like(starts), np.zeros_like(starts))
    for b in range(1, starts.size):
        _, table.p[b], table.q[b] = _sums_in_block(table, b - 1, starts[b])
    return table


@njit(cache=True)
def _sums_in_block(table, b, y):
    """Return k, p and q at `y`, which lies in block b; every term is positive, so that nothing cancels."""
    k = b * BLOCK
    p, q = 0.0, 0.0
    for lag in table.lags[k : k + BLOCK]:
        x = y - lag
        if x <= 0.0:
            break
        k += 1
        p += x
        q += x * x
    x = y - table.starts[b]
    ahead = b * BLOCK * x
    return k, table.p[b] + ahead + p, table.q[b] + x * (2.0 * table.p[b] + ahead) + q


@njit(cache=True)
def _sums(table, y):
    """Return k, p and q at `y`."""
    return _sums_in_block(table, max(np.searchsorted(table.starts, y) - 1, 0), y)


@njit(cache=True, error_model="numpy")
def _step(table, y, c, h, p, q, q_end, l1):
    """Advance by a step `h`, over as many deaths as there are in it."""
    q2 = _sums(table, y - ALPHA2 * h)[2]
    q3 = _sums(table, y - ALPHA3 * h)[2]
    q4 = _sums(table, y - ALPHA4 * h)[2]
    return step(c, h, p, (q, q2, q3, q4, q_end), l1)


@njit(cache=True, error_model="numpy")
def _follow(table, size, winners, l1, rtol):
    """Integrate until only the `winners` are left; return y, C and t before each step, and the step.

    If steps become so short that there is no end to it, the last one is NaN.
    """
    steps: list[tuple[float, float, float, float]] = []
    y, c, t, h = size, 1.0, 0.0, size
    k, p, q = _sums(table, y)
    while k > winners:
        stop = table.lags[max(winners, min(k - 1, FEW))]
        tried = min(h, y - stop)
        if y - tried == y or len(steps) == MOST:
            y = np.nan
            break
        y_new = stop if tried == y - stop else y - tried
        k_new, p_new, q_new = _sums(table, y_new)
        c_new, dt, error_c, error_dt = _step(table, y, c, tried, p, q, q_new, l1)
        error = max(abs(error_c) / c_new, abs(error_dt) / (t + dt)) / rtol if c_new > 0.0 else 1e6
        if not error <= 1.0:
            h = tried * max(0.2, 0.9 * error**-0.25) if error < 1e6 else 0.1 * tried
            continue
        steps.append((y, c, t, tried))
        grown = tried * min(5.0, 0.9 * max(error, 1e-8) ** -0.25)
        h = grown if tried == h else max(h, grown)
        y, c, t, k, p, q = y_new, c_new, t + dt, k_new, p_new, q_new
    steps.append((y, c, t, 0.0))
    return np.array(steps)


@njit(cache=True, error_model="numpy")
def _observe(table, steps, times, l1):
    """Return k, p, q and C at `times`, by a shorter step from the start of the step that spans each."""
    out = np.empty((4, times.size))
    for i, time in enumerate(times):
        y, c, t, h = steps[np.searchsorted(steps[:, 2], time, side="right") - 1]
        _, p, q = _sums(table, y)
        part = min(h, (time - t) * l1 * c)
        c_then = c
        for _ in range(20):
            if part == 0.0:
                break
            q_end = _sums(table, y - part)[2]
            c_then, passed, _, _ = _step(table, y, c, part, p, q, q_end, l1)
            change = (time - t - passed) * l1 * c_then  # Newton on the step's length
            if abs(change) <= 1e-14 * h:
                break
            part = min(h, max(0.1 * part, part + change))
        k, p, q = _sums(table, y - part)
        out[0, i], out[1, i], out[2, i], out[3, i] = k, p, q, c_then
    return out
