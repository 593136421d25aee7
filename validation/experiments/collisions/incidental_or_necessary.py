"""Incidental or necessary, by cause: would a neuron be polysemantic had its features begun elsewhere."""

from collections.abc import Callable
from functools import partial

import numpy as np
import xarray as xr
from scipy.special import comb

from theory import Autoencoder
from validation.experiments import networks
from validation.experiments.collisions import ratio_law
from validation.experiments.collisions.evidence import HISTORY, LEFT, evidence, foretold
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.report.statistics import Estimate, order_probability
from validation.training import train

NEURONS = 16
LOADS = (0.5, 0.75, 1, 1.25, 1.5, 2, 3, 4)
END = 8.0  # of a flow, in units of 1/λ
EARLY = 10.0  # flow time at which norms have settled and the race by L1 has hardly begun
STEPS, SOON = 5000, 500  # of AdamW at its usual rate; those after which weights are looked at once
REDRAWS = 8
READERS = {
    "on": "features on the neuron",
    "shared": "share of other neurons that are polysemantic",
    "verdict": "verdict of polysem analyze",
    "final": "all that final weights show",
    "history": "final weights and training history",
    "redraws": "half of the redraws",
}
Ends = tuple[np.ndarray, np.ndarray]  # early and final weights, (network, feature, neuron)


