"""Co-occurrence: whether polysemantic neurons vanish when features are on together by chance, and where.

All is per occurrence of a feature, as in `theory.co_occurrence`: p → 0 is the model of seed 001 at this λ.
"""

import xarray as xr

from theory import collisions
from theory.co_occurrence import pair_cost
from theory.sparsification.reduction import final_weight
from validation.experiments.co_occurrence import remaining
from validation.experiments.co_occurrence.following import measure, settings
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, mean_of
from validation.experiments.findings import Findings
from validation.experiments.labels import value_of
from validation.experiments.rows import Row
from validation.report.statistics import Estimate, mean, share


def _law(part: xr.Dataset) -> float | None:
    return None if part.p else collisions.polysemantic_neurons(int(part.n), int(part.m)).mean()


def _bound(part: xr.Dataset, free: xr.Dataset) -> Band:
    some = bool(remaining.allowed(part, free))
    return Band(0, int(some), "a bound: a pair may be undone before it has settled, and none comes back")


def _added(part: xr.Dataset, level: float) -> Estimate:
    alone = (1 - final_weight(float(part.l1)) ** 2) ** 2
    return mean((part.loss - float(alone)) / part.l1, level)


def _cost(part: xr.Dataset) -> float | None:
    p, pairs = float(part.p), float(part.polysemantic.mean())
    return pairs * pair_cost(p) / p / float(part.n * part.l1) if p else None


def _unit(part: xr.Dataset) -> Band:
    off, middle = float(part.l1 + part.p), 1 if _cost(part) else 0
    return Band(middle - off, middle + off, "± (λ + p): weights of a pair, taken to be 1, are 1 ± p/4 − λ/2")


def _time(part: xr.Dataset, level: float) -> Estimate | None:
    times = part.time.dropna("replicate")
    return mean(times * float(part.l1), level) if times.size > 1 else None


def _ratio(row: Row) -> float:
    return value_of("p_over_l1", row.setting)


def _answer(found: Findings) -> str:
    halves = {row.setting["m"]: row for row in reversed(found("half", source="simulation"))}
    said = " and ".join(f"{row} with m = {m}" for m, row in sorted(halves.items()))
    start = f"half of the polysemantic neurons are left at p/λ = {said}" if said else NOWHERE
    some = max((_ratio(row) for row in found("any") if row.estimate.value), default=-1.0)
    none = [row for row in found("any") if _ratio(row) > some]
    if not none:
        return f"Not within what was run: {start}."
    first = min(none, key=lambda row: (_ratio(row), row.estimate.high))
    return (
        f"Yes: where features are on with a probability p of at least {_ratio(first):g} λ no run has a "
        f"polysemantic neuron ({first.estimate:%} of the runs there); {start}."
    )


def _meaning(found: Findings) -> str:
    bounded, scaling = found("left", source="simulation"), found("scaling")
    fewer = sum(row.side == "below" for row in bounded)
    worst = max(found("added"), key=lambda row: row.estimate.value)
    apart = sum(not row.agrees for row in scaling)
    return (
        "For small λ and p nothing but p/λ should matter: where half are left is shown to differ between the "
        f"smallest and the largest λ at {apart} of {len(scaling)} sizes m. Fewer are left than the derived "
        f"condition lets stand at {fewer} of {len(bounded)} settings of the flow: it is a bound, and pairs "
        "may be undone before they settle. Each that is left costs a loss of 2p when one of its features is "
        f"on, so co-occurrence hurts where it is too rare to undo them: most, {worst} λ, is added at "
        f"p/λ = {_ratio(worst):g}."
    )


LAW = Band(0.75, 1.3, "what flows of 146 other sizes were over the law (experiment quarter_constant)")
SERIES = ("m", "source")
FROM_0 = {"ylim": (0, None)}
NOWHERE = "half of the polysemantic neurons are left at no p/λ between those that were run"
EXPERIMENTS = (
    Experiment(
        "co_occurrence",
        "Does polysemanticity vanish when features are on together by chance, and where?",
        "seed 001, comments; the conditions are own derivations",
        settings,
        measure,
        {
            "count": Quantity(
                "polysemantic neurons",
                mean_of("polysemantic"),
                _law,
                lambda part: LAW,
            ),
            "left": Quantity(
                "share left of those at p = 0",
                remaining.left,
                remaining.allowed,
                _bound,
                beside={"p": 0},
            ),
            "any": Quantity(
                "runs with any",
                lambda part, level: share(int((part.polysemantic > 0).sum()), part.polysemantic.size, level),
            ),
            "added": Quantity("added loss, per feature and occurrence", _added, _cost, _unit, "λ"),
            "time": Quantity("time until sparse", _time, unit="1/λ"),
            "undecided": Quantity("undecided weights a run", mean_of("undecided")),
            "half": Quantity("p/λ at which half are left", remaining.half, over=("source", "m", "l1")),
            "scaling": Quantity(
                "that p/λ at the smallest λ, over that at the largest",
                remaining.scaling,
                1.0,
                over=("source", "m"),
            ),
        },
        (
            Panel("left", "p_over_l1", SERIES, log="x", title="What is left (theory: at most)"),
            Panel("half", "l1", SERIES, log="x", title="Where half are left", options=FROM_0),
            Panel("added", "p_over_l1", SERIES, log="x", title="What they cost"),
            Panel("time", "p_over_l1", SERIES, log="x", title="How long it takes", options=FROM_0),
        ),
        _answer,
        _meaning,
        "The trained networks are few and at one λ, with L1 on weights. The averaged force of the flow is of "
        "first order in p: flows are run where (n − 1)p < 1. The added loss is that of the weights in which "
        "polysemantic neurons are counted: it tests what one costs, not how many there are.",
        in_check=lambda setting: setting["source"] == "simulation" and setting["m"] == 128,
    ),
)
