"""Pictures of an analysis."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from validation.analysis.networks import VERDICTS
from validation.report import plots

COLOUR = dict(
    zip(
        VERDICTS,
        (plots.ORANGE, plots.VERMILION, plots.SKY, plots.BLUE, plots.GREY, "#dddddd"),
        strict=True,
    )
)
SHOWN = 400  # rows and columns of a heat map at most


def all_of(weights: np.ndarray, result: xr.Dataset) -> dict[str, Figure]:
    """Return the figures of an analysis by name."""
    return {
        "encodings": _one(encodings, weights, result, width=9),
        "verdicts": _one(verdicts, result),
        "interference": _two(interference_matrix, cosines, result),
        "effective_neurons": _one(effective_neurons, result),
    }


def encodings(ax: Axes, weights: np.ndarray, result: xr.Dataset) -> Axes:
    """Draw encodings as a heat map: neurons ordered by verdict, features by their strongest neuron.

    Of large networks the first `SHOWN` neurons, and the features that are strongest there.
    """
    ranks = np.array([VERDICTS.index(verdict) for verdict in result.verdict.values])
    columns = np.argsort(ranks, kind="stable")
    place = np.append(np.argsort(columns), columns.size)[result.strongest.values]  # dead features last
    columns = columns[:SHOWN]
    rows = np.argsort(place, kind="stable")
    if columns.size < ranks.size or rows.size > SHOWN:
        rows = rows[: max(1, min(SHOWN, int((place < columns.size).sum())))]
    drawn = weights[np.ix_(rows, columns)]
    extreme = max(float(np.abs(drawn).max()), 1e-300)
    scale = TwoSlopeNorm(0, -extreme, extreme)
    image = ax.imshow(drawn, cmap="PuOr", norm=scale, aspect="auto", interpolation="nearest")
    ax.figure.colorbar(image, ax=ax, label="weight")
    ax.spines[["top", "right"]].set_visible(True)
    for verdict in VERDICTS:
        at = np.flatnonzero(result.verdict.values[columns] == verdict)
        if at.size:
            edge = -0.5 - 0.03 * len(rows)
            ax.plot(
                at[[0, -1]] + [-0.4, 0.4], [edge, edge], linewidth=5, color=COLOUR[verdict], label=verdict
            )
    first = [
        f" (the first {shown} of {there})" if shown < there else ""
        for shown, there in zip(drawn.shape, weights.shape, strict=True)
    ]
    ax.set(xlabel=f"neuron, by verdict{first[1]}", ylabel=f"feature, by its strongest neuron{first[0]}")
    ax.set_ylim(len(rows) - 0.5, -0.5 - 0.06 * len(rows))
    ax.figure.legend(loc="outside upper center", ncols=len(VERDICTS))
    return ax


def verdicts(ax: Axes, result: xr.Dataset) -> Axes:
    """Draw how many neurons have how many features on them, by verdict."""
    count = result.on_neuron.values
    top = int(count.max())
    edges = np.arange(top + 2) - 0.5 if top < 30 else np.linspace(-0.5, top + 0.5, 31)
    kinds = [verdict for verdict in VERDICTS if (result.verdict.values == verdict).any()]
    ax.hist(
        [count[result.verdict.values == kind] for kind in kinds],
        edges.tolist(),
        stacked=True,
        color=[COLOUR[kind] for kind in kinds],
        label=kinds,
        edgecolor="white",
    )
    ax.set(xlabel="features on the neuron", ylabel="neurons")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
    ax.legend(title="verdict")
    return ax


def interference_matrix(ax: Axes, result: xr.Dataset) -> Axes:
    """Draw the cosines of encodings, features by their strongest neurons; the diagonal is left out."""
    chosen = _thinned(np.argsort(result.strongest.values, kind="stable"))
    drawn = result.cosine.values[np.ix_(chosen, chosen)].copy()
    np.fill_diagonal(drawn, 0)
    image = ax.imshow(drawn, cmap="PuOr", vmin=-1, vmax=1, interpolation="nearest")
    ax.figure.colorbar(image, ax=ax, label="cosine of two encodings (above 0: interference)")
    ax.spines[["top", "right"]].set_visible(True)
    part = f" ({len(chosen)} of {result.sizes['feature']})" if len(chosen) < result.sizes["feature"] else ""
    ax.set(xlabel=f"feature, by its strongest neuron{part}", ylabel="feature, by its strongest neuron")
    return ax


def cosines(ax: Axes, result: xr.Dataset) -> Axes:
    """Draw how the cosines of pairs of living features are distributed."""
    alive = np.flatnonzero(result.alive.values)
    edges = np.linspace(-1, 1, 82)  # an odd number of bins: one is about 0
    counts = np.zeros(edges.size - 1, int)
    for k, feature in enumerate(alive):  # row by row: pairs are many
        row = result.cosine.values[feature, alive[:k]]
        counts += np.histogram(np.clip(row, -1, 1), edges)[0]
    sides = {
        "below 0: removed by the ReLU": (plots.BLUE, edges[1:] < 0),
        "about 0": (plots.GREY, edges[1:] * edges[:-1] < 0),
        "above 0: interference": (plots.VERMILION, edges[:-1] > 0),
    }
    for label, (colour, side) in sides.items():
        ax.bar(edges[:-1][side], counts[side], np.diff(edges)[0], align="edge", color=colour, label=label)
    ax.set(xlabel="cosine of two encodings", ylabel="pairs of features", xlim=(-1, 1))
    ax.set_yscale("symlog", linthresh=1)
    ax.set_ylim(0, 100 * max(1, counts.max()))  # leaves room for the legend
    ax.legend(loc="upper left")
    return ax


def effective_neurons(ax: Axes, result: xr.Dataset) -> Axes:
    """Draw over how many neurons features are spread, beside what a random direction has."""
    values = result.effective_neurons.values[result.alive.values]
    m = result.sizes["neuron"]
    ax.hist(values, np.geomspace(1, max(m, 2), 41).tolist(), color=plots.BLUE, label="features")
    ax.axvline((m + 2) / 3, color=plots.BLACK, linestyle="--", label="random direction, (m + 2)/3")
    ax.set(xscale="log", xlabel="effective neurons (Σw²)²/Σw⁴", ylabel="features")
    ax.legend()
    return ax


def _thinned(order: np.ndarray) -> np.ndarray:
    """Return at most `SHOWN` of them, evenly spaced."""
    if order.size <= SHOWN:
        return order
    return order[np.linspace(0, order.size - 1, SHOWN).round().astype(int)]


def _one(draw, *data, width: float = 5.2) -> Figure:
    figure, axes = plots.panels(width=width)
    draw(axes[0, 0], *data)
    return figure


def _two(left, right, result: xr.Dataset) -> Figure:
    figure, axes = plots.panels(1, 2)
    left(axes[0, 0], result)
    right(axes[0, 1], result)
    return figure
