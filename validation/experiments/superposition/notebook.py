"""The figures of the public notebook on superposition: arrows, bars, and features represented."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from theory import Superposition, superposition
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings, parts
from validation.report import plots
from validation.training import train
from validation.training.initial_weights import Notebook

LENGTH = 0.5  # from which on a feature is represented
SHARED = 0.1  # interference from which on a feature that is represented does not have a dimension for itself


def settings(full: bool) -> list[Setting]:
    """Return sizes and densities; the importance of the last feature over that of the first is `last`."""
    runs = (
        [(5, 2, 0.9**4, 10, 10_000, 5), (100, 20, 0.01, 5, 2000, 3)] if full else [(5, 2, 0.9**4, 2, 200, 2)]
    )
    return [
        setting
        for n, m, last, points, steps, replicates in runs
        for setting in grid(
            {"n, m, last": [(n, m, last)], "p": _densities(points), "steps": steps, "replicates": replicates}
        )
    ]


def _densities(points: int) -> list[float]:
    return [float(f"{p:.3g}") for p in 20.0 ** -np.linspace(0, 1, points)]


def measure(n: int, m: int, last: float, p: float, steps: int, replicates: int, seed: int) -> xr.Dataset:
    """Train as the public notebook does, from its initial weights, on features that are on with density p.

    AdamW at rate 0.001, batches of 1,024; importance falls geometrically to that of the last feature. Five
    features are trained for the notebook's 10,000 steps, 100 for fewer, at a rate that begins at 0.003 and
    ends at 0. A feature is represented if its encoding is longer than ½. Its interference is the
    sum of squared inner products with the direction of its encoding, over all others.
    """
    model = Superposition(n, m, p, last ** np.linspace(0, 1, n))
    small = n < 10
    trained = train(
        model,
        steps=steps,
        learning_rate=1e-3 if small else 3e-3,
        schedule="constant" if small else "cosine",
        init=Notebook(instances=10 if small else 20),
        replicates=replicates,
        seed=seed,
    )
    weights = trained.final.values.astype(float)
    lengths = np.linalg.norm(weights, axis=-1)
    unit = weights / np.maximum(lengths, 1e-300)[..., None]
    seen = ((unit @ np.swapaxes(weights, -1, -2)) ** 2).sum(axis=-1) - lengths**2
    found = {
        "length": (("replicate", "feature"), lengths),
        "interference": (("replicate", "feature"), seen),
        "dimensions": ("replicate", superposition.dimensions_per_feature(weights)),
    }
    if m == 2:
        found["encoding"] = (("replicate", "feature", "neuron"), weights)
    return xr.Dataset(found)


def _draw_arrows(ax: Axes, found: Findings) -> None:
    """Draw the encodings of a run at each density, by importance from dark to light."""
    small = [part for part in parts(found.result) if part.m == 2]
    for k, part in enumerate(small):
        x, y = 3 * (k % 5), -3.4 * (k // 5)
        for w, colour in zip(part["encoding"].values[0], plots.sequence(part.sizes["feature"]), strict=True):
            ax.annotate("", (x + w[0], y + w[1]), (x, y), arrowprops={"arrowstyle": "->", "color": colour})
        ax.text(x, y - 1.6, f"p = {part.p.item():g}", ha="center", va="center", fontsize="small")
    ax.set(
        xlim=(-1.5, 13.5),
        ylim=(-5.4, 1.3),
        aspect="equal",
    )
    ax.set_axis_off()


def _draw_bars(ax: Axes, found: Findings) -> None:
    """Draw the lengths of encodings at each density, one above the other, by their interference."""
    large = [part for part in parts(found.result) if part.n == 100]
    for k, part in enumerate(large):
        lengths, seen = part.length.values[0], part.interference.values[0]
        at = np.arange(len(lengths))
        for shares, colour, label in (
            (seen <= SHARED, plots.BLUE, "alone"),
            (seen > SHARED, plots.ORANGE, "shared"),
        ):
            ax.bar(
                at[shares],
                lengths[shares],
                1.0,
                -1.7 * k,
                color=colour,
                label=None if k else f"dimension {label}",
            )
    ax.set(yticks=[-1.7 * k for k in range(len(large))], xlabel="feature, by falling importance")
    ax.set(
        yticklabels=[f"p = {part.p.item():g}" for part in large],
    )


def _share_represented(part: xr.Dataset) -> xr.DataArray:
    return (part.length > LENGTH).sum("feature") / part.m


def _share_shared(part: xr.Dataset) -> xr.DataArray:
    on = part.length > LENGTH
    return (on & (part.interference > SHARED)).sum("feature") / on.sum("feature")


EXPERIMENTS = (
    Experiment(
        "notebook",
        "What do the public notebook's figures look like, trained here, with intervals over seeds?",
        "seed 002, The Compressive Efficiency of Polysemanticity; arXiv:2209.10652 and its notebook",
        settings,
        measure,
        {
            "represented": Quantity(
                "features represented a neuron", mean_of(_share_represented), source="training"
            ),
            "shared": Quantity(
                "share of them that share dimensions", mean_of(_share_shared), source="training"
            ),
            "dimensions": Quantity("dimensions per feature m/‖W‖²", mean_of("dimensions"), source="training"),
        },
        (
            Panel(draw=_draw_arrows, options={"title": "5 features on 2 neurons (dark: most important)"}),
            Panel(draw=_draw_bars, options={"title": "lengths of 100 encodings on 20 neurons"}),
            Panel("dimensions", "rarity", ("n",), log="x"),
            Panel("represented", "rarity", ("n",), log="x"),
        ),
        "Where all are on, five features on two neurons are represented by {represented[n=5,p=1.0].first} "
        "a neuron, and 100 on 20 by {represented[n=100,p=1.0].first}; at density 0.05, "
        "{represented[n=5,p=0.05].first} and {represented[n=100,p=0.05].first}, and "
        "{shared[n=100,p=0.05].first:%} of these share their dimensions.",
        "As features become rare, more of them are represented, the most important ones first, and "
        "dimensions are shared: m/‖W‖² of 100 features falls from {dimensions[n=100,p=1.0].first} to "
        "{dimensions[n=100,p=0.05].first}. Runs of five differ, as they end in several minima: all arrows "
        "are those of one seed. The third figure, dimensions per feature of 200 equally important ones, is "
        "on the page of `dimensionality`.",
        "100 features are trained for 2,000 steps where the notebook takes 10,000, at a higher rate; where "
        "all are on, the less important ones still move in the end.",
    ),
)
