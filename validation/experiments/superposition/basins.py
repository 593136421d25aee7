"""Five features on two neurons: whether training ends in the pentagon, and where the flow ends."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.superposition import ends
from theory import Superposition
from validation.experiments.draws import draws
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, share_of
from validation.experiments.findings import Findings, parts
from validation.report import plots
from validation.report.statistics import Estimate
from validation.training import train
from validation.training.initial_weights import Notebook

N, M = 5, 2
LENGTH = 0.5  # from which on a feature is represented
ANGLE = 5.0  # degrees by which the angles of a pentagon may be off
ALIKE = 0.5  # largest difference of inner products in the same minimum; other orders differ by more than 1
RATES = {"adamw": 1e-3, "adam": 1e-3, "gd": 0.2}
NAMES = {"flow": "flow", "adamw": "AdamW", "adam": "Adam", "gd": "GD"}
SPARSE, NOTEBOOK, DENSE = 0.0, 0.05, 1.0  # densities


def settings(full: bool) -> list[Setting]:
    """Return the flow alone, and training by optimiser and density; decay is that of importance."""
    runs = [
        ("flow", SPARSE, 1.0, 1000),
        ("flow", NOTEBOOK, 1.0, 100),
        *((method, NOTEBOOK, 1.0, 20) for method in RATES),
        ("adamw", SPARSE, 1.0, 20),
        ("adamw", DENSE, 0.9, 20),
    ]
    small = [("flow", SPARSE, 1.0, 8), ("adamw", SPARSE, 1.0, 2)]
    steps = 10_000 if full else 200
    return grid({"method, p, decay, replicates": runs if full else small, "steps": steps})


def measure(method: str, p: float, decay: float, replicates: int, steps: int, seed: int) -> xr.Dataset:
    """Follow the flow to its end from the initial weights of the public notebook, and train from the same.

    Importance falls by the factor decay from feature to feature; with p = 0 exactly one feature is on.
    Training has the notebook's settings: batches of 1,024, AdamW with its decay of 0.01 at rate 0.001, 10,000
    steps, and Adam with the same; gradient descent has rate 0.2. A pentagon has five encodings longer than ½
    whose angles are within 5° of 72°. Two ends are the same minimum if no inner product of encodings differs
    by more than ½, so that each feature has the same neighbours.
    """
    model = Superposition(N, M, p, decay ** np.arange(N))
    measured: dict[str, Any] = {}
    if method == "flow":
        starts = np.stack([Notebook().draw(model, rng) for rng in draws(seed, replicates)])
    else:
        trained = train(
            model,
            method,
            steps=steps,
            learning_rate=RATES[method],
            init=Notebook(),
            replicates=replicates,
            seed=seed,
        )
        starts, measured["trained"] = trained.initial.values, trained.final.values.astype(float)
    measured["flow"] = ends(model, starts, rtol=1e-6 if p == 0 else 1e-4).final.values
    dims = ("replicate", "feature", "neuron")
    return xr.Dataset({name: (dims, values) for name, values in measured.items()})


def pentagon(weights: np.ndarray) -> np.ndarray:
    """Say of encodings, shape (..., feature, 2), whether they are a regular pentagon."""
    angles = np.sort(np.degrees(np.arctan2(weights[..., 1], weights[..., 0])), axis=-1)
    gaps = np.diff(angles, axis=-1, append=angles[..., :1] + 360)
    return (corners(weights) == N) & (np.abs(gaps - 360 / N) <= ANGLE).all(axis=-1)


def corners(weights: np.ndarray) -> np.ndarray:
    """Return how many features are represented."""
    return (np.linalg.norm(weights, axis=-1) > LENGTH).sum(axis=-1)


def same(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Say whether two sets of encodings are the same but for a rotation and a little."""
    differ = one @ np.swapaxes(one, -1, -2) - other @ np.swapaxes(other, -1, -2)
    return np.abs(differ).max(axis=(-1, -2)) <= ALIKE


