"""The figure of an experiment: its panels, two a row, drawn from what was found."""

import itertools
import math
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from validation.experiments.experiment import Panel
from validation.experiments.findings import Findings
from validation.experiments.labels import named, shown, told, worded
from validation.experiments.rows import Row
from validation.report import plots

PALETTE = (plots.BLUE, plots.VERMILION, plots.GREEN, plots.PURPLE, plots.ORANGE, plots.SKY)
MARKERS = ("o", "s", "^", "D", "v")
STYLES = ("-", "--", ":", "-.", (0, (1, 3)))
FEW = 8  # values of a setting up to which each of them is a tick
ASIDE = 0.12  # between series of a category, so that they do not hide one another
APART = 1.02  # the same between series over a logarithmic axis
WIDE = 60  # letters that fit below a panel


Series = tuple[list[Row], dict[str, Any]]  # rows that belong together, and how they are drawn


def draw(found: Findings) -> Figure:
    """Return the figure of an experiment."""
    panels = found.experiment.panels
    columns = min(2, len(panels))
    figure, axes = plots.panels(math.ceil(len(panels) / columns), columns)
    for ax in axes.flat[len(panels) :]:
        ax.set_axis_off()
    explained: set[str] = set()
    for ax, panel in zip(axes.flat, panels, strict=False):
        _draw_panel(ax, panel, found)
        labels = set(ax.get_legend_handles_labels()[1])
        if labels - explained:
            ax.legend(fontsize="small")
            explained |= labels
    throughout = told(found.constant, found.experiment.names)
    figure.suptitle("; ".join(filter(None, (throughout, f"bars: {found.level * 100:g} % intervals"))))
    return figure


def _draw_panel(ax: Axes, panel: Panel, found: Findings) -> None:
    names = found.experiment.names
    if series := _series(panel, found):
        _draw_series(ax, panel, series, names)
        said = series[0][0][0].quantity.label
        ax.set_ylabel(f"{said}, over theory" if panel.ratio else said)
        if panel.ratio:
            ax.axhline(1, color=plots.COLOUR["theory"], linewidth=1, label=plots.LABEL["theory"])
    if "y" in panel.log:
        ax.set_yscale("log")
    if panel.draw:
        panel.draw(ax, found)
    title = ", ".join(shown(name, value, names) for name, value in panel.where.items())
    ax.set(**{"title": title, **panel.options})


def _series(panel: Panel, found: Findings) -> list[Series]:
    """Return the rows by quantity, where there are several, and by the settings that have a series each."""
    names = (panel.y,) if isinstance(panel.y, str) else panel.y
    grouped: dict[tuple, list[Row]] = {}
    for row in (row for name in names for row in found(name, **panel.where)):
        aspects = [(name, row[name]) for name in panel.by]
        if len(names) > 1:
            aspects.append(("quantity", row.quantity.label))
        without = (panel.ratio and not row.predicted) or ("x" in panel.log and row[str(panel.x)] <= 0)
        if not without:
            grouped.setdefault(tuple(aspects), []).append(row)
    order = sorted(grouped, key=lambda key: [0.0 if isinstance(v, str) else float(v) for _, v in key])
    columns = [list(dict.fromkeys(column)) for column in zip(*order, strict=True)]
    drawn = []
    for key in order:
        first, second, *_ = *(c.index(k) for c, k in zip(columns, key, strict=True)), 0, 0
        label = ", ".join(shown(name, value, found.experiment.names) for name, value in key)
        colour = _colours(columns[0], found)[first] if columns else plots.COLOUR[grouped[key][0].source]
        line = {"marker": MARKERS[second % len(MARKERS)], "linestyle": STYLES[second % len(STYLES)]}
        drawn.append((grouped[key], {"label": label or None, "color": colour, **line}))
    return drawn


def _colours(values: list[tuple[str, Any]], found: Findings) -> Any:
    """Return a colour for each value of a setting: by size for numbers, the usual ones for sources."""
    name = values[0][0]
    if name == "source":
        return [plots.COLOUR[value] for _, value in values]
    if isinstance(values[0][1], str):  # the same in every panel
        every = found.result[name].values.tolist() if name in found.result else [v for _, v in values]
        return [PALETTE[list(dict.fromkeys(every)).index(value) % len(PALETTE)] for _, value in values]
    return plots.sequence(len(values))


def _draw_series(ax: Axes, panel: Panel, series: list[Series], names: Any) -> None:
    """Draw series over the numbers of a setting, joined by lines, or else over categories side by side."""
    settings = (panel.x,) if isinstance(panel.x, str) else panel.x
    places = [[tuple(row[name] for name in settings) for row in rows] for rows, _ in series]
    keys = list(dict.fromkeys(itertools.chain(*places)))
    numbers = isinstance(panel.x, str) and not isinstance(keys[0][0], str)
    for k, ((rows, style), at) in enumerate(zip(series, places, strict=True)):
        aside = k - (len(series) - 1) / 2
        if numbers:
            x = np.ravel(at) * (APART**aside if "x" in panel.log else 1.0)
        else:
            x = np.array([keys.index(key) for key in at]) + ASIDE * aside
        _draw_rows(ax, rows, x, style, panel.ratio, numbers)
    if len(settings) == 1 and not isinstance(keys[0][0], str):
        ax.set_xlabel(named(settings[0]).meaning)
    if not numbers:
        tick = worded if len(settings) == 1 else shown
        ticks = ["\n".join(tick(*pair, names) for pair in zip(settings, key, strict=True)) for key in keys]
        wide = sum(max(map(len, lines.split("\n"))) for lines in ticks) > WIDE
        ax.set_xticks(range(len(keys)), ticks, rotation=35 if wide else 0, ha="right" if wide else "center")
        return
    if "x" in panel.log:
        ax.set_xscale("log")
    if len(keys) <= FEW:
        values = sorted(value for (value,) in keys)
        ax.set_xticks(values, [f"{value:.4g}" for value in values])
        ax.xaxis.set_minor_locator(NullLocator())


def _draw_rows(
    ax: Axes, rows: list[Row], x: np.ndarray, style: dict[str, Any], ratio: bool, joined: bool
) -> None:
    """Draw rows, and what theory says of them, joined by lines or not."""
    estimates, line = [row.ratio if ratio else row.estimate for row in rows], style.pop("linestyle")
    plots.intervals(ax, x, estimates, **style)
    if joined:
        through = _through(x, np.array([estimate.value for estimate in estimates]))
        ax.plot(*through, color=style["color"], linewidth=1, linestyle=line)
    predicted = np.array([np.nan if ratio or row.predicted is None else row.predicted for row in rows])
    if (known := ~np.isnan(predicted)).any():
        said, dash = rows[0].quantity.authority, "-" if joined else "_"
        once = None if said in ax.get_legend_handles_labels()[1] else said
        ax.plot(*_through(x[known], predicted[known]), dash, color=plots.COLOUR["theory"], label=once)


def _through(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the line through points: through their mean where several stand above one another."""
    at, place = np.unique(x, return_inverse=True)
    return at, np.bincount(place, y) / np.bincount(place)
