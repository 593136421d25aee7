"""The figure of an experiment: its panels, two a row, drawn from what was found."""

import math
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import NullLocator

from validation.experiments.experiment import Panel
from validation.experiments.findings import Findings
from validation.experiments.labels import meaning, shown, told, value_of
from validation.experiments.rows import Row
from validation.report import plots

PALETTE = (
    plots.BLUE,
    plots.VERMILION,
    plots.GREEN,
    plots.PURPLE,
    plots.ORANGE,
    plots.SKY,
    plots.BLACK,
    plots.GREY,
)
MARKERS = ("o", "s", "^", "D", "v")
STYLES = ("-", "--", ":", "-.", (0, (1, 3)))
FEW = 8  # values of a setting up to which each of them is a tick
ASIDE = 0.12  # between series of a category, so that they do not hide one another
WIDE = 60  # letters that fit below a panel
APART = 1.02  # the same between series over a logarithmic axis


class Series(NamedTuple):
    """Rows that belong together, with what they are called and how they are drawn."""

    rows: list[Row]
    label: str
    colour: Any
    marker: str
    line: Any


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
    bars = f"bars: {found.level * 100:g} % intervals"
    title = told(found.constant, found.experiment.names)
    figure.suptitle(f"{title}; {bars}" if title else bars)
    return figure


def _draw_panel(ax: Axes, panel: Panel, found: Findings) -> None:
    if series := _series(panel, found):
        rows = [row for one in series for row in one.rows]
        numbers = isinstance(panel.x, str) and not isinstance(value_of(panel.x, rows[0].setting), str)
        draw_series = _draw_over_numbers if numbers else _draw_side_by_side
        draw_series(ax, panel, series, found)
        quantity = rows[0].quantity
        unit = f" ({quantity.unit})" if quantity.unit and not panel.ratio else ""
        ax.set_ylabel(f"{quantity.label}{unit}{', over theory' if panel.ratio else ''}")
        if panel.ratio:
            ax.axhline(1, color=plots.COLOUR["theory"], linewidth=1, label=plots.LABEL["theory"])
    if "y" in panel.log:
        ax.set_yscale("log")
    if panel.draw:
        panel.draw(ax, found)
    ax.set(**({"title": panel.title} if panel.title else {}), **panel.options)


def _series(panel: Panel, found: Findings) -> list[Series]:
    """Return the rows by quantity, where there are several, and by the settings that have a series each."""
    names = (panel.y,) if isinstance(panel.y, str) else panel.y
    grouped: dict[tuple, list[Row]] = {}
    for row in (row for name in names for row in found(name, **panel.where)):
        aspects = [(name, value_of(name, row.setting)) for name in panel.by]
        if len(names) > 1:
            aspects.append(("quantity", row.quantity.label))
        grouped.setdefault(tuple(aspects), []).append(row)
    order = sorted(grouped, key=lambda key: [0.0 if isinstance(v, str) else float(v) for _, v in key])
    columns = [list(dict.fromkeys(column)) for column in zip(*order, strict=True)]
    drawn = []
    for key in order:
        first, second, *_ = *(c.index(k) for c, k in zip(columns, key, strict=True)), 0, 0
        drawn.append(
            Series(
                sorted(grouped[key], key=lambda row: _number(panel.x, row)),
                ", ".join(shown(name, value, found.experiment.names) for name, value in key),
                _colours(columns[0], found)[first] if columns else plots.COLOUR[grouped[key][0].source],
                MARKERS[second % len(MARKERS)],
                STYLES[second % len(STYLES)],
            )
        )
    return drawn


def _number(name: str | tuple[str, ...], row: Row) -> float:
    value = value_of(name, row.setting) if isinstance(name, str) else ""
    return 0.0 if isinstance(value, str) else value


