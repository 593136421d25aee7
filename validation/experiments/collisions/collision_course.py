"""Single collisions from start to end: planted among otherwise random weights, and what becomes of them."""

import numpy as np
import xarray as xr

from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings
from validation.experiments.rows import Row
from validation.report.statistics import Estimate, mean

PLANTS = ("none", "opposite", "same")
PLACES = ("favourite", "refuge")
SMALL = ((2, 32, 1000), (3, 32, 1000), (16, 64, 480), (32, 64, 160))
FULL = (
    *((2, 32, 8000), (3, 32, 8000), (8, 32, 4000), (16, 64, 2400), (32, 32, 400)),
    *((32, 128, 900), (32, 512, 400), (64, 128, 240), (64, 512, 160)),
)


def settings(full: bool) -> list[Setting]:
    """Return all plants at several sizes, at both places where there are enough features."""
    sizes = grid({"n, m, replicates": FULL if full else SMALL, "place": PLACES, "plant": PLANTS, "l1": 1e-3})
    order = ("place", "plant", "n", "m", "l1", "replicates")
    return [{name: at[name] for name in order} for at in sizes if at["n"] != 2 or at["place"] != "refuge"]


def measure(place: str, plant: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Plant one collision in random initial weights, and follow it to the end.

    A feature, the *mover*, is watched at the neuron of its largest weight (its favourite), or, driven from
    there by a second one with the same sign, at that of its second largest (its refuge). Another feature, the
    *sitter*, is planted there by letting two of its weights change places, so that its largest one is on that
    neuron, with the opposite sign or the same; or none is planted, and the sitter is watched at its own
    favourite. A feature ends where its weight, with its initial sign, is above ½.
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
        mover, there = bool(weights[0, neuron] * sign > 0.5), bool(weights[sitter, seat] * seated > 0.5)
        return {"mover": mover, "sitter": there, "both": mover and there}

    seen = observe(look, Autoencoder(n, m, l1), replicates, seed)
    return xr.Dataset({name: ("replicate", np.int8(values)) for name, values in seen.items()})


def put(encoding: np.ndarray, neuron: int, sign: float) -> None:
    """Let the largest weight of an encoding change places with that on `neuron`, and have that sign."""
    largest = np.abs(encoding).argmax()
    size = abs(encoding[largest])
    encoding[largest] = encoding[neuron]
    encoding[neuron] = sign * size


def _proved(part: xr.Dataset) -> float | None:
    """Return how often both stay: never in one slot, always if they are alone with opposite signs."""
    alone = {"opposite": 1.0} if int(part.n) == 2 else {}
    return (alone | {"same": 0.0}).get(str(part.plant.values))


def _change(part: xr.Dataset, alone: xr.Dataset, level: float) -> Estimate:
    """Return by how much planting changes how often the mover ends there, run by run."""
    return mean(part.mover - alone.mover, level)


def _moved(row: Row) -> str:
    low, high = row.estimate.low, row.estimate.high
    word = "more often" if low > 0 else "less often" if high < 0 else "not decidedly more or less often"
    return f"{word} (by {row})"


def _answer(found: Findings) -> str:
    rows = found("change", place="refuge") or found("change")
    if not rows:
        return "No collision was compared with the same weights without it."
    last = rows[-1].setting
    chosen = found("change", place=last["place"], n=last["n"], m=last["m"])
    told = " and ".join(f"{_moved(row)} if one of {row.setting['plant']} sign is there" for row in chosen)
    who = (
        "A displaced feature ends on its refuge"
        if last["place"] == "refuge"
        else "A feature ends on its favourite"
    )
    return f"{who} {told}, at n = {last['n']}, m = {last['m']}."


def _meaning(found: Findings) -> str:
    rows = found("change", plant="opposite")
    more, less = sum(row.estimate.low > 0 for row in rows), sum(row.estimate.high < 0 for row in rows)
    met = found("both", plant="opposite", place="favourite")
    kept = "; ".join(f"{row} at n = {row.setting['n']}" for row in (met[0], met[-1])) if met else "no run"
    return (
        f"A feature of opposite sign on the neuron decidedly attracts the mover in {more} and repels it in "
        f"{less} of {len(rows)} settings. Planted pairs of favourites, of opposite signs, stay in {kept}. "
        "Two of the same sign cannot, which makes slots (neuron and sign), not neurons, exclusive."
    )


NAMES = {"none": "nobody planted", "opposite": "opposite sign", "same": "same sign"}
FREE = {"ylim": (0, 1.05), "ylabel": "share that ends there"}
SIZE, PLANT = ("n", "m"), ("plant",)
EXPERIMENTS = (
    Experiment(
        "collision_course",
        "What becomes of single collisions, and do displaced features avoid neurons in use?",
        "own question",
        settings,
        measure,
        {
            "mover": Quantity("mover ends there", mean_of("mover")),
            "sitter": Quantity("sitter ends there", mean_of("sitter")),
            "both": Quantity("both end there", mean_of("both"), _proved),
            "change": Quantity("change of the mover by the plant", _change, beside={"plant": "none"}),
        },
        (
            Panel(
                "mover",
                SIZE,
                PLANT,
                where={"place": "favourite"},
                title="At its largest initial weight",
                options=FREE,
            ),
            Panel(
                "mover", SIZE, PLANT, where={"place": "refuge"}, title="At its second largest", options=FREE
            ),
        ),
        _answer,
        _meaning,
        "One λ. Planting makes a feature's largest weight meet another's, which in random weights is rare: "
        "the numbers are of single collisions and not of their share in all.",
        names=NAMES,
        in_check=lambda setting: setting["n"] in (2, 3),
    ),
)
