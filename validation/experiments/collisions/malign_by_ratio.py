"""Malign collisions in whole networks, planted at a given ratio of both weights."""

import numpy as np
import xarray as xr

from theory import Autoencoder
from validation.experiments import networks
from validation.experiments.collisions.collision_course import put
from validation.experiments.draws import draws
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.training import train

FLOWS = ((2, 32, 600), (16, 64, 300), (32, 64, 150))
RATIOS = (0.3, 0.6, 0.8, 0.9, 1.0)
SOURCES = {"simulation": "flow", "training": "gradient descent"}


def settings(full: bool) -> list[Setting]:
    """Return ratios in flows of several sizes, and in networks trained at one."""
    sizes = [("simulation", *size) for size in (FLOWS if full else FLOWS[:2])]
    ratios = RATIOS if full else RATIOS[::2]
    trained = [("training", 16, 64, 150)] if full else []
    axes = {"source, n, m, replicates": sizes + trained, "ratio": ratios, "l1": 0.01}
    return grid(axes)


def measure(source: str, n: int, m: int, ratio: float, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Plant two features with the same sign on one neuron among otherwise random weights, and run to λt = 8.

    One has its largest weight there; the other one's there is that times the ratio, its own largest weight
    having changed places with the one that was there. A feature holds the neuron if its weight there, with
    its sign, is above ½ in the end. Gradient descent takes proximal steps of flow time 0.2.
    """
    model, places = Autoencoder(n, m, l1), []
    starts = []
    for rng in draws(seed, replicates):
        weights = model.initial(rng)
        place = np.abs(weights[0]).argmax()
        put(weights[1], place, np.sign(weights[0, place]))
        weights[1, place] = ratio * weights[0, place]
        starts.append(weights)
        places.append((place, np.sign(weights[0, place])))
    final = _ends(source, model, np.array(starts))
    held = np.array([f[:2, place] * sign > 0.5 for f, (place, sign) in zip(final, places, strict=True)])
    large, small = held.T
    found = {"larger": large, "smaller": small, "neither": ~large & ~small, "both": large & small}
    return xr.Dataset({name: ("replicate", values.astype(np.int8)) for name, values in found.items()})


def _ends(source: str, model: Autoencoder, starts: np.ndarray) -> np.ndarray:
    if source == "training":
        size = {"steps": round(8 / model.l1 / 0.2), "replicates": len(starts), "l1_step": "proximal"}
        return train(model, "gd", learning_rate=0.05, initial=starts, **size).final.values
    return networks.followed(model, starts, [8 / model.l1])[0]


HELD = {"ylim": (0, 1.03), "ylabel": "share of collisions"}
EXPERIMENTS = (
    Experiment(
        "malign_by_ratio",
        "Who holds a neuron after a malign collision, by the ratio of both weights?",
        "seed 001, “Benign and malign collisions”, and Gaps in the theory",
        settings,
        measure,
        {
            "larger": Quantity("the larger one holds it", mean_of("larger")),
            "smaller": Quantity("the smaller one holds it", mean_of("smaller")),
            "neither": Quantity("neither does", mean_of("neither")),
            "both": Quantity("both do", mean_of("both"), 0.0),
        },
        tuple(
            Panel(name, "ratio", ("n", "source"), options=HELD | {"title": title})
            for name, title in (("larger", "The larger one holds it"), ("neither", "Neither does"))
        ),
        "In a whole network (n = {larger.flow.last[n]}, m = {larger.flow.last[m]}) the larger of two weights "
        "of one sign holds the neuron in {larger[n=32,ratio=0.3].first:%} of cases where the other is 0.3 of "
        "it, and in {larger[n=32,ratio=0.9].first:%} at 0.9; two features alone in "
        "{larger[n=2,ratio=0.3].first:%} and {larger[n=2,ratio=0.9].first:%}.",
        "The smaller one holds it in {smaller[n=2,ratio=0.9].first:%} at a ratio of 0.9 with two features, "
        "and in {smaller[n=32,ratio=0.9].first:%} with 32; neither does in {neither[n=2,ratio=0.9].first:%} "
        "and {neither[n=32,ratio=0.9].first:%}: both are driven to other neurons, as seed 001 has it (“one "
        "or both”). Both hold it in none of the cases, as exclusion says, in {both.agreeing} settings. Under "
        "gradient descent the larger one holds it in {larger[source=training,ratio=0.9].first:%} at 0.9, "
        "in the flow of the same size in {larger[source=simulation,n=16,ratio=0.9].first:%}.",
        "One λ. The smaller feature keeps its length and its other weights, of which the largest may be "
        "larger than the one that collides: then it would have gone there anyway.",
        names=SOURCES,
    ),
)
