"""Geometry: at which critical points of the sparse limit on two neurons descents end."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.superposition import descents
from theory import Superposition, superposition
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, share_of
from validation.experiments.findings import Findings, parts
from validation.report import plots
from validation.report.statistics import Estimate

NEAR = 1e-8  # of a loss, to be that of a critical point


def settings(full: bool) -> list[Setting]:
    """Return numbers of features."""
    return grid({"n": range(3, 9) if full else (3, 4, 5), "replicates": 100 if full else 12})


def measure(n: int, replicates: int, seed: int) -> xr.Dataset:
    """Follow the flow with one feature on at a time from random encodings on two neurons to its end.

    Derived minima are critical points found by Newton's method from polygons with one feature or several on a
    corner; the descents, from random encodings, know nothing of them. Losses are means over which feature is
    on; one counts as that of a minimum if it is less than 10⁻⁸ from it.
    """
    found = descents(Superposition(n, 2, 0), replicates, seed)
    minima = [point for point in superposition.polygons(n) if point.stable]
    apart = np.abs(found.loss.values[:, None] - [point.loss for point in minima])
    nearest = [minima[k] for k in apart.argmin(axis=1)]
    return xr.Dataset(
        {
            "loss": ("replicate", found.loss.values),
            "apart": ("replicate", apart.min(axis=1)),
            "corners": ("replicate", [point.corners for point in nearest]),
            "regular": ("replicate", [point.regular for point in nearest]),
            "lowest": ((), minima[0].loss),
        }
    )


def _most_apart(part: xr.Dataset, level: float) -> Estimate:
    largest = float(part.apart.max())
    return Estimate(largest, largest, largest, "largest of all descents")


def _draw(ax: Axes, found: Findings) -> None:
    """Draw the losses of all minima that were reached, with how many descents came to them."""
    for part in parts(found.result):
        losses, counts = np.unique(part.loss.values.round(7), return_counts=True)
        ax.scatter(np.full(len(losses), int(part.n)), losses, 4 * counts, color=plots.BLUE, alpha=0.7)
        minima = [
            point.loss for point in superposition.polygons(int(part.n)) if point.stable and not point.dead
        ]
        ax.scatter(np.full(len(minima), int(part.n)), minima, 150, marker="_", color=plots.VERMILION)
    ax.scatter([], [], 60, color=plots.BLUE, alpha=0.7, label="descents, area: how many")
    ax.scatter([], [], 150, marker="_", color=plots.VERMILION, label="derived minima")
    ax.set(xlabel="features n", ylabel="loss, mean over which feature is on")


EXPERIMENTS = (
    Experiment(
        "geometry",
        "Which polygons do features form on two neurons, and are they the derived minima?",
        "seed 002, Factors Influencing a Representation's Position; arXiv:2310.06301, section 4",
        settings,
        measure,
        {
            "reached": Quantity(
                "share of descents that end in a derived minimum",
                share_of(lambda part: part.apart < NEAR),
                1.0,
            ),
            "apart": Quantity("largest distance of a loss from that of a derived minimum", _most_apart),
            "lowest": Quantity(
                "share that end in the lowest one", share_of(lambda part: part.loss < part.lowest + NEAR)
            ),
            "shared": Quantity(
                "share that end with several features on a corner", share_of(lambda part: part.regular == 0)
            ),
        },
        (
            Panel(draw=_draw),
            Panel(("lowest", "shared"), "n", options={"ylabel": "share of descents", "ylim": (-0.03, 1.03)}),
        ),
        "Yes: at {reached.agreeing} numbers of features all {reached.last[replicates]} descents end at the "
        "loss of a derived minimum, none farther from it than {apart.most}.",
        "The lowest minimum is not always found: with five features, the pentagon, by {lowest[n=5].last:%} "
        "of descents (the others end in a square that leaves one feature out), with six by "
        "{lowest[n=6].last:%}, with seven by {lowest[n=7].last:%}, with eight by {lowest[n=8].last:%}. From "
        "seven features on regular polygons are not all: two features share a corner of a hexagon for "
        "{shared[n=7].last:%} of descents with seven; with eight several share one for "
        "{shared[n=8].last:%}.",
        "The sparse limit, in which exactly one feature is on, and equal importance. Minima are sought "
        "around regular polygons with one feature or more on each corner.",
    ),
)
