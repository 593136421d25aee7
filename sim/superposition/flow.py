"""The gradient flow of the expected loss, to the critical point where it ends."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from scipy import integrate

from sim import progress  # noqa: F401  # says that kernels are compiled
from sim.superposition import kernel, subsets
from sim.watch import Watch, default_times
from theory.common import arguments, schema
from theory.superposition import Superposition, directions, gradient, newton
from theory.superposition.expected import exact, expected_loss

METHODS = {"lsoda": integrate.LSODA, "bdf": integrate.BDF, "radau": integrate.Radau, "rk45": integrate.RK45}
AT_REST = 1e-9  # of the largest slope, where the flow has come to a critical point
LATEST = 1e7  # flow time by which it is given up
MOST_PARAMETERS = 300  # of a Hessian

Slope = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]


def simulate(
    model: Superposition,
    seed: int | np.random.SeedSequence = 0,
    initial: np.ndarray | None = None,
    initial_biases: np.ndarray | None = None,
    until: float | None = None,
    times: np.ndarray | None = None,
    method: str = "lsoda",
    rtol: float = 1e-6,
    save_weights: bool = False,
) -> xr.Dataset:
    """Integrate ``dW/dt = −∂L/∂W``, ``db/dt = −∂L/∂b``, the gradient flow of the expected loss L.

    Parameters
    ----------
    model : Superposition
        Parameters n, m, p and importance.
    seed : int or SeedSequence
        Seed of the initial weights, i.i.d. normal of standard deviation ``√(2/(n + m))``.
    initial : array_like, shape (feature, neuron), optional
        Initial weights, instead of random ones.
    initial_biases : array_like, shape (feature,), optional
        Initial biases, by default 0.
    until : float, optional
        Flow time to stop at, by default where all slopes are below 10⁻⁹: at a critical point, which Newton's
        method then makes exact.
    times : array_like, shape (time,), optional
        Increasing flow times of the output, by default 0, 20 a decade from 0.1 on, and the end.
    method : {"lsoda", "bdf", "radau", "rk45"}
        Integrator of SciPy; "lsoda" switches between one for stiff and one for other stretches.
    rtol : float
        Relative error of a step; the absolute one is a thousandth of it.
    save_weights : bool
        Whether the result has ``weights`` (time, feature, neuron), too: all encodings at all times.

    Returns
    -------
    Dataset
        ``loss`` over time; ``initial`` and ``final`` over (feature, neuron), ``initial_biases`` and
        ``biases`` over feature. Attributes: parameters, seed, method, ``evaluations``, ``end_time``, the
        largest ``slope`` that is left, and, at a critical point of up to 300 parameters, its ``index``, the
        number of directions in which the loss falls, and that of ``flat`` ones, where rotations of the hidden
        space do not count.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Model of Elhage et al. 2022 (arXiv:2209.10652). Flow time is the sum of the learning rates of gradient
    descent on the same loss.
    """
    arguments.instance("model", model, Superposition)
    solver_of = METHODS[arguments.choice("method", method, METHODS)]
    rtol = arguments.real("rtol", rtol, above=0, most=1)
    until = None if until is None else arguments.real("until", until, above=0)
    seed = arguments.repeatable(seed)
    weights, biases = _started(model, seed, initial, initial_biases)
    point = _Point(model, arguments.yes_or_no("save_weights", save_weights))
    solver = solver_of(
        point.slope,
        0.0,
        np.concatenate([weights.ravel(), biases]),
        LATEST if until is None else until,
        rtol=rtol,
        atol=rtol / 1000,
    )
    watch = _watch(point, until, times)
    while solver.status == "running":
        solver.step()
        if watch.time <= solver.t:
            watch.see(solver.t, solver.dense_output())
        if until is None and np.abs(point.slope(solver.t, solver.y)).max() < AT_REST:
            break
    final, end_biases = point.parts(solver.y)
    ending = {"slope": float(np.abs(point.slope(solver.t, solver.y)).max())}
    if until is None:
        final, end_biases, ending = rested(final.copy(), end_biases.copy(), model, ending)
    watch.see_end(solver.t, np.concatenate([final.ravel(), end_biases]))
    at, losses, *saved = (np.array(column) for column in zip(*watch.seen, strict=True))
    return schema.dataset(
        {
            "loss": ("time", losses),
            "initial": (("feature", "neuron"), weights),
            "final": (("feature", "neuron"), final),
            "initial_biases": ("feature", biases),
            "biases": ("feature", end_biases),
            **({"weights": (("time", "feature", "neuron"), saved[0])} if saved else {}),
        },
        source="simulation",
        model=model,
        coords={"time": at},
        seed=seed if initial is None and isinstance(seed, int) else None,
        method=method,
        rtol=rtol,
        until=until,
        end_time=float(solver.t),
        evaluations=solver.nfev,
        **ending,
    )


class _Point:
    """Weights and biases in one vector, as solvers want them."""

    def __init__(self, model: Superposition, save_weights: bool) -> None:
        self._save_weights = save_weights
        self.model, self._importances = model, model.importances
        self._shape = model.n_features, model.n_neurons
        self._size = model.n_features * model.n_neurons

    def parts(self, at: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return weights and biases, views."""
        return at[: self._size].reshape(self._shape), at[self._size :]

    def slope(self, time: float, at: np.ndarray) -> np.ndarray:
        """Return the right-hand side of the flow."""
        out = np.empty_like(at)
        if self.model.probability == 0:
            kernel.descend(*self.parts(at), self._importances, *self.parts(out))
        elif exact(self.model):
            p, known = self.model.probability, subsets.states(self.model.n_features)
            subsets.descend(*self.parts(at), self._importances, p, *known, *self.parts(out))
        else:
            by_weights, by_biases = gradient(*self.parts(at), self.model)
            out[: self._size], out[self._size :] = -by_weights.ravel(), -by_biases
        return out

    def seen(self, at: np.ndarray) -> tuple:
        """Return what is kept of a point."""
        weights, biases = self.parts(at)
        loss = expected_loss(weights, biases, self.model)
        return (loss, weights.copy()) if self._save_weights else (loss,)


