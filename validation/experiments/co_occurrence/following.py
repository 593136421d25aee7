"""Runs with features on together by chance, and what is noted of a flow on its way."""

import numpy as np
import xarray as xr

from sim.flow import Flow
from sim.forces import FORCES, Force, co_occurrence
from sim.metrics import polysemantic_neurons
from sim.replicates import observe
from theory import Autoencoder
from validation.experiments.co_occurrence.sparse_inputs import (
    END,
    loss_per_occurrence,
    relative,
    train_rare,
    undecided,
)
from validation.experiments.experiment import Setting

RATIOS = (0, 0.05, 0.15, 0.5, 1, 1.5, 2.5, 5)  # p/λ
SPARSE = 1.1  # active weights of a feature, on average, at which a run counts as sparse


def settings(full: bool) -> list[Setting]:
    """Flows at several λ, where the second order in p is enough, and networks at one λ."""
    n, sizes, strengths = (64, (128, 256), (0.02, 0.005, 0.002)) if full else (32, (64,), (0.02, 0.005))
    trained = (0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3) if full else (0, 0.003, 0.01, 0.03, 0.1, 0.3)
    points = [
        ("simulation", m, l1, round(ratio * l1, 7))
        for m in sizes
        for l1 in strengths
        for ratio in RATIOS
        if (n - 1) * ratio * l1 < 1
    ]
    points += [("training", m, strengths[0], float(p)) for m in sizes for p in trained]
    runs = {"simulation": 120 if full else 96, "training": 12 if full else 16}
    return [
        {"source": source, "n": n, "m": m, "l1": l1, "p": p, "replicates": runs[source]}
        for source, m, l1, p in points
    ]


def measure(source: str, n: int, m: int, l1: float, p: float, replicates: int, seed: int) -> xr.Dataset:
    """Run flows and train networks with each feature on independently with probability p.

    λ, times and losses are per occurrence of a feature. Runs of all p and λ begin with the same weights and
    end at λt = 8. A neuron is polysemantic if two weights on it are larger than half the usual winner (the
    median over features of the largest weight); weights between 0.2 and 0.8 of it are counted as undecided.
    The derived condition (`polysem derive escape_from_pair`) says which pairs of p = 0 can stand at p, by the
    runner-up of the later feature when the other has settled. The added loss is the exact expected loss less
    that of features alone on neurons; theory takes 2p for each polysemantic neuron that was counted. A run
    is sparse at 1.1 active weights a feature, on average.
    """
    model = Autoencoder(n, m, l1)
    runner_up = np.full((replicates, n // 2), np.nan)
    if source == "training":
        final, times, active = train_rare(model, "independent", p, END / l1, replicates, seed)
    else:
        times = np.geomspace(0.01, 1, 80) * END / l1
        forces: list[str | Force] = [*FORCES, *([co_occurrence(p)] if p else [])]
        seen = observe(lambda flow: follow(flow, times), model, replicates, seed, forces=forces)
        final, active = seen["final"], seen["active"]
        runner_up = runner_up if p else seen["runner_up"]
    sizes = np.abs(relative(final))
    by_run = {
        "polysemantic": np.asarray(polysemantic_neurons(sizes), np.int16),
        "undecided": undecided(sizes).astype(np.int16),
        "loss": np.array([loss_per_occurrence(w, p) / n for w in final], np.float32),
        "time": np.array([sparse_at(times, each) for each in active], np.float32),
    }
    return xr.Dataset(
        {name: ("replicate", values) for name, values in by_run.items()}
        | {"runner_up": (("replicate", "pair"), runner_up.astype(np.float32))}
    )


def follow(flow: Flow, times: np.ndarray) -> dict[str, np.ndarray]:
    """Follow a flow: active weights over time and, of each benign pair, the runner-up as it ends.

    The runner-up is relative to the length of its encoding, of the feature that is second to have but one
    weight, at the time when the other has; 0 if both are first.
    """
    course = []
    for time in times:
        flow.advance(time)
        course.append(flow.weights.astype(np.float32))
    sizes = np.abs(np.array(course))
    active = (sizes > 0).sum(axis=-1)
    runner_up = np.full(sizes.shape[1] // 2, np.nan)
    large = sizes[-1] > 0.5
    for place, neuron in enumerate(np.flatnonzero(large.sum(axis=0) == 2)[: runner_up.size]):
        pair = np.flatnonzero(large[:, neuron])
        first = np.argmax((active[:, pair] <= 1).any(axis=1))
        encodings = sizes[first, pair]
        others = np.delete(encodings, neuron, axis=1).max(axis=1) / np.linalg.norm(encodings, axis=1)
        runner_up[place] = others.max()
    return {"final": flow.weights.copy(), "active": active.mean(axis=-1), "runner_up": runner_up}


def sparse_at(times: np.ndarray, active: np.ndarray) -> float:
    """Return when a feature has on average at most `SPARSE` active weights, interpolated in logarithms."""
    below = np.flatnonzero(active <= SPARSE)
    if not below.size or not below[0] or times[below[0] - 1] <= 0:
        return np.nan
    at = [below[0] - 1, below[0]]
    fallen = np.log(active[at[0]] / SPARSE) / np.log(active[at[0]] / active[at[1]])
    return float(times[at[0]] * (times[at[1]] / times[at[0]]) ** fallen)
