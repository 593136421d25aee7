"""The flow of all encodings, from initial weights to the sparse fixed point or to a given time."""

import functools
import math
import threading
import warnings
from collections.abc import Collection
from concurrent.futures import CancelledError
from time import perf_counter
from typing import Any

import numpy as np
import xarray as xr

from sim import progress  # noqa: F401  # says that kernels are compiled
from sim.energy import energy
from sim.forces import FORCES, Force, action
from sim.integrators import METHODS
from sim.integrators.leg import Leg, Passed
from sim.machine.blas import one_thread
from sim.machine.interrupts import heard
from sim.metrics import leading_slots
from sim.watch import Watch, default_times
from theory.common import arguments, memory, schema
from theory.model import Autoencoder
from theory.sparsification.reduction import final_weight

LOOKS = 200  # at default times, ten decades of them
STRIDE = 10.0  # between looks whether the winners are at rest
AT_REST = 1e-2  # distance of a winner from its final size; it is put there exactly
BREATH = 2**28  # multiplications in kernels before Python first looks for Ctrl-C
SOON, LATE = 0.1, 0.4  # in seconds: when it would look again
LONGEST = 1e3  # norm of an encoding: single precision still resolves an rtol of 10⁻⁴ there
PATIENCE = 100.0  # in units of 1/λ; a longer race has probability e^{-140}: exactly equal weights


def simulate(
    model: Autoencoder,
    seed: int | np.random.SeedSequence = 0,
    initial: np.ndarray | None = None,
    until: float | None = None,
    times: np.ndarray | None = None,
    method: str = "splitting",
    forces: Collection[str | Force] = tuple(FORCES),
    rtol: float | None = None,
    save_weights: bool = False,
) -> xr.Dataset:
    """Integrate the flow ``dW_i/dt = (1 − ‖W_i‖²) W_i − Σ_{j≠i} ReLU(W_i·W_j) W_j − λ sign(W_i)``.

    Parameters
    ----------
    model : Autoencoder
        Parameters n, m, λ, σ.
    seed : int, SeedSequence or Generator
        Seed of the initial weights; a Generator of NumPy draws one, which is in the attributes.
    initial : array_like, shape (feature, neuron), optional
        Initial weights, instead of random ones; norms of encodings are at most 1000.
    until : float, optional
        Flow time to stop at, by default the sparse fixed point: every encoding has at most one active
        weight, no two share a neuron with the same sign, and nothing moves any more.
    times : array_like, shape (time,), optional
        Increasing flow times of the output, by default 0, 20 a decade from 0.1 on, and the end. Output is
        interpolated within steps, to the order of the method: the run is the same whatever its times.
    method : {"splitting", "event", "euler"}
        Integrator (`sim.integrators`): "splitting" is fast, "event" is exact, "euler" is simple.
    forces : collection of str or `sim.forces.Force`
        The forces that act: "feature_benefit", "interference", "l1", and any of `sim.forces`, to which
        one's own can be added (`sim.forces.own_force`). With others than the three `until` must be given,
        and "event" takes only those that are piecewise linear.
    rtol : float, optional
        Error of a step relative to the norm of encodings, which is about 1: for "event" 1e-10 by default.
        "splitting", by default 0.005, estimates it from above, and its global error falls in proportion to
        it; from 20 % to 4 % of active weights, it comes to allow five times as much. For "euler" it is the
        length of a step, by default 0.05. At most 1, and at least 10⁻¹², for "event" 10⁻¹⁵. There is no
        absolute tolerance: what is measured are encodings, whose norms are about 1 and known beforehand, and
        single weights, of the order of 1/√m, matter by which of them die, which is exact.
    save_weights : bool
        Whether the result has ``weights`` (time, feature, neuron), too: all encodings at all times.

    Returns
    -------
    Dataset
        ``l1_norm``, ``l2_norm``, ``active`` and ``leader``, the slot of the largest weight
        (`sim.metrics.leading_slots`), over (time, feature), ``energy`` over time, ``initial`` and
        ``final`` over (feature, neuron). Attributes: parameters, seed, method, ``deaths``, ``rebirths``,
        ``evaluations`` of the force and, if it was reached, ``time_to_sparsity``. What dies and comes back
        within a step of "splitting" is in neither count.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above, or `until` is missing where no fixed point would be reached.

    Notes
    -----
    Seed 001, "Loss and dynamics"; `theory.flow`.
    """
    arguments.instance("model", model, Autoencoder)
    needed = METHODS[arguments.choice("method", method, METHODS)].memory(model.n_features, model.n_neurons)
    if arguments.yes_or_no("save_weights", save_weights):
        looks = LOOKS if times is None else np.size(times)
        needed += 2 * 8 * looks * model.n_features * model.n_neurons  # as they come, and side by side
    memory.enough(needed, n_features=model.n_features, n_neurons=model.n_neurons)
    seed = arguments.repeatable(seed)
    weights = drawn(model, seed) if initial is None else _given(model, initial)
    flow = Flow(model, weights.copy(), method, forces, rtol)
    until = None if until is None else arguments.real("until", until, above=0)
    if until is None and not flow.ends_sparse:
        raise arguments.ArgumentError(
            "until must be given unless L1 acts with none but feature benefit and interference: "
            "only then is the sparse fixed point known"
        )
    flow.watch = watch = _watch(model.l1, until, times, save_weights)
    watch.see(flow.time, flow.at)
    if until is None:
        flow.settle()
    else:
        flow.advance(until)
    columns = (np.array(column) for column in zip(*watch.seen, strict=True))
    at, l1_norm, l2_norm, active, leader, energies, *saved = columns
    return schema.dataset(
        {
            "l1_norm": (("time", "feature"), l1_norm),
            "l2_norm": (("time", "feature"), l2_norm),
            "active": (("time", "feature"), active),
            "leader": (("time", "feature"), leader),
            "energy": ("time", energies),
            "initial": (("feature", "neuron"), weights),
            "final": (("feature", "neuron"), flow.weights),
            **({"weights": (("time", "feature", "neuron"), saved[0])} if saved else {}),
        },
        source="simulation",
        model=model,
        coords={"time": at},
        seed=seed if initial is None and isinstance(seed, int) else None,
        method=method,
        forces=", ".join(flow.action.names),
        rtol=flow.rtol,
        until=until,
        **flow.record(),
    )


