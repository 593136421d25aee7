"""What makes the exclusion law wrong: the same weights with forces, stages and rebirth switched off."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from sim.flow import Flow
from sim.metrics import benign_pairs, dead_features, winners
from sim.replicates import observe
from theory import Autoencoder, collisions
from validation.experiments.collisions import ratio_law
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings
from validation.experiments.rows import Row
from validation.report.statistics import Estimate, mean

FAST = 10.0  # flow time at which norms have settled and the race by L1 has hardly begun
FIRST, GROWTH = 0.1, 1.1  # times at which reborn weights are put back to zero


def _frozen(flow: Flow) -> None:
    """Follow a flow to rest, putting weights that were at zero back there."""
    while not (flow.at_rest() or flow.exhausted()):
        rested, before = flow.weights == 0, np.sign(flow.weights)
        flow.advance(max(FIRST, GROWTH * flow.time))
        flow.weights[rested | (before * flow.weights < 0)] = 0


def _frozen_late(flow: Flow) -> None:
    flow.advance(FAST)
    _frozen(flow)


WHOLE, OFF = "all forces", "interference off"
SWITCHES: dict[str, Callable[[Flow], object]] = {
    WHOLE: Flow.settle,
    OFF: lambda flow: None,  # then the largest initial weights win
    f"interference until t = {FAST:g}": lambda flow: flow.advance(FAST),
    f"no rebirth after t = {FAST:g}": _frozen_late,
    "no rebirth": _frozen,
}


def settings(full: bool) -> list[Setting]:
    """Return all switches at several sizes."""
    small = ((2, 8, 800), (8, 32, 480), (16, 64, 320), (32, 64, 200))
    large = ((2, 8, 3000), (8, 32, 2400), (32, 32, 300), (32, 128, 600), (64, 128, 160), (64, 256, 120))
    sizes = grid({"n, m, replicates": large if full else small, "switch": tuple(SWITCHES), "l1": 1e-3})
    return [{name: at[name] for name in ("switch", "n", "m", "l1", "replicates")} for at in sizes]


def measure(switch: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Follow the same initial weights with parts of the flow switched off, and count polysemantic neurons.

    *Interference off*: the largest initial weights win, so that nothing need be run. *Interference until
    t = 10*: the largest weights at that time win. *No rebirth*: weights that have reached zero are put back
    there whenever the time has grown by a tenth, from t = 10 on or from the start. A neuron counts if
    features of both signs have their largest weight on it, and is given over the mean of the exclusion law,
    which puts features into random slots (neuron and sign), no two into one.
    """

    def look(flow: Flow) -> dict[str, int]:
        SWITCHES[switch](flow)
        won = winners(flow.weights)
        return {"polysemantic": int(np.count_nonzero(benign_pairs(won))), "dead": int(dead_features(won))}

    seen = observe(look, Autoencoder(n, m, l1), replicates, seed)
    return xr.Dataset({name: ("replicate", np.int16(values)) for name, values in seen.items()})


def _law(part: xr.Dataset) -> float:
    return float(collisions.polysemantic_neurons(int(part.n), int(part.m)).mean())


def _predicted(part: xr.Dataset) -> float | None:
    exact = {WHOLE: 1.0, OFF: collisions.independent_slots(int(part.n), int(part.m)) / _law(part)}
    return exact.get(str(part.switch.values))


def _band(part: xr.Dataset) -> Band:
    if part.switch == OFF:
        return Band(1.0, 1.0, "exact: slots of the largest initial weights are independent")
    return ratio_law.band(int(part.n), int(part.m))


def _change(part: xr.Dataset, whole: xr.Dataset, level: float) -> Estimate:
    """Return by how much a switch changes the ratio, run by run."""
    return mean((part.polysemantic - whole.polysemantic) / _law(whole), level)


def _largest(found: Findings) -> list[Row]:
    """Return the largest change by each switch, the largest of them first."""
    rows = [found("change", switch=switch) for switch in SWITCHES]
    largest = [max(some, key=lambda row: abs(row.estimate.value)) for some in rows if some]
    return sorted(largest, key=lambda row: -abs(row.estimate.value))


def _answer(found: Findings) -> str:
    largest = _largest(found)
    if not largest:
        return "No switch was compared with the flow as it is."
    told = [f"{row} by “{row.setting['switch']}”" for row in largest]
    least = f", and at the least by at most {told[-1]}" if len(told) > 1 else ""
    where = f"n = {largest[0].setting['n']}, m = {largest[0].setting['m']}"
    return f"The ratio to the exclusion law is changed most, {told[0]} (at {where}){least}."


def _meaning(found: Findings) -> str:
    flow = found("ratio", switch=WHOLE)
    above, below = (sum(row.side == side for row in flow) for side in ("above", "below"))
    off = [row.estimate for row in found("change", switch=OFF)]
    return (
        f"The flow is decidedly above the law at {above} and below it at {below} of {len(flow)} sizes. "
        f"Interference adds polysemantic neurons at {sum(e.high < 0 for e in off)} sizes, as largest initial "
        f"weights that share a slot are driven apart, and takes them away at {sum(e.low > 0 for e in off)}."
    )


EXPERIMENTS = (
    Experiment(
        "collision_switches",
        "Which part of the dynamics makes the number of polysemantic neurons differ from the exclusion law?",
        "own question",
        settings,
        measure,
        {
            "ratio": Quantity(
                "polysemantic neurons over exclusion law",
                lambda part, level: mean(part.polysemantic / _law(part), level),
                _predicted,
                _band,
            ),
            "dead": Quantity("dead features per run", mean_of("dead")),
            "change": Quantity(
                "change by the switch, same initial weights", _change, beside={"switch": WHOLE}
            ),
        },
        (Panel("ratio", ("n", "m"), ("switch",)), Panel("change", ("n", "m"), ("switch",))),
        _answer,
        _meaning,
        "One λ, and few runs at large sizes. With interference off, measurement and theory count the "
        "same random slots. Parts are switched off one at a time: changes need not add up.",
        in_check=lambda setting: setting["n"] in (2, 8),
    ),
)