def _colours(values: list[tuple[str, Any]], found: Findings) -> Any:
    """Return a colour for each value of a setting: by size for numbers, the usual ones for sources."""
    name = values[0][0]
    if name == "source":
        return [plots.COLOUR[value] for _, value in values]
    if isinstance(values[0][1], str):  # the same in every panel
        every = found.result[name].values.tolist() if name in found.result else [v for _, v in values]
        return [PALETTE[list(dict.fromkeys(every)).index(value)] for _, value in values]
    return plots.sequence(len(values))


def _draw_over_numbers(ax: Axes, panel: Panel, series: list[Series], found: Findings) -> None:
    name = str(panel.x)
    if "x" in panel.log:
        series = [one._replace(rows=[row for row in one.rows if _number(name, row) > 0]) for one in series]
        series = [one for one in series if one.rows]
    aside = APART if "x" in panel.log else 1.0
    for k, one in enumerate(series):
        x = np.array([_number(name, row) for row in one.rows]) * aside ** (k - (len(series) - 1) / 2)
        _draw_rows(ax, panel, one, x)
        predicted = np.array([np.nan if row.predicted is None else row.predicted for row in one.rows])
        known = ~np.isnan(predicted)
        if known.any() and not panel.ratio:
            line = _through(x[known], predicted[known])
            ax.plot(*line, color=plots.COLOUR["theory"], linewidth=1, label=_once(ax, "theory"))
    if "x" in panel.log:
        ax.set_xscale("log")
    ax.set_xlabel(meaning(name))
    values = sorted({_number(name, row) for one in series for row in one.rows})
    if len(values) <= FEW:
        ax.set_xticks(values, [f"{value:.4g}" for value in values])
        ax.xaxis.set_minor_locator(NullLocator())


def _draw_side_by_side(ax: Axes, panel: Panel, series: list[Series], found: Findings) -> None:
    names = (panel.x,) if isinstance(panel.x, str) else panel.x
    rows = [row for one in series for row in one.rows]
    keys = list(dict.fromkeys(tuple(value_of(name, row.setting) for name in names) for row in rows))
    for k, one in enumerate(series):
        at = np.array([keys.index(tuple(value_of(name, row.setting) for name in names)) for row in one.rows])
        x = at + ASIDE * (k - (len(series) - 1) / 2)
        _draw_rows(ax, panel, one, x)
        for place, row in zip(x, one.rows, strict=True):
            if row.predicted is not None and not panel.ratio:
                ends = [place - ASIDE / 2, place + ASIDE / 2]
                ax.plot(ends, [row.predicted] * 2, color=plots.COLOUR["theory"], label=_once(ax, "theory"))
    ticks = [
        "\n".join(shown(n, v, found.experiment.names) for n, v in zip(names, key, strict=True))
        for key in keys
    ]
    if len(names) == 1 and not isinstance(keys[0][0], str):
        ax.set_xlabel(meaning(names[0]))
        ticks = [f"{value:.4g}" for (value,) in keys]
    wide = sum(max(map(len, tick.split("\n"))) for tick in ticks) > WIDE
    ax.set_xticks(range(len(keys)), ticks, rotation=35 if wide else 0, ha="right" if wide else "center")


def _draw_rows(ax: Axes, panel: Panel, one: Series, x: np.ndarray) -> None:
    estimates = [row.ratio if panel.ratio else row.estimate for row in one.rows]
    plots.intervals(ax, x, estimates, color=one.colour, label=one.label or None, marker=one.marker)
    if isinstance(panel.x, str):
        line = _through(x, np.array([e.value for e in estimates]))
        ax.plot(*line, color=one.colour, linewidth=1, linestyle=one.line)


def _through(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the line through points: through their mean where several stand above one another."""
    at, place = np.unique(x, return_inverse=True)
    return at, np.bincount(place, y) / np.bincount(place)


def _once(ax: Axes, source: str) -> str | None:
    """Return what a source is called, the first time on an axis."""
    label = plots.LABEL[source]
    return None if label in ax.get_legend_handles_labels()[1] else label
