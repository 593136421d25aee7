"""Intervention: initial weights are changed, and final neurons looked at, to see what the start causes."""

from dataclasses import replace

import numpy as np
import xarray as xr

from sim.metrics import leading_slots
from theory import Autoencoder
from validation.experiments.collisions.collision_course import put
from validation.experiments.draws import draws as generators
from validation.experiments.experiment import Experiment, Quantity, Setting, grid
from validation.experiments.winners import courses
from validation.report.statistics import mean
from validation.training.optimizers import AdamW
from validation.training.schedules import WarmUp

RAISES = (0.0, 0.5, 1.0, 2.0)  # in σ, over the largest weight
RATES = (3e-3, 3e-4, 1e-4)
MEMORIES = (10, 30, 100, 300)  # steps over which AdamW averages squares, 1/(1 − β₂); by default 1,000
VARIANTS = (
    *(f"adamw, memory {steps}" for steps in MEMORIES),
    "adamw, warm-up",
    *(f"adamw, rate {rate:g}" for rate in RATES),
)


def settings(full: bool) -> list[Setting]:
    """Return all methods and variants of AdamW at the smaller size, and methods, in blocks, at the larger."""
    methods = [(m, courses.PAPER if m.startswith("adam") else courses.STRONG) for m in courses.NAMES]
    variants = [(name, courses.PAPER) for name in VARIANTS]
    small = {"n": 64, "m": 256, "block": 0, "instances": 32 if full else 4}
    large = {"n": 256, "m": 1024, "block": range(10), "instances": 3}
    return [
        *grid(small | {"method, l1": methods + variants}),
        *(grid(large | {"method, l1": methods}) if full else []),
    ]


def plan(method: str, model: Autoencoder) -> courses.Trained:
    """Return how a method trains; "adamw, …" as AdamW does but for what is said."""
    name, _, how = method.partition(", ")
    usual = courses.trained(name, model)
    kind, _, number = how.partition(" ")
    if kind == "rate":
        return replace(usual, rate=float(number), steps=courses.adaptive_steps(model, float(number)))
    if kind == "memory":
        return replace(usual, optimizer=AdamW(second=1 - 1 / int(number)))
    return replace(usual, schedule=WarmUp(1000), steps=usual.steps + 500) if how else usual


def measure(method: str, l1: float, n: int, m: int, block: int, instances: int, seed: int) -> xr.Dataset:
    """Change the initial weights of some features, and see on which neuron, with which sign, they end.

    Features are drawn alike, so that those left alone are the controls, in the same run. A quarter of them is
    left alone. In a quarter the largest weight changes places with one on a random neuron. In a quarter a
    random weight is raised above the largest by 0 to 2 σ. The last quarter are pairs: the largest weight of
    the second one is put on the neuron of the first one's, with the opposite sign. Flow and training as
    in `provenance`; the warm-up of AdamW lasts 1,000 steps, and its memory, 1/(1 − β₂), is otherwise 1,000.
    """
    model = Autoencoder(n, m, l1)
    initial = courses.drawn(model, seed, block, instances)
    aims = np.array(
        [_intervene(w, rng) for w, rng in zip(initial, generators(seed + block, instances), strict=True)]
    )
    if method == "flow":
        final = courses.flow(model, initial).final
    else:
        final = courses.training(model, plan(method, model), initial, seed + block).final
    there = leading_slots(final) == aims
    alone, exchanged, raised, planted = np.split(there, 4, axis=-1)
    levels = {"size": raised.reshape(instances, len(RAISES), -1).mean(axis=-1)}
    shares = {"alone": alone, "exchanged": exchanged, "pair": planted[:, ::2] & planted[:, 1::2]}
    return xr.Dataset(
        {name: ("replicate", np.float32(values.mean(axis=-1))) for name, values in shares.items()}
        | {"raised": (("replicate", "raise"), np.float32(levels["size"]))},
        {"raise": list(RAISES)},
    )


def _intervene(weights: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Change initial weights (feature, neuron) in place, and return the slot that each feature now leads."""
    n, m = weights.shape
    quarter = n // 4
    for i in range(quarter, 2 * quarter):
        _swap(weights[i], rng.integers(m))
    std = weights.std()
    for k, i in enumerate(range(2 * quarter, 3 * quarter)):
        place, over = rng.integers(m), RAISES[k * len(RAISES) // quarter]
        weights[i, place] = np.copysign(np.abs(weights[i]).max() + over * std + 1e-6, weights[i, place])
    for i in range(3 * quarter, n, 2):
        leader = np.abs(weights[i]).argmax()
        put(weights[i + 1], leader, -np.sign(weights[i, leader]))
    return leading_slots(weights)


def _swap(encoding: np.ndarray, place: int) -> None:
    """Let the size of the largest weight change places with that of another one; signs stay."""
    largest, sizes = np.abs(encoding).argmax(), np.abs(encoding)
    encoding[largest] = np.copysign(sizes[place], encoding[largest])
    encoding[place] = np.copysign(sizes[largest], encoding[place])


EXPERIMENTS = (
    Experiment(
        "intervention",
        "Do the initial weights decide on which neuron a feature ends, and under which optimiser?",
        "own question",
        settings,
        measure,
        {"alone": Quantity("share of features", lambda part, level: mean(part.alone.values, level))},
        answer="x",
    ),
)
