"""Importance against density: which features one neuron, or two, hold, beside the boundary of theory."""

from collections.abc import Callable
from typing import Any

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.superposition import ends
from theory import Superposition, superposition
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, share_of
from validation.experiments.findings import Findings, parts
from validation.experiments.superposition.phases import (
    COLOURS,
    OPPOSITE,
    PHASES,
    SAME_SIDE,
    best,
    phase,
    predicted,
    usual,
)
from validation.training import train

RATE, BATCH = 0.03, 256  # of Adam, annealed


def settings(full: bool) -> list[Setting]:
    """Return importances of the extra feature, for two features on one neuron and for three on two."""
    sizes = [(2, 1, 30), (3, 2, 12)] if full else [(2, 1, 4)]
    runs = {"steps": 500, "replicates": 10 if full else 4}
    return [
        setting
        for n, m, points in sizes
        for setting in grid(
            {"n, m, points": [(n, m, points)], "importance": _spaced(0.1, 10, points), **runs}
        )
    ]


def _spaced(least: float, most: float, points: int) -> list[float]:
    return [float(f"{value:.4g}") for value in np.geomspace(least, most, points)]


def measure(
    n: int, m: int, points: int, importance: float, steps: int, replicates: int, seed: int
) -> xr.Dataset:
    """Train, and follow the flow, at densities p from 0.01 to 1, from the same random initial weights.

    The last feature, the extra one, has an importance from 0.1 to 10, the others have 1. Training takes Adam,
    at a rate of 0.03 that ends at 0, and batches of 256 samples; the flow is that of the exact expected loss.
    A feature is in if its encoding is longer than 0.1, and two are opposite if their cosine is below −0.3.
    The best run of a point is the one whose expected loss is lowest. Theory says where an antipodal pair
    costs less than leaving out its less important feature; for three features, that the two most alike share
    a neuron and the third has one for itself. It compares values of the loss whose gradient the flow follows.
    """
    densities = _spaced(0.01, 1, points)
    phases, losses = np.zeros((2, points, replicates), dtype=int), np.zeros((2, points, replicates))
    for k, p in enumerate(densities):
        model = Superposition(n, m, p, [1.0] * (n - 1) + [importance])
        own = int(np.random.SeedSequence((seed, k, round(1e4 * importance))).generate_state(1)[0])
        trained = train(
            model, "adam", steps=steps, learning_rate=RATE, schedule="cosine", batch=BATCH,
            replicates=replicates, seed=own,
        )  # fmt: skip
        flow = ends(model, trained.initial.values, rtol=1e-4)
        weights = trained.final.values.astype(float), trained.biases.values.astype(float)
        phases[:, k] = phase(flow.final.values), phase(weights[0])
        losses[0, k] = flow.loss
        losses[1, k] = [superposition.expected_loss(w, b, model) for w, b in zip(*weights, strict=True)]
    less = min(importance, 1 / importance) if n == 2 else min(importance, 1.0)
    dims = ("density", "replicate")
    return xr.Dataset(
        {
            "flow": (dims, phases[0]),
            "flow_loss": (dims, losses[0]),
            "trained": (dims, phases[1]),
            "trained_loss": (dims, losses[1]),
            "p": ("density", densities),
            "boundary": ((), superposition.phase_boundary(less)),
        }
    )


def _points(which: Callable[[xr.Dataset], np.ndarray]) -> Callable[..., Any]:
    return share_of(lambda group: np.concatenate([which(part) for part in parts(group)]))


def _right_side(pick: Callable[[xr.Dataset, str], np.ndarray], who: str) -> Callable[..., Any]:
    return _points(lambda part: (pick(part, who) == OPPOSITE) == (predicted(part) == OPPOSITE))


def _right_near(part: xr.Dataset) -> np.ndarray:
    near = np.abs(np.log(part.p.values / part.boundary.item())) < np.log(1.5)
    return ((best(part, "flow") == OPPOSITE) == (predicted(part) == OPPOSITE))[near]


