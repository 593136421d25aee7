"""Single collisions from start to end: planted among otherwise random weights, and what becomes of them."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder
from validation.experiments.experiment import Experiment, Setting, parts
from validation.report import plots
from validation.report.statistics import USUAL, Estimate, mean
from validation.report.wording import interval, number, table

PLANTS = {"none": plots.GREY, "opposite": plots.GREEN, "same": plots.VERMILION}
PLACES = ("favourite", "refuge")
OUTCOMES = ("mover", "sitter", "both")


def _settings(full: bool) -> list[Setting]:
    sizes = (
        (
            (2, 32, 8000),
            (3, 32, 8000),
            (8, 32, 4000),
            (16, 64, 2400),
            (32, 32, 400),
            (32, 128, 900),
            (32, 512, 400),
            (64, 128, 240),
            (64, 512, 160),
        )
        if full
        else ((2, 32, 1000), (3, 32, 1000), (16, 64, 480), (32, 64, 160))
    )
    names = ("place", "plant", "n", "m", "l1", "replicates")
    return [
        dict(zip(names, (place, plant, n, m, 1e-3, replicates), strict=True))
        for n, m, replicates in sizes
        for place in (PLACES if n > 2 else PLACES[:1])  # a refuge takes three
        for plant in PLANTS
    ]


def _measure(place: str, plant: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    seen = observe(_look(place, plant), Autoencoder(n, m, l1), replicates, seed)
    return xr.Dataset({name: ("replicate", np.int8(values)) for name, values in seen.items()})


def _look(place: str, plant: str) -> Callable[[Flow], dict[str, bool]]:
    """Return what follows feature 0, the mover, and the feature planted beside it, the sitter.

    At its *favourite*, the neuron of its largest weight, the mover is met by feature 1. For the *refuge*,
    that of its second largest, it is driven from its favourite by feature 1 with the same sign, and met by
    feature 2. Where none is planted, the sitter is watched at its own favourite.
    """

    def look(flow: Flow) -> dict[str, bool]:
        weights = flow.weights
        favourite, second = np.argsort(-np.abs(weights[0]))[:2]
        neuron, sitter = (favourite, 1) if place == "favourite" else (second, 2)
        if place == "refuge":
            put(weights[1], favourite, np.sign(weights[0, favourite]))
        sign = np.sign(weights[0, neuron])
        if plant != "none":
            put(weights[sitter], neuron, sign if plant == "same" else -sign)
        seat = np.abs(weights[sitter]).argmax()
        seated = np.sign(weights[sitter, seat])
        flow.settle()
        mover, there = (
            bool(weights[0, neuron] * sign > 0.5),
            bool(weights[sitter, seat] * seated > 0.5),
        )
        return {"mover": mover, "sitter": there, "both": mover and there}

    return look


def put(encoding: np.ndarray, neuron: int, sign: float) -> None:
    """Let the largest weight of an encoding change places with that on `neuron`, and have that sign."""
    largest = np.abs(encoding).argmax()
    size = abs(encoding[largest])
    encoding[largest] = encoding[neuron]
    encoding[neuron] = sign * size


def _by_size(result: xr.Dataset) -> dict[tuple, dict[str, xr.Dataset]]:
    """Return the settings by size and place, and there by what was planted."""
    found: dict[tuple, dict[str, xr.Dataset]] = {}
    for part in parts(result):
        key = (part.place.item(), int(part.n), int(part.m), float(part.l1))
        found.setdefault(key, {})[part.plant.item()] = part
    return found


def change(planted: xr.Dataset, alone: xr.Dataset, name: str) -> Estimate:
    """Return by how much planting changes how often `name` is there in the end, run by run."""
    runs = min(planted.sizes["replicate"], alone.sizes["replicate"])
    values = [part[name].values[:runs].astype(float) for part in (planted, alone)]
    return mean(values[0] - values[1], USUAL)


def _figure(result: xr.Dataset) -> Figure:
    figure, (axes,) = plots.panels(1, 2, width=6)
    settings = _by_size(result)
    titles = {
        "favourite": "Favourite: neuron of its largest initial weight",
        "refuge": "Refuge: that of its second",
    }
    for ax, place in zip(axes, PLACES, strict=True):
        here = {key[1:]: by_plant for key, by_plant in settings.items() if key[0] == place}
        for k, (plant, colour) in enumerate(PLANTS.items()):
            found = [(at, by[plant]) for at, by in enumerate(here.values()) if plant in by]
            if found:
                at, members = zip(*found, strict=True)
                shares = [mean(part.mover, USUAL) for part in members]
                label = {"none": "nobody planted there"}.get(plant, f"another one there, {plant} sign")
                plots.intervals(ax, np.array(at) + 0.12 * (k - 1), shares, color=colour, label=label)
        ax.set_xticks(range(len(here)), [f"n = {n}\nm = {m}" for n, m, _ in here])
        ax.set(ylim=(0, None), ylabel="share of features that end there", title=titles[place])
        if here:
            ax.legend(fontsize="small")
    figure.suptitle("What becomes of planted collisions? Bars: 95 % intervals")
    return figure


def _findings(result: xr.Dataset) -> str:
    told, rows = [], []
    for (place, n, m, l1), by_plant in _by_size(result).items():
        alone = by_plant.get("none")
        for plant, part in by_plant.items():
            compared = "" if alone is None or plant == "none" else interval(change(part, alone, "mover"))
            sizes = (place, f"{n}", f"{m}", number(l1), f"{part.sizes['replicate']}", plant)
            rows.append((*sizes, *(interval(mean(part[name], USUAL)) for name in OUTCOMES), compared))
        if alone is not None and len(by_plant) > 1:
            told.append(_told(place, n, m, alone, by_plant))
    header = ("place", "n", "m", "λ", "runs", "planted", "mover ends there", "sitter ends there", "both")
    return "\n\n".join(
        (
            "One collision is planted in random initial weights, by letting two weights of a feature change "
            "places, and followed to the end. *Favourite*: a second feature gets its largest weight on the "
            "neuron of the first one's largest. *Refuge*: the first feature is met there with the same sign, "
            "and a third one sits on the neuron of its second largest weight. Changes are against the same "
            "weights with nobody planted there. That two features alone keep a favourite of opposite signs "
            "is proved (`polysem derive benign_collision_survives`). Intervals are 95 %.",
            "\n".join(f"- {line}" for line in told),
            table((*header, "change of the mover"), rows),
        )
    )


def _told(place: str, n: int, m: int, alone: xr.Dataset, by_plant: dict[str, xr.Dataset]) -> str:
    base = mean(alone.mover, USUAL)
    parts_told = []
    for plant, part in by_plant.items():
        if plant == "none":
            continue
        moved = change(part, alone, "mover")
        word = (
            "more often" if moved.low > 0 else "less often" if moved.high < 0 else "not decidedly otherwise"
        )
        both = mean(part.both, USUAL)
        ends = f"both end there in {interval(both)}"
        if plant == "opposite" and place == "favourite":
            apart = mean(alone.both, USUAL)
            proved = ", and proved to be 1" if n == 2 else ""
            ends += f" (at neurons of their own: {interval(apart)}{proved})"
        parts_told.append(f"with one of {plant} sign there {word}, by {interval(moved)}; {ends}")
    return (
        f"{place}, n = {n}, m = {m}: the feature ends there in {interval(base)} of "
        f"{alone.sizes['replicate']} runs; {'; '.join(parts_told)}."
    )


experiment = Experiment(
    "collision_course",
    "What becomes of single collisions, and do displaced features avoid neurons in use?",
    "mathematics, section 4; own question",
    _settings,
    _measure,
    _figure,
    _findings,
)
