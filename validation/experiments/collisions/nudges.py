"""Nudges: whether polysemantic neurons leave when a trained network is disturbed, and what that costs."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr

from sim.forces import FORCES
from theory import Autoencoder
from validation.experiments import networks
from validation.experiments.draws import draws
from validation.experiments.experiment import Experiment, Panel, Quantity, grid, mean_of
from validation.report.statistics import Estimate, ratio

REST, AFTER = 8.0, 8.0  # in units of 1/λ: until the nudge, and after it
NO_L1 = 50.0  # flow time
Rng = np.random.Generator


def _polysemantic(weights: np.ndarray) -> np.ndarray:
    return np.flatnonzero((np.abs(weights) > 0.5).sum(axis=0) > 1)


def _noise(deviation: float) -> Callable[..., None]:
    def nudge(weights: np.ndarray, rng: Rng, model: Autoencoder) -> None:
        weights += rng.normal(0, deviation, weights.shape)

    return nudge


def _reset(weights: np.ndarray, rng: Rng, model: Autoencoder) -> None:
    """Empty polysemantic neurons, and let their features begin again with random weights."""
    homeless = (np.abs(weights[:, _polysemantic(weights)]) > 0.5).any(axis=1)
    weights[:, _polysemantic(weights)] = 0
    weights[homeless] = rng.normal(0, model.init_std, (homeless.sum(), weights.shape[1]))


def _kick(weights: np.ndarray, rng: Rng, model: Autoencoder) -> None:
    """Turn the sign of one weight of each pair: the collision becomes malign. Others get a tenth of noise."""
    for neuron in _polysemantic(weights):
        mover = rng.choice(np.flatnonzero(np.abs(weights[:, neuron]) > 0.5))
        others: np.ndarray = rng.normal(0, 0.1, weights.shape[1:])
        others[neuron] = -weights[mover, neuron]
        weights[mover] = others


def _leave(weights: np.ndarray, rng: Rng, model: Autoencoder) -> None:
    """Do nothing."""


NUDGES: dict[str, tuple[str, Callable[..., None]]] = {
    "nothing": ("nothing", _leave),
    "noise_0.1": ("noise of 0.1", _noise(0.1)),
    "noise_0.3": ("noise of 0.3", _noise(0.3)),
    "no_l1": ("no L1 for a while, small noise", _noise(0.01)),
    "reset": ("features of the neuron begin again", _reset),
    "kick": ("kick along the malign direction", _kick),
}


def measure(nudge: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Let the flow settle, nudge it, let it settle again, and count polysemantic neurons before and after.

    Nudges: noise on all weights, of deviation 0.1 or 0.3; L1 switched off for t = 50 with noise of 0.01, and
    on again; both features of each polysemantic neuron begin again with random weights; or, along the malign
    direction, one of them changes its sign there, with noise of 0.1 on its other weights. The cost is how
    many other features have changed their neuron, and the loss just after the nudge.
    """
    model = Autoencoder(n, m, l1)
    rngs = draws(seed, replicates)
    starts = np.array([model.initial(rng) for rng in rngs])
    before = networks.followed(model, starts, [REST / l1])[0]
    nudged = before.copy()
    for weights, rng in zip(nudged, rngs, strict=True):
        NUDGES[nudge][1](weights, rng, model)
    loss = ((np.maximum(nudged @ np.swapaxes(nudged, -1, -2), 0) - np.eye(n)) ** 2).sum(axis=(1, 2)) / n
    if nudge == "no_l1":
        nudged = networks.followed(model, nudged, [NO_L1], tuple(set(FORCES) - {"l1"}))[0]
    after = networks.followed(model, nudged, [AFTER / l1])[0]
    large = [np.abs(weights) > 0.5 for weights in (before, after)]
    on = [weights.sum(axis=1) > 1 for weights in large]
    paired = (large[0] & on[0][:, None]).any(axis=-1)  # features on polysemantic neurons
    moved = (large[0] != large[1]).any(axis=-1) & ~paired
    counts: dict[str, Any] = {
        "before": on[0].sum(axis=-1),
        "stayed": (on[0] & on[1]).sum(axis=-1),
        "after": on[1].sum(axis=-1),
        "moved": moved.sum(axis=-1),
        "others": (~paired).sum(axis=-1),
        "loss": loss,
    }
    return xr.Dataset({name: ("replicate", np.float32(values)) for name, values in counts.items()})


def _over(above: str, below: str) -> Callable[..., Estimate | None]:
    return lambda part, level: ratio(part[above], part[below], level)


EXPERIMENTS = (
    Experiment(
        "nudges",
        "Which nudges make polysemantic neurons leave, and at which cost?",
        "seed 001, Discussion (Implications for mechanistic interpretability)",
        lambda full: grid({"nudge": NUDGES, "n": 16, "m": 64, "l1": 0.01, "replicates": 60 if full else 20}),
        measure,
        {
            "stayed": Quantity("share of polysemantic neurons that stay", _over("stayed", "before")),
            "left": Quantity("polysemantic neurons, after over before", _over("after", "before")),
            "moved": Quantity("share of other features that move", _over("moved", "others")),
            "loss": Quantity("loss of a feature just after the nudge", mean_of("loss")),
        },
        (
            Panel("left", ("nudge",), options={"ylabel": "left, after over before"}),
            Panel("moved", ("nudge",), options={"ylabel": "share of others that move"}),
        ),
        "Of polysemantic neurons, {left[nudge=reset].first:%} are left if their features begin again, "
        "{left[nudge=kick].first:%} after a kick along the malign direction, {left[nudge=noise_0.1].first:%} "
        "after noise of 0.1 on all weights, and {left[nudge=no_l1].first:%} after L1 was off for a while.",
        "A benign pair is a strict minimum: what does not throw a feature off its neuron leaves it there "
        "({stayed[nudge=nothing].first:%} stay if nothing is done). The cost: other features move in "
        "{moved[nudge=reset].first:%} of cases when both of a pair begin again, in "
        "{moved[nudge=kick].first:%} after a kick and in {moved[nudge=noise_0.3].first:%} after noise of "
        "0.3, which {stayed[nudge=noise_0.3].first:%} of the pairs outlast and which makes new ones; the "
        "loss of a feature goes up to {loss.most} for a moment ({loss.most[nudge]}). What was thrown off may "
        "pair again: as many new pairs as random slots make are what nudging cannot go below.",
        "One size and one λ, the flow only; splitting is in `cure_by_splitting`.",
        {name: label for name, (label, _) in NUDGES.items()},
    ),
)
