"""The flow for heyoka, a general Taylor integrator with events: the rules of the Filippov solution by hand.

Signs of the weights (0 for dead ones) and the set of positive inner products are runtime parameters of a
polynomial vector field, and every change of them is a terminal event. An event must not stay at exactly 0,
as inner products of disjoint encodings and dead weights do, hence the `EDGE`.
"""

from collections.abc import Callable

import heyoka as hy
import numpy as np

from benchmarks.measuring import check
from benchmarks.problem import Problem

EDGE = 1e-14


class HeyokaFlow:
    """A compiled integrator of one problem.

    Parameters
    ----------
    problem : Problem
    until : float
        Flow time to stop at.
    rtol : float
        Tolerance.
    """

    def __init__(self, problem: Problem, until: float, rtol: float) -> None:
        self.problem, self.until = problem, until
        n, m = problem.shape
        self.pairs = [(i, j) for i in range(n) for j in range(i)]
        weights = np.array(hy.make_vars(*(f"w{i}" for i in range(n * m)))).reshape(n, m)
        sign = np.array([hy.par[i] for i in range(n * m)]).reshape(n, m)
        positive = [hy.par[n * m + number] for number in range(len(self.pairs))]
        gram, force = self._force(weights, positive)
        l1 = problem.model.l1
        alive = sign * sign
        slope = alive * force - l1 * sign
        death_or_rebirth = sign * weights + EDGE * alive + (1.0 - alive) * (l1**2 - force * force)
        events = [
            hy.t_event(event, callback=self._weight_callback(index))
            for index, event in enumerate(death_or_rebirth.flat)
        ]
        for number, pair in enumerate(self.pairs):
            kink = gram[pair] + EDGE * (2.0 * positive[number] - 1.0)
            events.append(hy.t_event(kink, callback=self._kink_callback(n * m + number)))
        equations = list(zip(weights.flat, slope.flat, strict=True))
        self.flow = hy.taylor_adaptive(
            equations,
            problem.initial.reshape(-1).tolist(),
            pars=[0.0] * (n * m + len(self.pairs)),
            t_events=events,
            tol=rtol,
            compact_mode=True,
        )

    def solve(self) -> np.ndarray:
        """Integrate from the initial weights and return the final ones."""
        initial = self.problem.initial
        gram = initial @ initial.T
        self.deaths = self.rebirths = 0
        self.flow.reset_cooldowns()
        self.flow.time = 0.0
        self.flow.state[:] = initial.reshape(-1)
        self.flow.pars[: initial.size] = np.sign(initial).reshape(-1)
        self.flow.pars[initial.size :] = [gram[pair] > 0 for pair in self.pairs]
        outcome = self.flow.propagate_until(self.until)[0]
        check(outcome == hy.taylor_outcome.time_limit, f"heyoka stopped with {outcome}")
        return self.flow.state.reshape(initial.shape).copy()

    def _force(self, weights: np.ndarray, positive: list) -> tuple[np.ndarray, np.ndarray]:
        """Return inner products (lower triangle) and smooth forces as expressions."""
        n, m = weights.shape
        gram = np.empty((n, n), object)
        mismatch = np.empty((n, n), object)
        for i in range(n):
            gram[i, i] = hy.sum(list(weights[i] * weights[i]))
            mismatch[i, i] = 1.0 - gram[i, i]
        for number, (i, j) in enumerate(self.pairs):
            gram[i, j] = hy.sum(list(weights[i] * weights[j]))
            mismatch[i, j] = mismatch[j, i] = -(positive[number] * gram[i, j])
        force = np.empty((n, m), object)
        for i in range(n):
            for k in range(m):
                force[i, k] = hy.sum(list(mismatch[i] * weights[:, k]))
        return gram, force

    def _weight_callback(self, index: int) -> Callable:
        def changed(flow: hy.taylor_adaptive, _: int) -> bool:
            slope = self.problem.smooth_force(flow.state.reshape(self.problem.shape)).flat[index]
            revived = abs(slope) > self.problem.model.l1 or flow.pars[index] == 0
            self.deaths += flow.pars[index] != 0
            self.rebirths += revived
            flow.state[index] = 0.0
            flow.pars[index] = np.sign(slope) if revived else 0.0
            return True

        return changed

    def _kink_callback(self, index: int) -> Callable:
        def changed(flow: hy.taylor_adaptive, _: int) -> bool:
            flow.pars[index] = 1.0 - flow.pars[index]
            return True

        return changed