def settings(full: bool) -> list[Setting]:
    """Return flows at loads n/m from ½ to 4, and trained networks at some of them."""
    flows, trained, fewer = (LOADS, (0.5, 1, 1.5, 2), (120, 24)) if full else ((0.5, 1.5), (1,), (30, 8))
    runs = [("simulation", q, fewer[q > 2]) for q in flows] + [
        ("training", q, fewer[0] // 2) for q in trained
    ]
    points = [(source, round(q * NEURONS), number) for source, q, number in runs]
    return grid({"source, n, replicates": points, "m": NEURONS, "l1": 0.02})


def measure(source: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Choose a polysemantic neuron of each network, redraw the initial weights of its features, run again.

    All other initial weights stay. A neuron is polysemantic with two weights above ½. It is *incidental* as
    far as it is not polysemantic in the eight runs with redrawn weights, *necessary* as far as it is. Readers
    see final weights (how many features are on it, how crowded the others are, what `polysem analyze` says)
    or history, too (ranks of its features there at the start, their share of weight there early on, and how
    many other features had their largest weight there). Each is scored by the probability of telling, of two
    neurons of one load, the one that stayed. Combined evidence is weighed by least squares, fitted to other
    networks. The flow runs to λt = 8, AdamW for 5,000 steps at rate 0.001.
    """
    model = Autoencoder(n, m, l1)
    follow = FOLLOW[source]
    rngs = draws(seed, replicates)
    starts = np.array([model.initial(rng) for rng in rngs])
    early, final = follow(model, starts)
    chosen = [_one_of(np.flatnonzero(on > 1), rng) for on, rng in zip(_on(final), rngs, strict=True)]
    some = np.array([r for r, neuron in enumerate(chosen) if neuron is not None], int)
    if not some.size:
        return xr.Dataset({"stays": (("replicate", "redraw"), np.zeros((0, REDRAWS), "f4"))})
    places = [chosen[r] for r in some]
    again = [
        _redrawn(model, starts[r], np.abs(final[r, :, k]) > 0.5, rngs[r])
        for r, k in zip(some, places, strict=True)
    ]
    after = _on(follow(model, np.concatenate(again))[1]).reshape(some.size, REDRAWS, m) > 1
    before = _on(final[some]) > 1
    seen = [evidence(starts[r], early[r], final[r], k) for r, k in zip(some, places, strict=True)]
    stays = after[np.arange(some.size), :, places]
    change = after.sum(axis=-1).mean(axis=-1) - before.sum(axis=-1)
    return xr.Dataset(
        {
            "stays": (("replicate", "redraw"), stays.astype("f4")),
            "change": ("replicate", change.astype("f4")),
            "seen": (("replicate", "evidence"), np.array([list(one.values()) for one in seen], "f4")),
        },
        {"evidence": list(seen[0])},
    )


def _simulated(model: Autoencoder, starts: np.ndarray) -> Ends:
    early, final = networks.followed(model, starts, (EARLY, END / model.l1))
    return early, final


def _trained(model: Autoencoder, starts: np.ndarray) -> Ends:
    soon, late = (
        train(model, "adamw", steps=steps, initial=starts, replicates=len(starts)).final.values
        for steps in (SOON, STEPS)
    )
    return soon, late


FOLLOW: dict[str, Callable[[Autoencoder, np.ndarray], Ends]] = {
    "simulation": _simulated,
    "training": _trained,
}


def _on(weights: np.ndarray) -> np.ndarray:
    return (np.abs(weights) > 0.5).sum(axis=-2)


def _one_of(places: np.ndarray, rng: np.random.Generator) -> int | None:
    return int(rng.choice(places)) if places.size else None


def _redrawn(
    model: Autoencoder, start: np.ndarray, features: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Return initial weights of which those of some features are drawn anew, as often as `REDRAWS`."""
    others = np.array([model.initial(rng) for _ in range(REDRAWS)])
    return np.where(features[:, None], others, start)


def _forgotten(part: xr.Dataset) -> float:
    """Return the share of polysemantic neurons of the exclusion law: what is left if all is forgotten."""
    n, m = ratio_law.size(part)
    return ratio_law.expected(part) / m if n < 2 * m else 1.0


def _between(part: xr.Dataset) -> Band:
    """Return between two free slots chosen at random, if all others stay where they are, and forgetting."""
    n, m = ratio_law.size(part)
    low = 1 / comb(2 * m - n + 2, 2) / _forgotten(part) if n < 2 * m else 0.9
    return Band(low, 1.35, "from all others staying where they were to all slots being drawn anew")


def _told(part: xr.Dataset, level: float, reader: str) -> Estimate | None:
    """Return how well a reader tells the neurons that stay from those that do not."""
    if part.sizes["replicate"] < 2 * len(HISTORY):
        return None
    stays = part.stays.values.astype(bool)
    if reader == "redraws":
        score, stays = stays[:, ::2].mean(axis=1), stays[:, 1::2]
    elif reader in ("final", "history"):
        score = foretold(part.seen.sel(evidence=list(LEFT if reader == "final" else HISTORY)).values, stays)
    else:
        score = part.seen.sel(evidence=reader).values
    return order_probability(score, stays.sum(axis=1), (~stays).sum(axis=1), level)


AXIS = {"ylabel": "probability of the right order", "ylim": (0.3, 1.03)}
EXPERIMENTS = (
    Experiment(
        "incidental_or_necessary",
        "Would a polysemantic neuron be one had its features begun elsewhere, and do final weights tell?",
        "seed 001, Discussion; definition by intervention own",
        settings,
        measure,
        {
            "stays": Quantity("share polysemantic again", mean_of("stays"), _forgotten, _between),
            "change": Quantity("change of the number of polysemantic neurons", mean_of("change")),
            **{name: Quantity(label, partial(_told, reader=name)) for name, label in READERS.items()},
        },
        (
            Panel("stays", "load", ("source",), options={"ylim": (0, 1.03)}),
            Panel("change", "load", ("source",)),
            *(
                Panel(("final", "history", "redraws"), "load", where={"source": source}, options=AXIS)
                for source in ("simulation", "training")
            ),
        ),
        "Had its features begun elsewhere, a polysemantic neuron would be one again in {stays.flow.first:%} "
        "of cases at n/m = {stays.first[load]:.3g}, {stays[n=16].flow.first:%} at 1 and {stays.flow.last:%} "
        "at {stays.flow.last[load]:.3g} (flow). Which neurons of one load would, final weights tell with "
        "{final.most} at best (guessing: 0.5), with training history {history.most}.",
        "Incidental and necessary are no two kinds of neurons but ends of a scale that goes with the load. "
        "After redrawing, the number of polysemantic neurons changes by {change.flow.first} at n/m = "
        "{change.first[load]:.3g} and by {change.flow.last} at {change.flow.last[load]:.3g}. Half of the "
        "redraws foretell the other half with {redraws.least} to {redraws.most}: no reader could do much "
        "better. "
        "The verdict of `polysem analyze` tells with {verdict.least} to {verdict.most}; it answers another "
        "question, whether a feature could move to a free neuron.",
        "One number of neurons, one λ and one neuron of each network. Least squares weigh a few numbers: "
        "other evidence may say more, up to what half of the redraws say.",
    ),
)
