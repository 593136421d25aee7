"""How much faster and more accurate than general solvers is `simulate(method="event")`?"""

from collections.abc import Callable
from functools import partial
from time import perf_counter

import numpy as np
from scipy.integrate import solve_ivp
from threadpoolctl import threadpool_limits

from benchmarks.measuring import RUNS, Row, check, duration, medians, timed
from benchmarks.problem import Problem
from sim import simulate
from theory import Autoencoder

PEER_RTOL, PEER_ATOL = 1e-3, 1e-6
TIGHT = 1e-12  # a hundred times below the default
MODEL, UNTIL = Autoencoder(16, 64, 0.01), 300.0


class OutOfTimeError(Exception):
    """A peer has used up its time."""


def measure(
    model: Autoencoder = MODEL, until: float = UNTIL, runs: int = RUNS, budget: float = 60.0
) -> list[Row]:
    """Compare with SciPy, diffrax and heyoka; each peer may take `budget` seconds a run."""
    problem = Problem(model)

    def ours(rtol: float | None = None) -> np.ndarray:
        run = simulate(model, initial=problem.initial, times=[0.0], until=until, method="event", rtol=rtol)
        return run["final"].values

    exact = ours(TIGHT)
    error = float(np.abs(ours() - exact).max())
    check(error < 1e-6, f"the event-driven result moves by {error:.2g} at a hundred times tighter tolerance")
    with threadpool_limits(1, "blas"):  # products of this size are slower on two threads
        (own_seconds,) = medians(runs, ours)
        name = f"n = {model.n_features}, m = {model.n_neurons}, λ = {model.l1:g}, T = {until:g}"
        own = f"{duration(own_seconds)}, error {error:.1e}"
        rows = [Row(f"event, {name}", own, "itself at rtol 1e-12", "", "< 0.3 s, error < 1e-8",
                    own_seconds < 0.3 and error < 1e-8)]  # fmt: skip
        for peer, solve in _peers(problem, until, budget).items():
            seconds, final, count = _run_peer(solve, runs if peer == "SciPy RK45" else 1, budget)
            if final is None:
                rows.append(Row(peer, own, seconds if isinstance(seconds, str) else "", "not finished"))
                continue
            distance = float(np.abs(final - exact).max())
            check(distance < 0.1, f"{peer} ends {distance:.2g} from the right answer")
            faster, closer = seconds / own_seconds, distance / max(error, 1e-16)
            target = ("≥ 20 times faster, ≥ 1e4 times closer", faster >= 20 and closer >= 1e4)
            rows.append(Row(
                f"{peer}, rtol {PEER_RTOL:g}, {count} run{'s' * (count > 1)}", own,
                f"{duration(seconds)}, error {distance:.1e}", f"{faster:.3g} faster, {closer:.2g} closer",
                *(target if peer == "SciPy RK45" else ()),
            ))  # fmt: skip
    return rows


def _run_peer(solve: Callable[[], np.ndarray], runs: int, budget: float):
    """Return median seconds, final weights and runs; or why there is no answer, and None."""
    try:
        seconds, final = timed(solve)
    except OutOfTimeError as end:
        return str(end), None, 1
    except ImportError as missing:
        return f"not installed ({missing.name})", None, 0
    runs = min(runs, max(1, int(2 * budget / seconds)))
    if runs > 1:
        (seconds,) = medians(runs, solve)
    return seconds, final, runs


def _peers(problem: Problem, until: float, budget: float) -> dict[str, Callable[[], np.ndarray]]:
    scipy = {f"SciPy {m}": partial(_scipy, problem, until, budget, m) for m in ("RK45", "LSODA", "Radau")}
    diffrax = {f"diffrax {s}": partial(_diffrax, problem, until, budget, s) for s in ("Tsit5", "Dopri5")}
    return scipy | diffrax


def _scipy(problem: Problem, until: float, budget: float, method: str) -> np.ndarray:
    start = perf_counter()

    def slope(t: float, flat: np.ndarray) -> np.ndarray:
        if perf_counter() - start > budget:
            raise OutOfTimeError(f"stopped at t = {t:.3g} after {budget:g} s")
        return problem.slope(t, flat)

    solution = solve_ivp(
        slope, (0, until), problem.initial.reshape(-1), method, t_eval=[until], rtol=PEER_RTOL, atol=PEER_ATOL
    )
    check(solution.success, solution.message)
    return solution.y[:, -1].reshape(problem.shape)


def _diffrax(problem: Problem, until: float, budget: float, solver: str) -> np.ndarray:
    """Integrate in windows of one compiled program, so that the time can be limited; compiled beforehand."""
    import diffrax
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    l1, identity = problem.model.l1, jnp.eye(problem.shape[0])

    def slope(t, weights, args):
        mismatch = identity - jnp.maximum(weights @ weights.T, 0)
        return mismatch @ weights - l1 * jnp.sign(weights)

    return None
