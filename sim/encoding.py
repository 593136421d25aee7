"""One encoding, interference off, solved exactly: the reduction to two variables, death by death.

Every weight is ``|w_k(t)| = (u_k − s)₊ / C`` with ``u = |w(0)|``, where ``s`` grows from 0 and ``C = √B``
from 1 (`theory.sparsification`). With s as the independent variable the deaths are known beforehand, at ``s
= u_k``, and between two of them

    dC/ds = (q(s)/C² − 1) / λ,    dt/ds = 1 / (λC),    q(s) = Σ_k (u_k − s)₊²   (a quadratic).
"""

import math

import numpy as np
import xarray as xr
from numba import njit
from scipy.integrate import solve_ivp

from sim.rosenbrock import step
from theory import arguments, schema
from theory.reduction import final_weight

RTOL = 1e-10  # of a step; measured global errors are of the same size
GRID_POINTS = 200


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
        If an argument is not as said above.

    Notes
    -----
    Own derivation (`theory.sparsification`). The cost is one sort, two prefix sums and one step of a
    Rosenbrock method for each death.
    """
    initial = arguments.array("weights", weights, ("neuron",))
    l1 = arguments.real("l1", l1, above=0)
    race = _Race(np.abs(initial), l1)
    grid = race.default_times() if times is None else arguments.times("times", times)
    winners = np.abs(initial) == race.sizes[0]
    return schema.dataset(
        {name: ("time", values) for name, values in race.observe(grid).items()}
        | {
            "initial": ("neuron", initial),
            "final": ("neuron", np.where(winners, np.sign(initial) * race.final_size, 0.0)),
        },
        source="simulation",
        coords={"time": grid},
        l1=l1,
        n_neurons=initial.size,
        method="two-variable reduction",
        rtol=RTOL,
        time_to_sparsity=race.time_to_sparsity,
    )


class _Race:
    """The deaths of one encoding and, after them, the relaxation of the winner."""

    def __init__(self, sizes: np.ndarray, l1: float) -> None:
        self.l1 = l1
        self.sizes = np.sort(sizes)[::-1]
        self.winners = int((self.sizes == self.sizes[0]).sum())  # 1 but for exact ties
        self.p, self.q = _at_deaths(self.sizes)
        s, c, self.decided, _ = self._deaths(np.empty(0))
        self.last_size = (self.sizes[0] - s) / c
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
        _, _, _, (p, q, c, active) = self._deaths(times[:early])
        last = self._relaxation(times[early:])
        return {
            "active": np.concatenate([active, np.where(last > 0, self.winners, 0)]),
            "l1_norm": np.concatenate([p / c, self.winners * last]),
            "l2_norm": np.concatenate([np.sqrt(q) / c, math.sqrt(self.winners) * last]),
        }

    def _deaths(self, times: np.ndarray) -> tuple[float, float, float, tuple[np.ndarray, ...]]:
        return _follow_deaths(self.sizes, self.p, self.q, self.winners, self.l1, times, RTOL)

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
        if times.size == 0 or self.last_size == 0:
            return np.zeros_like(times)
        solution = self._winner(times[-1] + 1)
        alive = times <= solution.t[-1]
        return np.where(alive, solution.sol(np.minimum(times, solution.t[-1]))[0], 0.0)

    def _winner(self, end: float):
        """Integrate the winner from the death of the last of the others to `end`, or to its death."""

        def dead(_: float, w: np.ndarray) -> float:
            return w[0]

        dead.terminal = True  # type: ignore[attr-defined]  # SciPy's way to say so
        return solve_ivp(
            self._slope,
            (self.decided, end),
            [self.last_size],
            method="LSODA",
            dense_output=True,
            events=dead,
            rtol=RTOL,
            atol=1e-14,
        )


@njit(cache=True)
def _at_deaths(sizes):
    """Return p and q at each death, ``s = sizes[j]``; every term is positive, so that nothing cancels."""
    p, q = np.zeros_like(sizes), np.zeros_like(sizes)
    for j in range(1, sizes.size):
        gap = sizes[j - 1] - sizes[j]
        p[j] = p[j - 1] + j * gap
        q[j] = q[j - 1] + gap * (2.0 * p[j - 1] + j * gap)
    return p, q


@njit(cache=True, error_model="numpy")
def _follow_deaths(sizes, p_at, q_at, winners, l1, times, rtol):
    """Integrate from ``s = 0`` until only the `winners` are left, or to the last of `times`.

    Returns s, C and t at the end, and p, q, C and the number of active weights at each of `times`.
    """
    p_out, q_out, c_out = np.empty(times.size), np.empty(times.size), np.empty(times.size)
    active_out = np.empty(times.size, np.int64)
    s, c, t = 0.0, 1.0, 0.0
    wanted = 0
    k = sizes.size
    while k > 0 and sizes[k - 1] == 0.0:
        k -= 1
    h = sizes[0]
    while k > winners and (times.size == 0 or wanted < times.size):
        end, p_end, q_end = sizes[k - 1], p_at[k - 1], q_at[k - 1]
        x = end - s
        while x > 1e-15 * end:
            tried = min(h, x)
            c_new, dt, error_c, error_dt = step(x, c, tried, p_end, q_end, k, l1)
            error = max(abs(error_c) / c_new, abs(error_dt) / (t + dt)) / rtol if c_new > 0.0 else 1e6
            if not error <= 1.0:
                h = tried * max(0.2, 0.9 * error**-0.25) if error < 1e6 else 0.1 * tried
                continue
            while wanted < times.size and times[wanted] <= t + dt:
                part, c_then = _within_step(x, c, tried, p_end, q_end, k, l1, times[wanted] - t)
                rest = x - part
                p_out[wanted], c_out[wanted] = p_end + k * rest, c_then
                q_out[wanted], active_out[wanted] = q_end + rest * (2.0 * p_end + k * rest), k
                wanted += 1
            grown = tried * min(5.0, 0.9 * max(error, 1e-8) ** -0.25)
            h = grown if tried == h else max(h, grown)
            s, c, t, x = s + tried, c_new, t + dt, x - tried
        s = end
        k -= 1
    return s, c, t, (p_out, q_out, c_out, active_out)


@njit(cache=True, error_model="numpy")
def _within_step(x, c, h, p_end, q_end, k, l1, dt):
    """Return the shorter step in s after which `dt` has passed, and C there (Newton on the step's length)."""
    part = min(h, dt * l1 * c)
    if part <= 0.0:
        return 0.0, c
    for _ in range(20):
        c_then, passed, _, _ = step(x, c, part, p_end, q_end, k, l1)
        change = (dt - passed) * l1 * c_then
        part = min(h, max(0.1 * part, part + change))
        if abs(change) <= 1e-14 * h:
            break
    return part, step(x, c, part, p_end, q_end, k, l1)[0]
