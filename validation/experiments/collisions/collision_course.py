"""Single collisions from start to end: planted among otherwise random weights, and what becomes of them."""

import numpy as np
import xarray as xr

from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of

SMALL = ((2, 32, 1000), (3, 32, 1000), (16, 64, 480), (32, 64, 160))
FULL = (
    *((2, 32, 8000), (3, 32, 8000), (8, 32, 4000), (16, 64, 2400), (32, 32, 400)),
    *((32, 128, 900), (32, 512, 400), (64, 128, 240), (64, 512, 160)),
)
PLACES = ("favourite", "refuge")
PLANTS = {"none": "nobody planted", "opposite": "opposite sign", "same": "same sign"}


def settings(full: bool) -> list[Setting]:
    """Return all plants at several sizes, at both places where there are enough features."""
    axes = {"n, m, replicates": FULL if full else SMALL, "place": PLACES, "plant": PLANTS}
    return [at for at in grid(axes | {"l1": 1e-3}) if at["n"] > 2 or at["place"] == "favourite"]


def measure(place: str, plant: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Plant one collision in random initial weights, and follow it to the end.

    A feature, the *mover*, is watched at its largest weight (its favourite) or, driven from there by a second
    one of the same sign, at its second largest (its refuge). Another, the *sitter*, may be planted there: two
    of its weights change places. A feature ends where its weight, with its initial sign, is above ½.
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


CHANGE = mean_of(lambda part, alone: part.mover - alone.mover)
EXPERIMENTS = (
    Experiment(
        "collision_course",
        "What becomes of single collisions, and do displaced features avoid neurons in use?",
        "own question",
        settings,
        measure,
        {
            "mover": Quantity("share that ends there", mean_of("mover")),
            "both": Quantity("both end there", mean_of("both"), _proved),
            "change": Quantity("change of the mover by the plant", CHANGE, beside={"plant": "none"}),
        },
        tuple(Panel("mover", ("n", "m"), ("plant",), where={"place": place}) for place in PLACES),
        "At n = {change[place=refuge].last[n]}, m = {change[place=refuge].last[m]} a displaced feature ends "
        "on its refuge {change[place=refuge,plant=opposite].last.more} often where one of opposite sign is "
        "(by {change[place=refuge,plant=opposite].last}), and {change[place=refuge,plant=same].last.more} "
        "often where one of the same sign is (by {change[place=refuge,plant=same].last}).",
        "Planted pairs of favourites, of opposite signs, both stay in a share of "
        "{both[place=favourite,plant=opposite].first} at n = {both.first[n]} and "
        "{both[place=favourite,plant=opposite].last} at n = {both.last[n]}. Two of the same sign cannot, "
        "which makes slots (neuron and sign), not neurons, exclusive.",
        "One λ. Planting makes a feature's largest weight meet another's, which in random weights is rare: "
        "the numbers are of single collisions and not of their share in all.",
        names=PLANTS,
        in_check=lambda setting: setting["n"] in (2, 3),
    ),
)
