"""Many descents from random initial weights: which critical points are reached, and how often."""

import numpy as np
import xarray as xr

from sim.progress import track
from sim.superposition import batch
from sim.superposition.flow import AT_REST, LATEST, rested, simulate
from theory.common import arguments, schema
from theory.superposition import Superposition, expected_loss
from theory.superposition.expected import exact


def ends(model: Superposition, initial: np.ndarray, rtol: float = 1e-6) -> xr.Dataset:
    """Follow the flow to its end from many initial weights and biases 0, on all cores.

    Parameters
    ----------
    model : Superposition
    initial : array_like, shape (replicate, feature, neuron)
        Initial weights.
    rtol : float
        Relative error of a step of the integrator; the absolute one is a thousandth of it.

    Returns
    -------
    Dataset
        Over ``replicate``: ``loss``, ``end_time`` and ``slope``, the largest one that is left, below 10⁻⁹
        unless the flow was given up, at time 10⁷ or after 4,000 steps; ``initial`` and ``final``
        over (replicate, feature, neuron), ``biases`` over (replicate, feature).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    Where the expected loss is exact, a Rosenbrock method in Numba (`sim.superposition.batch`), else that of
    `sim.simulate`, one after another.
    """
    arguments.instance("model", model, Superposition)
    rtol = arguments.real("rtol", rtol, above=0, most=1)
    starts = arguments.array("initial", initial, ("replicate", "feature", "neuron"))
    if starts.shape[1:] != (model.n_features, model.n_neurons):
        raise arguments.ArgumentError(
            f"initial must have shape (replicate, {model.n_features}, {model.n_neurons}), got {starts.shape}"
        )
    if exact(model):
        final, biases, loss, time, slope = batch.settled(model, starts, rtol, AT_REST, LATEST)
    else:
        final, biases, loss, time, slope = _one_after_another(model, starts, rtol)
    by_run = {"loss": loss, "end_time": time, "slope": slope}
    return schema.dataset(
        {
            **{name: ("replicate", values) for name, values in by_run.items()},
            "initial": (("replicate", "feature", "neuron"), starts),
            "final": (("replicate", "feature", "neuron"), final),
            "biases": (("replicate", "feature"), biases),
        },
        source="simulation",
        model=model,
        method="rosenbrock" if exact(model) else "lsoda",
        rtol=rtol,
    )


def descents(
    model: Superposition, replicates: int, seed: int | np.random.SeedSequence = 0, rtol: float = 1e-6
) -> xr.Dataset:
    """Follow the flow to its end from independent initial weights, and say what critical points these are.

    Parameters
    ----------
    model : Superposition
    replicates : int
        Number of descents, at least 1.
    seed : int or SeedSequence
        Each descent draws its initial weights from its own child of this seed.
    rtol : float
        As in `ends`.

    Returns
    -------
    Dataset
        That of `ends`, whose weights and biases Newton's method makes exact as in `sim.simulate`, and over
        ``replicate`` ``index`` and ``flat`` (−1 where a descent came to no critical point).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.
    """
    arguments.instance("model", model, Superposition)
    children = arguments.seed("seed", seed).spawn(arguments.whole("replicates", replicates, least=1))
    found = ends(model, np.stack([model.initial(np.random.default_rng(child)) for child in children]), rtol)
    kinds = np.full((2, len(children)), -1)
    for r in track(range(len(children)), "classifying", total=len(children)):
        ending = {"slope": float(found.slope[r])}
        weights, biases, ending = rested(found.final.values[r], found.biases.values[r], model, ending)
        found.final[r], found.biases[r], found.slope[r] = weights, biases, ending["slope"]
        found.loss[r] = expected_loss(weights, biases, model)
        kinds[:, r] = ending.get("index", -1), ending.get("flat", -1)
    found = found.assign(index=("replicate", kinds[0]), flat=("replicate", kinds[1]))
    return found.assign_attrs(seed=seed) if isinstance(seed, int) else found


def _one_after_another(model: Superposition, starts: np.ndarray, rtol: float) -> tuple[np.ndarray, ...]:
    runs = [simulate(model, initial=w, rtol=rtol) for w in track(starts, "descending", total=len(starts))]
    columns = zip(
        *((run.final, run.biases, run.loss[-1], run.attrs["end_time"], run.attrs["slope"]) for run in runs),
        strict=True,
    )
    return tuple(np.array(column) for column in columns)
