"""How much faster and more accurate than general solvers is `simulate(method="event")`?

Errors are the largest of any weight against "event" at rtol 1e-12. The general solvers are given the
flow as it stands, with sign(0) = 0; their weights never stay at 0. LSODA and Radau take a Jacobian by
differences, which is meaningless across the axes. heyoka is given the rules of death, rebirth and kinks
as events by hand: its agreement is an independent check of the Filippov solution. Compilation is not
counted for anyone.
"""

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
HEYOKA_RTOL = 1e-10
TIGHT = 1e-12  # a hundred times below the default
WRONG_WINNERS = 0.1  # share of features for which a peer at a loose tolerance may find another winner
MAX_STEPS = 10**6  # of diffrax
MODEL, UNTIL = Autoencoder(16, 64, 0.01), 300.0


class OutOfTimeError(Exception):
    """A peer has used up its time."""


def measure(
    model: Autoencoder = MODEL, until: float = UNTIL, runs: int = RUNS, budget: float = 30.0
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
        met = own_seconds < 0.3 and error < 1e-8
        rows = [Row(f"event, {name}", own, "itself at rtol 1e-12", "", "< 0.3 s, error < 1e-8", met)]
        for peer, prepare in _peers(problem, until, budget).items():
            wanted = ("≥ 20 faster, ≥ 1e4 closer", 20, 1e4) if "RK45" in peer else None
            rows.append(_compare(peer, prepare, runs, budget, own_seconds, own, exact, error, wanted))
    return rows


def _compare(peer, prepare, runs, budget, own_seconds, own, exact, error, wanted) -> Row:
    """Run a peer as often as the budget allows, and check that it ends near the right answer."""
    try:
        solve = prepare()
        seconds, final = timed(solve)
    except (OutOfTimeError, ImportError) as reason:
        return Row(peer, own, str(reason), "no answer")
    runs = max(1, min(runs, int(budget / seconds)))
    if runs > 1:
        (seconds,) = medians(runs, solve)
    distance = float(np.abs(final - exact).max())
    faster, closer = seconds / own_seconds, distance / max(error, 1e-16)
    wrong = int((np.argmax(np.abs(final), axis=1) != np.argmax(np.abs(exact), axis=1)).sum())
    check(wrong <= WRONG_WINNERS * len(exact), f"{peer} gets {wrong} winners wrong")
    target = (wanted[0], faster >= wanted[1] and closer >= wanted[2]) if wanted else ("", None)
    times = f"{runs} run{'s' * (runs > 1)}"
    return Row(
        f"{peer}, {times}",
        own,
        f"{duration(seconds)}, error {distance:.1e}" + f", {wrong} winners wrong" * (wrong > 0),
        f"{faster:.3g} faster, {closer:.2g} closer",
        *target,
    )


def _peers(problem: Problem, until: float, budget: float) -> dict[str, Callable[[], Callable]]:
    """Return, by name, what prepares (compiles) a peer and returns the function to be timed."""
    peers: dict[str, Callable[[], Callable]] = {}
    for method in ("RK45", "LSODA", "Radau"):
        peers[f"SciPy {method}, rtol {PEER_RTOL:g}"] = partial(_scipy, problem, until, budget, method)
    for solver in ("Tsit5", "Dopri5"):
        peers[f"diffrax {solver}, rtol {PEER_RTOL:g}"] = partial(_diffrax, problem, until, solver)
    peers[f"heyoka, rtol {HEYOKA_RTOL:g}"] = partial(_heyoka, problem, until)
    return peers


def _scipy(problem: Problem, until: float, budget: float, method: str) -> Callable[[], np.ndarray]:
    def solve() -> np.ndarray:
        start = perf_counter()

        def slope(t: float, flat: np.ndarray) -> np.ndarray:
            if perf_counter() - start > budget:
                raise OutOfTimeError(f"stopped at t = {t:.3g} after {budget:g} s")
            return problem.slope(t, flat)

        initial = problem.initial.reshape(-1)
        run = solve_ivp(slope, (0, until), initial, method, [until], rtol=PEER_RTOL, atol=PEER_ATOL)
        check(run.success, run.message)
        return run.y[:, -1].reshape(problem.shape)

    return solve


def _heyoka(problem: Problem, until: float) -> Callable[[], np.ndarray]:
    from benchmarks.heyoka_flow import HeyokaFlow

    return HeyokaFlow(problem, until, HEYOKA_RTOL).solve


def _diffrax(problem: Problem, until: float, solver: str) -> Callable[[], np.ndarray]:
    import diffrax
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    l1, identity = problem.model.l1, jnp.eye(problem.shape[0])

    def slope(_, weights, args):
        mismatch = identity - jnp.maximum(weights @ weights.T, 0)
        return mismatch @ weights - l1 * jnp.sign(weights)

    @jax.jit
    def run(initial):
        return diffrax.diffeqsolve(
            diffrax.ODETerm(slope), getattr(diffrax, solver)(), 0.0, until, None, initial,
            stepsize_controller=diffrax.PIDController(PEER_RTOL, PEER_ATOL), max_steps=MAX_STEPS,
            adjoint=diffrax.ForwardMode(), throw=False,
        )  # fmt: skip

    initial = jnp.asarray(problem.initial)
    compiled = run.lower(initial).compile()

    def solve() -> np.ndarray:
        solution = compiled(initial)
        if solution.result != diffrax.RESULTS.successful:
            raise OutOfTimeError(f"stopped after {MAX_STEPS} steps")
        return np.asarray(solution.ys[-1])

    return solve