def _map(pick: Callable[[xr.Dataset, str], np.ndarray], who: str, n: int) -> Panel:
    """Return a panel of the phases of a number of features, with the boundary of theory."""

    def draw(ax: Axes, found: Findings) -> None:
        chosen = sorted(
            (part for part in parts(found.result) if part.n == n), key=lambda part: float(part.importance)
        )
        if not chosen:
            return
        p, importance = chosen[0].p.values, np.array([float(part.importance) for part in chosen])
        grid = np.stack([pick(part, who) for part in chosen])
        ax.pcolormesh(p, importance, grid, cmap=COLOURS, vmin=-0.5, vmax=len(PHASES) - 0.5)
        ax.plot([float(part.boundary) for part in chosen], importance, "k--", label="theory's boundary")
        for k, name in enumerate(PHASES):
            ax.scatter([], [], marker="s", color=COLOURS(k), label=name)
        ax.set(xscale="log", yscale="log", xlim=(p[0], 1.1), ylabel="importance of the extra feature")
        ax.set(xlabel="density p, the probability that a feature is on")

    what = "lowest loss of all runs" if pick is best else "most runs"
    title = f"({n}, {n - 1}), {'flow' if who == 'flow' else 'training'}, {what}"
    return Panel(draw=draw, options={"title": title})


def _quantity(label: str, estimate: Callable[..., Any], source: str = "simulation") -> Quantity:
    return Quantity(label, estimate, over=("n",), source=source)


EXPERIMENTS = (
    Experiment(
        "phase_diagram",
        "Which features does one neuron hold, by importance and density, and is it what theory says?",
        "seed 002, The Compressive Efficiency of Polysemanticity; arXiv:2209.10652, section 3",
        settings,
        measure,
        {
            "flow_best": _quantity(
                "points on the predicted side of the boundary, best flow", _right_side(best, "flow")
            ),
            "flow_usual": _quantity("most flows", _right_side(usual, "flow")),
            "trained_best": _quantity("best training", _right_side(best, "trained"), "training"),
            "trained_usual": _quantity("most trainings", _right_side(usual, "trained"), "training"),
            "near": _quantity(
                "best flow, of the points whose density is within a factor of 1.5 of the boundary",
                _points(_right_near),
            ),
            "phase": _quantity(
                "in the predicted phase, best flow",
                _points(lambda part: best(part, "flow") == predicted(part)),
            ),
            "same_side": _quantity(
                "flows that end with all features in, on the same side",
                _points(lambda part: part.flow.values == SAME_SIDE),
            ),
            "alike": _quantity(
                "trainings that end in the phase of the flow from the same weights",
                _points(lambda part: part.flow.values == part.trained.values),
                "training",
            ),
        },
        (
            _map(best, "flow", 2),
            _map(usual, "flow", 2),
            _map(best, "trained", 2),
            _map(usual, "trained", 2),
            _map(best, "flow", 3),
            _map(best, "trained", 3),
        ),
        "For two features on one neuron the best of the flows is on the predicted side of the boundary at "
        "{flow_best[n=2].first:%} of the points, the best training at {trained_best[n=2].first:%}.",
        "Most points are far from the boundary; of those whose density is within a factor of 1.5 of it the "
        "best flow is on the predicted side at {near[n=2].first:%}. Which run it is matters. A pair needs "
        "opposite signs: of all flows, {same_side[n=2].first:%} end in another minimum, with both features "
        "on the same side, and where one is the more important others leave the less important one out. So "
        "most of the ten flows are on the predicted side at {flow_usual[n=2].first:%} of the points only, "
        "and most of the trainings at {trained_usual[n=2].first:%}; from the same weights "
        "{alike[n=2].first:%} of the trainings end in the phase of the flow. For three features on two "
        "neurons, with the two most alike on one and the third on the other, the best flow is on the "
        "predicted side at {flow_best[n=3].first:%}.",
        "Near equal importance the less important feature goes to 0 as the density rises to the boundary: "
        "a pair ends where its encoding is shorter than 0.1. Where all features are on and two are as "
        "important, minima are not isolated. Arrangements of three features other than a pair and one "
        "alone were not derived.",
    ),
)
