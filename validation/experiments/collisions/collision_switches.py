"""What makes the exclusion law wrong: the same weights with forces, stages and rebirth switched off."""

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr

from sim.flow import Flow
from sim.metrics import benign_pairs, dead_features, winners
from sim.replicates import observe
from theory import Autoencoder
from validation.experiments.collisions import ratio_law
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, grid, mean_of

FAST = 10.0  # flow time at which norms have settled and the race by L1 has hardly begun
FIRST, GROWTH = 0.1, 1.1  # times at which reborn weights are put back to zero


def _frozen(flow: Flow, after: float = 0.0) -> None:
    """Follow a flow to rest, from some time on putting weights that were at zero back there."""
    flow.advance(after)
    while not (flow.at_rest() or flow.exhausted()):
        rested, before = flow.weights == 0, np.sign(flow.weights)
        flow.advance(max(FIRST, GROWTH * flow.time))
        flow.weights[rested | (before * flow.weights < 0)] = 0


WHOLE, OFF = "all forces", "interference off"
SWITCHES: dict[str, Callable[[Flow], object]] = {
    WHOLE: Flow.settle,
    OFF: lambda flow: None,  # then the largest initial weights win
    f"interference until t = {FAST:g}": lambda flow: flow.advance(FAST),
    f"no rebirth after t = {FAST:g}": partial(_frozen, after=FAST),
    "no rebirth": _frozen,
}
SIZES = (
    ((2, 8, 800), (8, 32, 480), (16, 64, 320), (32, 64, 200)),
    ((2, 8, 3000), (8, 32, 2400), (32, 32, 300), (32, 128, 600), (64, 128, 160), (64, 256, 120)),
)


def measure(switch: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Follow the same initial weights with parts of the flow off, and count polysemantic neurons.

    *Interference off*: the largest initial weights win. *Interference until t = 10*: the largest weights then
    win. *No rebirth*: weights at zero are put back there whenever the time has grown by a tenth. The
    exclusion law puts features into random slots (neuron and sign), no two into one.
    """

    def look(flow: Flow) -> dict[str, int]:
        SWITCHES[switch](flow)
        won = winners(flow.weights)
        return {"polysemantic": int(np.count_nonzero(benign_pairs(won))), "dead": int(dead_features(won))}

    seen = observe(look, Autoencoder(n, m, l1), replicates, seed)
    return xr.Dataset({name: ("replicate", np.int16(values)) for name, values in seen.items()})


def _over_law(part: xr.Dataset) -> xr.DataArray:
    return part.polysemantic / ratio_law.expected(part)


def _predicted(part: xr.Dataset) -> float | None:
    return {WHOLE: 1.0, OFF: ratio_law.independent(*ratio_law.size(part))}.get(str(part.switch.values))


def _band(part: xr.Dataset) -> Band:
    if part.switch == OFF:
        return Band(1.0, 1.0, "exact: slots of the largest initial weights are independent")
    return ratio_law.band(part)


CHANGE = mean_of(lambda part, whole: _over_law(part) - _over_law(whole))
EXPERIMENTS = (
    Experiment(
        "collision_switches",
        "Which part of the dynamics makes the number of polysemantic neurons differ from the exclusion law?",
        "own question",
        lambda full: grid({"n, m, replicates": SIZES[full], "switch": SWITCHES, "l1": 1e-3}),
        measure,
        {
            "ratio": Quantity("count over exclusion law", mean_of(_over_law), _predicted, _band),
            "change": Quantity(
                "change by the switch, same initial weights", CHANGE, beside={"switch": WHOLE}
            ),
        },
        tuple(Panel(name, ("n", "m"), ("switch",)) for name in ("ratio", "change")),
        "The ratio to the exclusion law is changed most by {change.strongest[switch]}: by {change.strongest} "
        "at n = {change.strongest[n]}, m = {change.strongest[m]}. No rebirth changes it by "
        "{change[switch=no rebirth].strongest} at most.",
        "The flow is above the law at {ratio[switch=all forces].above} sizes and below it at "
        "{ratio[switch=all forces].below}. Interference adds polysemantic neurons at "
        "{change[switch=interference off].negative}, as it drives apart features whose largest initial "
        "weights share a slot, and takes them away at {change[switch=interference off].positive}.",
        "One λ, and few runs at large sizes. Changes by parts, each switched off alone, need not add up.",
        in_check=lambda setting: setting["n"] in (2, 8),
    ),
)