class Flow:
    """Encodings on their way: weights, flow time, and what has happened so far.

    Parameters
    ----------
    model : Autoencoder
    weights : ndarray, shape (feature, neuron)
        Initial weights; moved in place.
    method, forces, rtol
        As in `simulate`.

    Attributes
    ----------
    weights : ndarray, shape (feature, neuron)
    time : float
        Flow time.
    watch : Watch, optional
        What looks at the weights on their way.
    halt : Event, optional
        If it is set, the flow ends with a `CancelledError`: threads have no Ctrl-C of their own.
    """

    def __init__(
        self,
        model: Autoencoder,
        weights: np.ndarray,
        method: str,
        forces: Collection[str | Force],
        rtol: float | None,
    ) -> None:
        self._name = arguments.choice("method", method, METHODS)
        self._method = METHODS[self._name]
        with heard():
            self.action = action(forces)
        if not (self._method.takes_all or self.action.piecewise_linear):
            raise arguments.ArgumentError(
                f"method must not be {method!r} with forces that are not piecewise linear, "
                f"of {', '.join(self.action.names)}"
            )
        self.weights = weights
        self.time = 0.0
        self._state: Any = None
        self._most = 1 + BREATH // (weights.size * len(weights))
        self.watch: Watch | None = None
        self.halt: threading.Event | None = None
        self.l1 = model.l1 if self.action.l1 else 0.0
        self.ends_sparse = self.l1 > 0 and set(self.action.names) <= set(FORCES)
        self.rtol = self._method.rtol if rtol is None else arguments.real("rtol", rtol, above=0)
        if not self._method.least <= self.rtol <= 1:
            raise arguments.ArgumentError(
                f"rtol must be from {self._method.least:g} to 1 by {method!r}, got {self.rtol:g}"
            )
        self.winner_size = (
            _winner_size(self.l1) if "feature_benefit" in self.action.names and self.l1 else 0.0
        )
        self.deaths = self.rebirths = self.evaluations = 0
        self.last_change = 0.0

    def advance(self, stop: float, until_sparse: bool = False) -> None:
        """Integrate to flow time `stop`, where a step ends, or until the race is over.

        Weights may be changed before the next call, which goes on from what they are. A `watch` sees them at
        its times, within steps: these are the same without it.
        """
        while self.time < stop:
            look = math.inf if self.watch is None else self.watch.time
            leg = Leg(self.time, stop, look, until_sparse, self.rtol, self._most)
            if self.halt is not None and self.halt.is_set():
                raise CancelledError
            began = perf_counter()
            with heard():
                passed, self._state = self._method.advance(
                    self.weights, leg, self._state, self.l1, self.action
                )
            self._breathe(perf_counter() - began, passed.evaluations)
            self._count(passed)
            if self.watch is not None:
                self.watch.see(self.time, self.at)
            if not self._state.under_way:
                return

    def _breathe(self, seconds: float, evaluations: int) -> None:
        """Let the next evaluations take neither long, nor so short that coming back to Python costs much."""
        if seconds > LATE:
            self._most = max(1, evaluations // 2)
        elif seconds < SOON and evaluations >= self._most:
            self._most *= 2

    def _count(self, passed: Passed) -> None:
        if not np.isfinite(self.weights.sum() + passed.time):
            raise arguments.ArgumentError(
                f"forces must be finite, of {', '.join(self.action.names)} one is not by flow time "
                f"{self.time:g}; or rtol less than {self.rtol:g}, if steps by {self._name!r} are too long"
            )
        self.time = passed.time
        self.deaths += passed.deaths
        self.rebirths += passed.rebirths
        self.evaluations += passed.evaluations
        self.last_change = max(self.last_change, passed.last_change)

    def at(self, time: float) -> np.ndarray:
        """Return the weights at a `time` within the last step."""
        weights = self.weights.copy()
        if time < self.time:
            self._method.interpolate(self._state, time, self.l1, self.action, weights)
        return weights

    def settle(self) -> None:
        """Integrate until the weights are at rest, and put the winners exactly where they end.

        Before that, a `watch` sees the weights at all of its times.
        """
        self.advance(PATIENCE / self.l1, until_sparse=True)
        while not (self.at_rest() or self.exhausted()):
            self.advance(self.time + STRIDE)
        settled, time = self.at_rest(), self.time
        if self.watch is not None:
            self.advance(self.watch.last or 0.0)
            self.watch.see_end(self.time, self.weights)
        if settled:
            self.weights[:] = np.sign(self.weights) * self.winner_size
        else:
            warnings.warn(f"not sparse by flow time {time:.3g}: exactly equal weights?", stacklevel=3)

    def sparse(self) -> bool:
        """Say whether no weight can die or be reborn any more.

        Then every encoding has at most one active weight, and no two that interfere share a neuron with
        the same sign, so that no inner product is positive and no force acts on dead weights.
        """
        positive, negative = self.weights > 0, self.weights < 0
        alone = not ((positive | negative).sum(axis=1) > 1).any()
        apart = max(positive.sum(axis=0).max(), negative.sum(axis=0).max()) <= 1
        return bool(alone and (apart or "interference" not in self.action.names))

    def at_rest(self) -> bool:
        """Say whether the weights have come to the sparse fixed point."""
        sizes = np.abs(self.weights[self.weights != 0])
        return self.ends_sparse and self.sparse() and bool((np.abs(sizes - self.winner_size) < AT_REST).all())

    def exhausted(self) -> bool:
        """Say whether the race has lasted so long that it will not end."""
        return self.l1 * self.time >= PATIENCE

    def record(self) -> dict[str, float | None]:
        """Return what has happened, as attributes of a result."""
        return {
            "deaths": self.deaths,
            "rebirths": self.rebirths,
            "evaluations": self.evaluations,
            "time_to_sparsity": self.last_change if self.at_rest() else None,
        }


def _watch(l1: float, until: float | None, times: np.ndarray | None, save_weights: bool) -> Watch:
    look = functools.partial(_observe, l1=l1, save_weights=save_weights)
    if times is None:
        return Watch(default_times(until), look)
    grid = arguments.times("times", times)
    if until is not None and grid[-1] > until:
        raise arguments.ArgumentError(f"times must end by until = {until:g}, got {grid[-1]:g}")
    return Watch(grid, look, grid[-1])


@functools.cache
def _winner_size(l1: float) -> float:
    """Keep what takes SymPy longer to evaluate than a step of a small problem takes."""
    return final_weight(l1)


def drawn(model: Autoencoder, seed: int | np.random.SeedSequence) -> np.ndarray:
    """Return the initial weights that a seed draws.

    Raises
    ------
    TypeError, ValueError
        If it is no seed, or σ so large that encodings are longer than the flow takes them.
    """
    weights = model.initial(np.random.default_rng(arguments.seed("seed", seed)))
    if not _longest(weights) <= LONGEST:
        raise arguments.ArgumentError(
            f"init_std must be about 1/√m, and such that norms of encodings are at most {LONGEST:g}, "
            f"got {model.init_std:g} with norms up to {_longest(weights):.3g}"
        )
    return weights


def _longest(weights: np.ndarray) -> float:
    return float(np.hypot.reduce(weights, axis=1).max())  # whose squares need not be floats


def _given(model: Autoencoder, initial: np.ndarray) -> np.ndarray:
    weights = arguments.array("initial", initial, ("feature", "neuron"))
    if weights.shape != (model.n_features, model.n_neurons):
        raise arguments.ArgumentError(
            f"initial must have shape ({model.n_features}, {model.n_neurons}), got {weights.shape}"
        )
    if not _longest(weights) <= LONGEST:
        raise arguments.ArgumentError(
            f"initial must have encodings of norm at most {LONGEST:g}, got {_longest(weights):.3g}"
        )
    return weights


def _observe(weights: np.ndarray, l1: float, save_weights: bool) -> tuple:
    sizes = np.abs(weights)
    with one_thread():  # others would go on waiting for work on the cores that the integrator needs
        value = energy(weights, l1)
    lengths, active = np.linalg.norm(weights, axis=1), (sizes > 0).sum(axis=1)
    seen = sizes.sum(axis=1), lengths, active, leading_slots(weights), value
    return (*seen, weights.copy()) if save_weights else seen
