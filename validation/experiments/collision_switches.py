"""What makes the exclusion law wrong: the same weights with forces, stages and rebirth switched off."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from sim.flow import Flow
from sim.metrics import benign_pairs, dead_features, winners
from sim.replicates import observe
from theory import Autoencoder, collisions
from validation.experiments.experiment import Experiment, Setting, parts
from validation.report import plots
from validation.report.statistics import USUAL, Estimate, mean
from validation.report.wording import interval, number, table

FAST = 10.0  # flow time at which norms have settled and the race by L1 has hardly begun
FIRST, GROWTH = 0.1, 1.1  # times at which reborn weights are put back to zero

SWITCHES = {
    "all forces": "the flow as it is",
    "interference off": "largest initial weights win",
    f"interference until t = {FAST:g}": "largest weights at that time win",
    f"no rebirth after t = {FAST:g}": "support frozen after the fast phase",
    "no rebirth": "support frozen from the start",
}


def _settings(full: bool) -> list[Setting]:
    sizes = (
        ((2, 8, 3000), (8, 32, 2400), (32, 32, 300), (32, 128, 600), (64, 128, 160), (64, 256, 120))
        if full
        else ((2, 8, 800), (8, 32, 480), (16, 64, 320), (32, 64, 200))
    )
    names = ("switch", "n", "m", "l1", "replicates")
    return [
        dict(zip(names, (switch, n, m, 1e-3, replicates), strict=True))
        for n, m, replicates in sizes
        for switch in SWITCHES
    ]


def _measure(switch: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    seen = observe(_looks()[switch], Autoencoder(n, m, l1), replicates, seed)
    return xr.Dataset({name: ("replicate", np.int16(values)) for name, values in seen.items()})


def _looks() -> dict[str, Callable[[Flow], dict[str, int]]]:
    ways = (Flow.settle, lambda flow: None, lambda flow: flow.advance(FAST), _frozen_late, _frozen)

    def look(way: Callable[[Flow], None]) -> Callable[[Flow], dict[str, int]]:
        def run(flow: Flow) -> dict[str, int]:
            way(flow)
            won = winners(flow.weights)
            return {"polysemantic": int(np.count_nonzero(benign_pairs(won))), "dead": int(dead_features(won))}

        return run

    return {switch: look(way) for switch, way in zip(SWITCHES, ways, strict=True)}


def _frozen_late(flow: Flow) -> None:
    flow.advance(FAST)
    _frozen(flow)


def _frozen(flow: Flow) -> None:
    """Follow a flow to rest, putting weights that were at zero back there."""
    while not (flow.at_rest() or flow.exhausted()):
        rested, before = flow.weights == 0, np.sign(flow.weights)
        flow.advance(max(FIRST, GROWTH * flow.time))
        flow.weights[rested | (before * flow.weights < 0)] = 0


def ratios(part: xr.Dataset) -> Estimate:
    """Return the count over the mean of the exclusion law."""
    return mean(part.polysemantic / _law(part), USUAL)


def _law(part: xr.Dataset) -> float:
    return float(collisions.polysemantic_neurons(int(part.n), int(part.m)).mean())


def _by_size(result: xr.Dataset) -> dict[tuple[int, int, float], dict[str, xr.Dataset]]:
    """Return the settings by size, and there by switch."""
    sizes: dict[tuple[int, int, float], dict[str, xr.Dataset]] = {}
    for part in parts(result):
        size = int(part.n), int(part.m), float(part.l1)
        sizes.setdefault(size, {})[part.switch.item()] = part
    return sizes


def _change(switched: xr.Dataset, whole: xr.Dataset) -> Estimate:
    """Return by how much the ratio differs from that of the flow as it is, from the same initial weights."""
    runs = min(switched.sizes["replicate"], whole.sizes["replicate"])
    difference = switched.polysemantic.values[:runs] - whole.polysemantic.values[:runs]
    return mean(difference / _law(whole), USUAL)


def _figure(result: xr.Dataset) -> Figure:
    figure, (axes,) = plots.panels(1, 2, width=6, height=4.4)
    sizes = _by_size(result)
    colours = (plots.BLUE, plots.BLACK, plots.ORANGE, plots.GREEN, plots.PURPLE)
    for k, (switch, colour) in enumerate(zip(SWITCHES, colours, strict=True)):
        for ax, changes in zip(axes, (False, True), strict=True):
            found = [
                (
                    at + 0.12 * (k - 2),
                    _change(by[switch], by["all forces"]) if changes else ratios(by[switch]),
                )
                for at, by in enumerate(sizes.values())
                if switch in by and (not changes or ("all forces" in by and switch != "all forces"))
            ]
            if found:
                places, estimates = zip(*found, strict=True)
                plots.intervals(ax, places, list(estimates), color=colour, label=None if changes else switch)
    for at, (n, m, _) in enumerate(sizes):
        known = collisions.independent_slots(n, m) / collisions.polysemantic_neurons(n, m).mean()
        axes[0].plot([at - 0.4, at + 0.4], [known, known], color=plots.GREY, linewidth=1)
    axes[0].plot([], [], color=plots.GREY, linewidth=1, label="independent slots (theory)")
    for ax, level in zip(axes, (1, 0), strict=True):
        label = None if level == 0 else "exclusion law"
        ax.axhline(level, color=plots.BLACK, linestyle="--", linewidth=1, label=label)
        ax.set_xticks(range(len(sizes)), [f"n = {n}\nm = {m}" for n, m, _ in sizes])
    axes[0].set(ylabel="polysemantic neurons over exclusion law")
    axes[1].set(ylabel="change by the switch, same initial weights")
    figure.legend(loc="outside lower center", ncols=4, fontsize="small")
    figure.suptitle("What is left of the deviation when parts are switched off? Bars: 95 % intervals")
    return figure


def _findings(result: xr.Dataset) -> str:
    paragraphs, rows = [], []
    for (n, m, l1), by_switch in _by_size(result).items():
        whole = by_switch.get("all forces")
        for switch, part in by_switch.items():
            change = "" if whole is None or part is whole else interval(_change(part, whole))
            sizes = (f"{n}", f"{m}", number(l1), f"{part.sizes['replicate']}")
            rows.append((*sizes, switch, interval(ratios(part)), change, f"{float(part.dead.mean()):.3f}"))
        if whole is not None:
            paragraphs.append(_told(n, m, whole, by_switch))
    header = ("n", "m", "λ", "runs", "switch", "ratio", "change from all forces", "dead features per run")
    meaning = "; ".join(f"*{switch}*: {what}" for switch, what in SWITCHES.items())
    return "\n\n".join(
        (
            "The number of polysemantic neurons over the mean of the exclusion law, from the same initial "
            f"weights: {meaning}. Differences are taken run by run. Intervals are 95 %.",
            "\n".join(f"- {paragraph}" for paragraph in paragraphs),
            table(header, rows),
        )
    )


def _told(n: int, m: int, whole: xr.Dataset, by_switch: dict[str, xr.Dataset]) -> str:
    changes = []
    for switch, part in by_switch.items():
        if part is whole:
            continue
        change = _change(part, whole)
        way = (
            "lowers it"
            if change.high < 0
            else "raises it"
            if change.low > 0
            else "does not decidedly move it"
        )
        changes.append(f"“{switch}” {way}, by {interval(change)}")
    ratio = ratios(whole)
    side = "above" if ratio.low > 1 else "below" if ratio.high < 1 else "not decidedly off"
    where = f"n = {n}, m = {m}, λ = {number(float(whole.l1))}"
    told = f"{where}: the flow has a ratio of {interval(ratio)}, {side} the law"
    return f"{told}; {'; '.join(changes)}." if changes else f"{told}."


experiment = Experiment(
    "collision_switches",
    "Which part of the dynamics makes the number of polysemantic neurons differ from the exclusion law?",
    "mathematics, section 4; own question",
    _settings,
    _measure,
    _figure,
    _findings,
)
