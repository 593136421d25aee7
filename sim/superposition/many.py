"""Many descents from random initial weights: which critical points are reached, and how often."""

import numpy as np
import xarray as xr

from sim.progress import track
from sim.superposition.flow import simulate
from theory.common import arguments, schema
from theory.superposition import Superposition, expected_loss


def descents(
    model: Superposition, replicates: int, seed: int | np.random.SeedSequence = 0, rtol: float = 1e-6
) -> xr.Dataset:
    """Follow the flow to its end from independent initial weights.

    Parameters
    ----------
    model : Superposition
    replicates : int
        Number of descents, at least 1.
    seed : int or SeedSequence
        Each descent draws its initial weights from its own child of this seed.
    rtol : float
        As in `sim.simulate`.

    Returns
    -------
    Dataset
        Over ``replicate``: ``loss``, ``end_time``, ``slope``, ``index`` and ``flat`` (−1 where a descent came
        to no critical point); ``initial`` and ``final`` over (replicate, feature, neuron), ``biases`` over
        (replicate, feature).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.
    """
    arguments.instance("model", model, Superposition)
    seed = arguments.repeatable(seed)
    children = arguments.seed("seed", seed).spawn(arguments.whole("replicates", replicates, least=1))
    runs = [simulate(model, child, rtol=rtol) for child in track(children, "descending", total=len(children))]
    by_run = {
        "loss": [expected_loss(run.final.values, run.biases.values, model) for run in runs],
        **{name: [run.attrs[name] for run in runs] for name in ("end_time", "slope")},
        **{name: [run.attrs.get(name, -1) for run in runs] for name in ("index", "flat")},
    }
    return schema.dataset(
        {
            **{name: ("replicate", np.array(values)) for name, values in by_run.items()},
            "initial": (("replicate", "feature", "neuron"), np.stack([run.initial for run in runs])),
            "final": (("replicate", "feature", "neuron"), np.stack([run.final for run in runs])),
            "biases": (("replicate", "feature"), np.stack([run.biases for run in runs])),
        },
        source="simulation",
        model=model,
        seed=seed if isinstance(seed, int) else None,
        method="lsoda",
        rtol=rtol,
    )
