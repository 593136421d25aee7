"""Co-occurrence: whether polysemantic neurons vanish when features are on together by chance, and where.

All is per occurrence of a feature, as in `theory.co_occurrence`: p → 0 is the model of seed 001 at this λ.
"""

from functools import partial

import numpy as np
import xarray as xr

from sim.forces import FORCES, Force, co_occurrence
from sim.metrics import polysemantic_neurons
from sim.replicates import observe
from theory import Autoencoder, collisions
from theory.co_occurrence import pair_cost
from theory.sparsification.reduction import final_weight
from validation.experiments.co_occurrence import sparse_inputs
from validation.experiments.co_occurrence.remaining import allowed, bound, follow, half, left, sparse_at
from validation.experiments.experiment import (
    Band,
    Experiment,
    Panel,
    Quantity,
    Setting,
    grid,
    mean_of,
    share_of,
)
from validation.training.inputs import Independent

RATIOS = (0, 0.05, 0.15, 0.5, 1, 1.5, 2.5, 5)  # p/λ
TRAINED = (0.0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3)


def settings(full: bool) -> list[Setting]:
    """Return flows at several λ, where the second order in p is enough, and networks at one λ."""
    n, sizes, strengths = (64, (128, 256), (0.02, 0.005, 0.002)) if full else (32, (64,), (0.02, 0.005))
    flows = [(l1, round(q * l1, 7)) for l1 in strengths for q in RATIOS if (n - 1) * q * l1 < 1]
    trained = [(strengths[0], p) for p in TRAINED if full or p != 0.2]
    size, flows_of, networks = {"n": n, "m": sizes}, (120 if full else 96), (12 if full else 16)
    return [
        *grid({"source": "simulation", **size, "l1, p": flows, "replicates": flows_of}),
        *grid({"source": "training", **size, "l1, p": trained, "replicates": networks}),
    ]


def measure(source: str, n: int, m: int, l1: float, p: float, replicates: int, seed: int) -> xr.Dataset:
    """Run flows and train networks with each feature on independently with probability p, to λt = 8.

    A neuron is polysemantic if two weights are larger than half the usual winner (median of largest weights).
    The derived condition (`polysem derive escape_from_pair`) says which pairs of p = 0 can stand, by the
    runner-up of the later feature when the other has settled. The added loss is the exact expected one less
    that of features alone. λ, times and losses are per occurrence of a feature; sparse is 1.1 active weights
    a feature, undecided a weight of 0.2 to 0.8. Runs of all p and λ begin with the same weights.
    """
    model = Autoencoder(n, m, l1)
    runner_up, end = np.full((replicates, n // 2), np.nan), sparse_inputs.END / l1
    if source == "training":
        final, times, active = sparse_inputs.train_rare(
            model, Independent, p, end, seed, replicates=replicates
        )
    else:
        times = np.geomspace(0.01, 1, 80) * sparse_inputs.END / l1
        forces: list[str | Force] = [*FORCES, *([co_occurrence(p)] if p else [])]
        seen = observe(lambda flow: follow(flow, times), model, replicates, seed, forces=forces)
        final, active = seen["final"], seen["active"]
        runner_up = runner_up if p else seen["runner_up"]
    sizes = np.abs(sparse_inputs.relative(final))
    by_run = {
        "polysemantic": np.asarray(polysemantic_neurons(sizes), np.int16),
        "undecided": sparse_inputs.undecided(sizes).astype(np.int16),
        "loss": np.array([sparse_inputs.loss_per_occurrence(w, p) / n for w in final], np.float32),
        "time": np.array([sparse_at(times, each) for each in active], np.float32),
    }
    by_pair = {"runner_up": (("replicate", "pair"), runner_up.astype(np.float32))}
    return xr.Dataset({name: ("replicate", values) for name, values in by_run.items()} | by_pair)


def _law(part: xr.Dataset) -> float | None:
    return None if part.p else collisions.polysemantic_neurons(int(part.n), int(part.m)).mean()


def _added(part: xr.Dataset) -> xr.DataArray:
    alone = (1 - final_weight(float(part.l1)) ** 2) ** 2
    return (part.loss - float(alone)) / part.l1


def _cost(part: xr.Dataset) -> float | None:
    p, pairs = float(part.p), float(part.polysemantic.mean())
    return pairs * pair_cost(p) / p / float(part.n * part.l1) if p else None


def _unit(part: xr.Dataset) -> Band:
    off, middle = float(part.l1 + part.p), 1 if _cost(part) else 0
    return Band(middle - off, middle + off, "± (λ + p): weights of a pair, taken to be 1, are 1 ± p/4 − λ/2")


LAW = Band(0.75, 1.3, "what flows of 146 other sizes were over the law (experiment quarter_constant)")
SERIES = ("m", "source")
SCALING = partial(half, strengths=2)
FROM_0 = {"ylim": (0, None)}
EXPERIMENTS = (
    Experiment(
        "co_occurrence",
        "Does polysemanticity vanish when features are on together by chance, and where?",
        "seed 001, comments; the conditions are own derivations",
        settings,
        measure,
        {
            "count": Quantity("polysemantic neurons", mean_of("polysemantic"), _law, lambda part: LAW),
            "left": Quantity("share left of those at p = 0", left, allowed, bound, beside={"p": 0}),
            "any": Quantity("runs with any", share_of(lambda part: part.polysemantic > 0)),
            "added": Quantity("added loss, per feature and occurrence, in λ", mean_of(_added), _cost, _unit),
            "time": Quantity("time until sparse, in 1/λ", mean_of(lambda part: part.time * float(part.l1))),
            "half": Quantity("p/λ at which half are left", half, over=("source", "m", "l1")),
            "scaling": Quantity("that at the smallest λ over largest", SCALING, 1.0, over=("source", "m")),
        },
        (
            Panel("left", "p_over_l1", SERIES, "x", options={"title": "What is left (theory: at most)"}),
            Panel("half", "l1", SERIES, "x", options=FROM_0),
            Panel("added", "p_over_l1", SERIES, "x"),
            Panel("time", "p_over_l1", SERIES, "x", options=FROM_0),
        ),
        "Half of the polysemantic neurons are left at p/λ = {half.flow.first} (m = {half.flow.first[m]}, λ "
        "= {half.flow.first[l1]}); at p/λ = {any.flow.last[p_over_l1]:g} any are in {any.flow.last:%} of "
        "the flows (m = {any.flow.last[m]}, λ = {any.flow.last[l1]}).",
        "For small λ and p nothing but p/λ should matter: where half are left is the same, within "
        "intervals, at the smallest and the largest λ at {scaling.agreeing} sizes m. Fewer are left than "
        "the derived condition lets stand in {left.flow.below} settings of the flow: it is a bound, as "
        "pairs may be undone before they settle. Each that is left costs a loss of 2p when one of its "
        "features is on: most, {added.most} λ, is added at p/λ = {added.most[p_over_l1]:g}.",
        "The trained networks are few and at one λ, with L1 on weights. The averaged force of the flow is of "
        "first order in p: flows are run where (n − 1)p < 1. The added loss is that of the weights in which "
        "polysemantic neurons are counted: it tests what one costs, not how many there are.",
        in_check=lambda setting: setting["source"] == "simulation" and setting["m"] == 128,
    ),
)
