"""Many runs of the flow at once, reproducible whatever the number of workers."""

import os
from collections.abc import Collection, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import xarray as xr
from threadpoolctl import threadpool_limits

from sim import metrics
from sim.flow import Flow
from sim.forces import FORCES, Force
from sim.progress import track
from theory import arguments, schema
from theory.model import Autoencoder


def ensemble(
    model: Autoencoder,
    replicates: int,
    seed: int | np.random.SeedSequence = 0,
    workers: int | None = None,
    method: str = "splitting",
    forces: Collection[str | Force] = tuple(FORCES),
    rtol: float | None = None,
) -> xr.Dataset:
    """Run independent replicates of the flow to their sparse fixed points.

    Parameters
    ----------
    model : Autoencoder
        Parameters n, m, λ > 0, σ.
    replicates : int
        Number of runs, at least 1.
    seed : int or SeedSequence
        Each replicate draws its initial weights from its own child of this seed, so that the result
        depends neither on the number of workers nor on their order, and the first replicates of a
        larger ensemble are those of a smaller one.
    workers : int, optional
        Number of threads, by default one a core; BLAS runs on one thread in each.
    method, forces, rtol
        As in `sim.simulate`.

    Returns
    -------
    Dataset
        Over ``replicate``: ``polysemantic_neurons``, ``time_to_sparsity`` (NaN where a run was given up),
        ``winner_kept``, ``dead_features``, ``deaths``, ``rebirths``; over (replicate, feature, neuron):
        ``initial`` and ``final``. After Ctrl-C: the replicates that were finished in order, with attribute
        ``interrupted``.

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.
    KeyboardInterrupt
        If interrupted before the first replicate was finished.
    """
    replicates = arguments.whole("replicates", replicates, least=1)
    workers = os.cpu_count() or 1 if workers is None else arguments.whole("workers", workers, least=1)
    if not Flow(model, np.zeros((1, 1)), method, forces, rtol).ends_sparse:
        raise arguments.ArgumentError(
            "forces must be L1, at an l1 greater than 0, with none but feature benefit and interference: "
            "only then is the sparse fixed point known"
        )
    children = arguments.seed("seed", seed).spawn(replicates)

    def run(child: np.random.SeedSequence) -> tuple[np.ndarray, Flow]:
        initial = model.initial(np.random.default_rng(child))
        flow = Flow(model, initial.copy(), method, forces, rtol)
        flow.settle()
        return initial, flow

    runs, interrupted = _collect(run, children, workers)
    initial = np.array([weights for weights, _ in runs])
    final = np.array([flow.weights for _, flow in runs])
    record = {name: [flow.record()[name] for _, flow in runs] for name in ("deaths", "rebirths")}
    times = [np.nan if flow.record()["time_to_sparsity"] is None else flow.last_change for _, flow in runs]
    return schema.dataset(
        {
            "polysemantic_neurons": ("replicate", metrics.polysemantic_neurons(final)),
            "time_to_sparsity": ("replicate", times),
            "winner_kept": ("replicate", metrics.winner_kept(initial, final)),
            "dead_features": ("replicate", metrics.dead_features(final)),
            **{name: ("replicate", values) for name, values in record.items()},
            "initial": (("replicate", "feature", "neuron"), initial),
            "final": (("replicate", "feature", "neuron"), final),
        },
        source="simulation",
        model=model,
        seed=seed if isinstance(seed, int) else None,
        method=method,
        forces=", ".join(runs[0][1].action.names),
        rtol=runs[0][1].rtol,
        interrupted=int(interrupted),
    )


def _collect(run, children, workers: int) -> tuple[list, bool]:
    """Return what `run` gives for each child, in order; after Ctrl-C, for those that are finished."""
    runs: list = []

    def finished(pool: ThreadPoolExecutor) -> Iterator:
        futures = [pool.submit(run, child) for child in children]
        try:
            for future in futures:
                yield future.result()
        finally:
            for future in futures:
                future.cancel()

    with threadpool_limits(1, "blas"), ThreadPoolExecutor(workers) as pool:
        try:
            for result in track(finished(pool), "simulating", total=len(children)):
                runs.append(result)  # noqa: PERF402  # so that they are kept when interrupted
        except KeyboardInterrupt:
            if not runs:
                raise
            return runs, True
    return runs, False