def rested(
    weights: np.ndarray, biases: np.ndarray, model: Superposition, ending: dict[str, float]
) -> tuple[np.ndarray, np.ndarray, dict[str, float]]:
    """Return weights, biases and what is known of the critical point at which a flow has come to rest."""
    if ending["slope"] >= AT_REST or weights.size + biases.size > MOST_PARAMETERS:
        return weights, biases, ending
    exact = newton(weights, biases, model)
    if exact[2] < ending["slope"] and np.abs(exact[0] - weights).max() < AT_REST**0.5:
        weights, biases, ending["slope"] = exact
    index, flat = directions(weights, biases, model)
    return weights, biases, ending | {"index": index, "flat": flat}


def _started(
    model: Superposition,
    seed: int | np.random.SeedSequence,
    initial: np.ndarray | None,
    initial_biases: np.ndarray | None,
) -> tuple[np.ndarray, np.ndarray]:
    shapes = {"initial": (model.n_features, model.n_neurons), "initial_biases": (model.n_features,)}
    given = {"initial": initial, "initial_biases": initial_biases}
    drawn = {
        "initial": model.initial(np.random.default_rng(arguments.seed("seed", seed))),
        "initial_biases": np.zeros(model.n_features),
    }
    for name, shape in shapes.items():
        if given[name] is not None:
            drawn[name] = arguments.array(name, given[name], ("feature", "neuron")[: len(shape)])
            if drawn[name].shape != shape:
                raise arguments.ArgumentError(f"{name} must have shape {shape}, got {drawn[name].shape}")
    return drawn["initial"], drawn["initial_biases"]


def _watch(point: _Point, until: float | None, times: np.ndarray | None) -> Watch:
    if times is None:
        return Watch(default_times(until), point.seen)
    grid = arguments.times("times", times)
    if until is None or grid[-1] > until:
        raise arguments.ArgumentError(f"times must end by until, which must be given, got {grid[-1]:g}")
    return Watch(grid, point.seen, grid[-1])
