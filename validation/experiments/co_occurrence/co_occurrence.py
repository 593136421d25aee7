"""Co-occurrence: whether polysemantic neurons vanish when features are on together by chance, and where.

All is per occurrence of a feature, as in `theory.co_occurrence`: p → 0 is the model of seed 001 at this λ.
"""

from collections.abc import Mapping
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
from validation.experiments.co_occurrence.remaining import follow, half, left, outlast, partners, sparse_at
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

STRENGTHS = {0.02: (0, 0.5, 1), 0.005: (0, 0.15, 0.5, 1, 2.5)}  # by λ the values of p/λ: np is below 1
TRAINED = {0.08: (0, 0.5), 0.05: (0, 0.5), 0.03: (0, 0.5)}
FEWER = {0.02: (0, 0.5, 1)}
ON = ("weights", "activations")


def settings(full: bool) -> list[Setting]:
    """Return flows at three loads n/m and three λ, and trained networks with L1 on either."""
    flows, trained = (_points(STRENGTHS), _points(TRAINED)) if full else (_points(FEWER), [])
    flow, network = {"source": "simulation", "l1_on": "weights"}, {"source": "training", "l1_on": ON}
    return [
        *grid(flow | {"n": 32, "m": (64, 256) if full else 64, "l1, p": flows, "replicates": 48}),
        *grid(network | {"n": 16, "m": 32, "l1, p": trained, "replicates": 30}),
    ]


def _points(ratios: Mapping[float, tuple[float, ...]]) -> list[tuple[float, float]]:
    return [(l1, round(q * l1, 7)) for l1, some in ratios.items() for q in some]


def measure(
    source: str, l1_on: str, n: int, m: int, l1: float, p: float, replicates: int, seed: int
) -> xr.Dataset:
    """Run flows and train networks with each feature on independently with probability p, to λt = 8.

    A neuron is polysemantic if two weights are larger than half the usual winner (median of largest weights).
    L1 is on weights, as in the flow, or on hidden activations, as in seed 001. Theory lets both features of a
    pair race under L1 and co-occurrence, no third one near (`polysem derive pair_race`): so many are left at
    least; those driven off may find new partners. The added loss is the exact expected one less that of
    features alone. λ, times and losses are per occurrence of a feature; sparse is 1.1 active weights a
    feature, undecided a weight of 0.2 to 0.8. Runs of all p and λ begin with the same weights.
    """
    model, end = Autoencoder(n, m, l1), sparse_inputs.END / l1
    if source == "training":
        final, times, active = sparse_inputs.train_rare(
            model, Independent, p, end, seed, replicates=replicates, l1_on=l1_on
        )
    else:
        times = np.geomspace(0.01, 1, 80) * end
        forces: list[str | Force] = [*FORCES, *([co_occurrence(p)] if p else [])]
        seen = observe(lambda flow: follow(flow, times), model, replicates, seed, forces=forces)
        final, active = seen["final"], seen["active"]
    sizes = np.abs(sparse_inputs.relative(final))
    by_run = {
        "polysemantic": np.asarray(polysemantic_neurons(sizes), np.int16),
        "undecided": sparse_inputs.undecided(sizes).astype(np.int16),
        "loss": np.array([sparse_inputs.loss_per_occurrence(w, p) / n for w in final], np.float32),
        "time": np.array([sparse_at(times, each) for each in active], np.float32),
    }
    return xr.Dataset({name: ("replicate", values) for name, values in by_run.items()})


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
SERIES = ("m", "l1_on")
EACH = ("source", "l1_on", "n", "m")
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
            "left": Quantity("share left of those at p = 0", left, outlast, partners, beside={"p": 0}),
            "any": Quantity("runs with any", share_of(lambda part: part.polysemantic > 0)),
            "added": Quantity("added loss, per feature and occurrence, in λ", mean_of(_added), _cost, _unit),
            "time": Quantity("time until sparse, in 1/λ", mean_of(lambda part: part.time * float(part.l1))),
            "half": Quantity("p/λ at which half are left", half, over=(*EACH, "l1")),
            "scaling": Quantity("that at the smallest λ over largest", SCALING, 1.0, over=EACH),
        },
        (
            Panel("left", "p_over_l1", SERIES, "x", options={"title": "What is left (theory: at least)"}),
            Panel("half", "l1", SERIES, "x", options=FROM_0),
            Panel("added", "p_over_l1", SERIES, "x"),
            Panel("time", "p_over_l1", SERIES, "x", options=FROM_0),
        ),
        "Half of the polysemantic neurons are left at p/λ = {half.flow.first} at n/m = "
        "{half.flow.first[load]:g}, and at {half.flow.last} at {half.flow.last[load]:g}; at p/λ = "
        "{any.flow.last[p_over_l1]:g} any are in {any.flow.last:%} of the flows. Trained networks keep "
        "{left[l1_on=weights].trained.first:%} at p = λ/2 with L1 on weights, and "
        "{left[l1_on=activations].trained.first:%} with L1 on activations.",
        "A pair is undone while both features race, before it settles: a runner-up g gains on the winner a "
        "while it lags by less than (p/λ) a g b², b being the partner's weight. Two features alone, without "
        "a fitted constant, would keep {left[m=256,p=0.0025].first.predicted:.2f} of their pairs at p = λ/2; "
        "measured are {left[m=256,p=0.0025].first} at n/m = 1/8. With more features those driven off find "
        "new partners: {left[m=64,p=0.0025].first} at n/m = 1/2. For small λ and p nothing but p/λ should "
        "matter: where half are left is the same, in intervals, at the smallest and the largest λ at "
        "{scaling.agreeing} sizes and ways of L1. Each pair that is left costs a loss of 2p when one of its "
        "features is on: most, {added.most} λ, is added at p/λ = {added.most[p_over_l1]:g}.",
        "The averaged force of the flow is of first order in p: flows are run where (n − 1)p < 1. Theory "
        "lets pairs race from Gaussian weights, the largest ones shared: most pairs of the flow began "
        "otherwise. The added loss is that of the weights in which polysemantic neurons are counted: it "
        "tests what one costs, not how many there are.",
        in_check=lambda setting: (
            setting["source"] == "simulation" and setting["m"] > 64 and setting["l1"] == 0.005
        ),
    ),
)
