"""Many runs of the flow at once, reproducible whatever the number of workers."""

import os
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, TypeVar

import numba
import numpy as np
import xarray as xr

from sim import metrics
from sim.flow import Flow, drawn
from sim.forces import FORCES, Force
from sim.integrators import METHODS
from sim.machine.blas import one_thread
from sim.machine.interrupts import heard
from sim.progress import track
from theory.common import arguments, memory, schema
from theory.model import Autoencoder

RECORD = 5000  # bytes that a run takes beside its weights: its seed, its place in the queue, its record
ARRAYS = 7  # of the size of its weights: initial and final ones, as they come, side by side, and counted
AHEAD = 256  # runs that wait for a worker: enough for all of them while the first one takes long

T = TypeVar("T")


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
    arguments.instance("model", model, Autoencoder)
    replicates = arguments.whole("replicates", replicates, least=1)
    seed = arguments.repeatable(seed)
    workers = os.cpu_count() or 1 if workers is None else arguments.whole("workers", workers, least=1)
    probe = ends_sparse(model, method, forces, rtol)
    _room(model, replicates, workers, method)
    children = arguments.seed("seed", seed).spawn(replicates)
    records, interrupted = _collect(_start(model, method, forces, rtol), settled, children, workers)
    columns = _stacked(records)
    return schema.dataset(
        {
            **{name: ("replicate", column) for name, column in outcome(columns).items()},
            "initial": (("replicate", "feature", "neuron"), columns["initial"]),
            "final": (("replicate", "feature", "neuron"), columns["final"]),
        },
        source="simulation",
        model=model,
        seed=seed if isinstance(seed, int) else None,
        method=method,
        forces=", ".join(probe.action.names),
        rtol=probe.rtol,
        interrupted=int(interrupted),
    )


def ends_sparse(model: Autoencoder, method: str, forces: Collection[str | Force], rtol: float | None) -> Flow:
    """Return a flow of one weight under arguments that are checked: its sparse fixed point is known.

    Raises
    ------
    TypeError, ValueError
        If one is not as `ensemble` says.
    """
    probe = Flow(model, np.zeros((1, 1)), method, forces, rtol)
    if not probe.ends_sparse:
        raise arguments.ArgumentError(
            "forces must be L1, at an l1 greater than 0, with none but feature benefit and interference: "
            "only then is the sparse fixed point known"
        )
    return probe


def settled(flow: Flow) -> dict[str, Any]:
    """Run a flow to its sparse fixed point, and return what has happened with weights before and after."""
    initial = flow.weights.copy()
    flow.settle()
    record = flow.record()
    time = np.nan if record["time_to_sparsity"] is None else record["time_to_sparsity"]
    return record | {"time_to_sparsity": time, "initial": initial, "final": flow.weights}


def outcome(seen: Mapping[str, Any]) -> dict[str, Any]:
    """Return the numbers that `ensemble` records, of what `settled` saw of a run, or stacked of many."""
    initial, final = seen["initial"], seen["final"]
    return {
        "polysemantic_neurons": metrics.polysemantic_neurons(final),
        "time_to_sparsity": seen["time_to_sparsity"],
        "winner_kept": metrics.winner_kept(initial, final),
        "dead_features": metrics.dead_features(final),
        "deaths": seen["deaths"],
        "rebirths": seen["rebirths"],
    }


def observe(
    look: Callable[[Flow], Mapping[str, Any]],
    model: Autoencoder,
    replicates: int,
    seed: int | np.random.SeedSequence = 0,
    workers: int | None = None,
    method: str = "splitting",
    forces: Collection[str | Force] = tuple(FORCES),
    rtol: float | None = None,
) -> dict[str, np.ndarray]:
    """Return what `look` sees of independent runs, which it advances itself.

    Parameters
    ----------
    look : callable
        Takes a `Flow` at its initial weights, and returns numbers or arrays by name, the same ones in each
        run. Weights of the flow are moved in place: copy those to be kept.
    model, replicates, seed, workers, method, forces, rtol
        As in `ensemble`: the runs are the same. Any forces will do.

    Returns
    -------
    dict of ndarray, shape (replicate, ...)
        By name.

    Raises
    ------
    KeyboardInterrupt
        If interrupted: then nothing is returned.
    """
    children = arguments.seed("seed", seed).spawn(replicates)
    records, interrupted = _collect(
        _start(model, method, forces, rtol), look, children, workers or os.cpu_count() or 1
    )
    if interrupted:
        raise KeyboardInterrupt
    return _stacked(records)


def _room(model: Autoencoder, replicates: int, workers: int, method: str) -> None:
    """Check that there is room for so many runs, of which each worker has one under way."""
    n, m = model.n_features, model.n_neurons
    under_way = min(workers, replicates) * METHODS[method].memory(n, m)
    kept = replicates * (RECORD + 8 * ARRAYS * n * m)
    memory.enough(under_way + kept, n_features=n, n_neurons=m, replicates=replicates)


def _start(
    model: Autoencoder, method: str, forces: Collection[str | Force], rtol: float | None
) -> Callable[[np.random.SeedSequence], Flow]:
    """Return what gives the flow from the initial weights that a seed draws."""
    return lambda child: Flow(model, drawn(model, child), method, forces, rtol)


def _stacked(records: list[Mapping[str, Any]]) -> dict[str, np.ndarray]:
    return {name: np.array([record[name] for record in records]) for name in records[0]}


def _collect(
    start: Callable[[np.random.SeedSequence], Flow],
    look: Callable[[Flow], Mapping[str, Any]],
    children: Sequence[np.random.SeedSequence],
    workers: int,
) -> tuple[list[Mapping[str, Any]], bool]:
    """Return what `look` sees of each child's run, in order; after Ctrl-C, of those that are finished.

    No run is waited for then: those under way end when their kernels come back, or have been loaded.
    """
    runs: list[Mapping[str, Any]] = []
    halt = threading.Event()
    pool = ThreadPoolExecutor(workers, initializer=numba.set_num_threads, initargs=(1,))

    def run(child: np.random.SeedSequence) -> Mapping[str, Any]:
        flow = start(child)
        flow.halt = halt
        return look(flow)

    try:
        with one_thread():
            for result in track(_in_order(pool, run, children), "simulating", total=len(children)):
                runs.append(result)  # noqa: PERF402  # so that they are kept when interrupted
    except KeyboardInterrupt:
        if not runs:
            raise
        return runs, True
    finally:
        halt.set()
        pool.shutdown(wait=False, cancel_futures=True)
    return runs, False


def _in_order(
    pool: ThreadPoolExecutor, run: Callable[[T], Mapping[str, Any]], children: Iterable[T]
) -> Iterator[Mapping[str, Any]]:
    """Yield what becomes of each child, in order; Ctrl-C within `submit` would leave its locks taken."""
    waiting: deque[Future] = deque()
    for child in children:
        with heard():
            waiting.append(pool.submit(run, child))
        if len(waiting) == AHEAD:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()