def two_first(weights: np.ndarray) -> np.ndarray:
    """Say whether just the two most important features are represented."""
    lengths = np.linalg.norm(weights, axis=-1)
    return (lengths[..., :2] > LENGTH).all(axis=-1) & (lengths[..., 2:] <= LENGTH).all(axis=-1)


def _share(who: str, what: Callable[..., np.ndarray], dense: bool = False) -> Callable[..., Estimate | None]:
    """Return what estimates the share of runs that end so, where features are sparse or dense."""

    def estimate(part: xr.Dataset, level: float) -> Estimate | None:
        untrained = who == "trained" and part.method == "flow"
        if untrained or (part.p == DENSE) != dense:
            return None
        return share_of(lambda part: what(part[who].values))(part, level)

    return estimate


def _same(part: xr.Dataset, level: float) -> Estimate | None:
    if part.method == "flow":
        return None
    return share_of(lambda part: same(part.trained.values, part.flow.values))(part, level)


def _draw_encodings(ax: Axes, found: Findings) -> None:
    """Draw the encodings of four runs of each training."""
    trained = [part for part in parts(found.result) if part.method != "flow"]
    for k, part in enumerate(trained):
        for r, weights in enumerate(part.trained.values[:4]):
            for w, colour in zip(weights, plots.sequence(N), strict=True):
                ax.plot([3 * r, 3 * r + w[0]], [-3 * k, -3 * k + w[1]], color=colour)
    labels = [f"{NAMES[part.method.item()]}, p = {part.p.item():g}" for part in trained]
    ax.set(xticks=[], yticks=[-3 * k for k in range(len(trained))], yticklabels=labels, aspect="equal")


EXPERIMENTS = (
    Experiment(
        "basins",
        "Does training five features on two neurons end in the pentagon, and in the minimum of the flow?",
        "seed 002, Factors Influencing a Representation's Position; arXiv:2209.10652; own question",
        settings,
        measure,
        {
            "trained": Quantity("pentagons, training", _share("trained", pentagon), source="training"),
            "flow": Quantity("pentagons, flow", _share("flow", pentagon)),
            "four": Quantity(
                "four represented, flow", _share("flow", lambda weights: corners(weights) == N - 1)
            ),
            "same": Quantity("same minimum as the flow", _same, source="training"),
            "two": Quantity(
                "just the two most important ones, training",
                _share("trained", two_first, True),
                source="training",
            ),
            "two_flow": Quantity("just the two most important ones, flow", _share("flow", two_first, True)),
        },
        (
            Panel(
                ("trained", "flow"),
                ("method", "p"),
                options={"ylim": (-0.03, 1.03), "ylabel": "share that ends in a pentagon"},
            ),
            Panel(
                draw=_draw_encodings,
                options={"title": "encodings of four runs (dark: first feature)"},
            ),
        ),
        "On features of density 0.05 AdamW ends in a pentagon in {trained[method=adamw,p=0.05].first:%} of "
        "runs and the flow in {flow[method=flow,p=0.05].first:%}; with one feature on at a time AdamW does "
        "in {trained[method=adamw,p=0.0].first:%} and the flow in {flow[method=flow,p=0.0].first:%}.",
        "With one feature on at a time the other flows, {four[method=flow,p=0.0].first:%}, end in a square "
        "that leaves a feature out: also a minimum, as derived (`geometry`). At density 0.05 fewer do. "
        "Gradient descent ends where the flow from the same weights does, each feature with the same "
        "neighbours, in {same[method=gd].first:%} of runs; Adam in {same[method=adam].first:%} and AdamW "
        "in {same[method=adamw,p=0.05].first:%}: they find pentagons as often, and others. Where all "
        "features are on and importance falls by a tenth from each to the next, just the two most "
        "important ones are represented in {two.first:%} of trainings.",
        "Seeds of training are few, and intervals wide. Basins are those of the notebook's initial "
        "weights, whose standard deviation, of 10 instances, is half the usual one.",
        NAMES,
    ),
)
