"""Pictures of results: each function draws on an axis and returns it.

One colour for each source throughout (Okabe and Ito's palette, safe for colour-blind readers).
"""

import io
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import xarray as xr
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.colors import TwoSlopeNorm
from matplotlib.figure import Figure
from numpy.typing import ArrayLike

from sim.metrics import features_on
from theory.common import files
from theory.common.arguments import ArgumentError
from validation.report import statistics

if TYPE_CHECKING:
    from scipy.stats.distributions import rv_frozen

BLACK, ORANGE, SKY, GREEN, BLUE, VERMILION, PURPLE, GREY = (
    "#000000",
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
    "#999999",
)
COLOUR = {"theory": BLACK, "heuristic": ORANGE, "simulation": BLUE, "training": VERMILION, "untied": GREEN}
LABEL = {
    "theory": "theory",
    "heuristic": "paper's heuristic",
    "simulation": "simulated flow",
    "training": "trained model",
    "untied": "trained, untied",
}
AXIS = {
    "active": "active weights",
    "l1_norm": "L1 norm ‖w‖₁",
    "l2_norm": "L2 norm ‖w‖",
    "energy": "energy E(W)",
}
TIME = "flow time t"
COURSE = dict.fromkeys(("active", "l1_norm", "l2_norm"), ("time", "feature")) | {"energy": ("time",)}
MAPS = dict.fromkeys(("initial", "final"), ("feature", "neuron"))
FORMATS = ("png", "svg", "pdf")
RESOLUTION = 150


def panels(
    rows: int = 1, columns: int = 1, width: float = 5.2, height: float = 4.0
) -> tuple[Figure, np.ndarray]:
    """Return a figure with a grid of axes, shape (rows, columns); nothing global is touched."""
    figure = Figure(figsize=(width * columns, height * rows), layout="constrained")
    axes = figure.subplots(rows, columns, squeeze=False)
    for ax in axes.flat:
        ax.spines[["top", "right"]].set_visible(False)
    return figure, axes


def sequence(number: int) -> np.ndarray:
    """Return so many colours in an order that colour-blind readers see as well, dark to light."""
    return colormaps["viridis"](np.linspace(0, 0.9, number))


def writable(path: str | os.PathLike) -> Path:
    """Return `path`, checked before any work is done: a picture can be written there.

    Raises
    ------
    ValueError
        If it ends in none of .png, .svg and .pdf, or a file cannot be written there.
    """
    path = Path(path)
    if path.suffix.lower().removeprefix(".") not in FORMATS:
        raise ArgumentError(f"out must end in .{', .'.join(FORMATS)}, got {path}")
    return files.writable(path)


def save(figure: Figure, path: str | os.PathLike) -> Path:
    """Write a figure to a file, atomically; its suffix says the format.

    Raises
    ------
    ValueError
        If a picture cannot be written there.
    """
    path = writable(path)
    return files.write(path, drawn(figure, path.suffix.lower().removeprefix(".")))


def drawn(figure: Figure, form: str) -> bytes:
    """Return the content of a picture file of that format: one of `FORMATS`."""
    stream = io.BytesIO()
    figure.savefig(stream, format=form, dpi=RESOLUTION)
    return stream.getvalue()


def intervals(
    ax: Axes, x: ArrayLike, estimates: list[statistics.Estimate], marker: str = "o", **style: Any
) -> Axes:
    """Draw estimates as points with their intervals."""
    value, low, high = np.array([(e.value, e.low, e.high) for e in estimates]).T
    ax.errorbar(
        x, value, (value - low, high - value), fmt=marker, markersize=4, capsize=3, linewidth=1.2, **style
    )
    return ax


def band(ax: Axes, x: ArrayLike, estimates: list[statistics.Estimate], **style: Any) -> Axes:
    """Draw estimates as a line in the band of their intervals."""
    value, low, high = np.array([(e.value, e.low, e.high) for e in estimates]).T
    (line,) = ax.plot(x, value, **style)
    ax.fill_between(x, low, high, color=line.get_color(), alpha=0.25, linewidth=0)
    return ax


def encodings(ax: Axes, weights: np.ndarray) -> Axes:
    """Draw encodings, shape (feature, neuron), as a heat map with 0 in white; ▼ marks polysemantic."""
    extreme = max(float(np.abs(weights).max()), 1e-12)
    scale = TwoSlopeNorm(0, -extreme, extreme)
    image = ax.imshow(weights, cmap="PuOr", norm=scale, aspect="auto", interpolation="nearest")
    ax.figure.colorbar(image, ax=ax, label="weight")
    ax.spines[["top", "right"]].set_visible(True)
    margin = 0.08 * len(weights)  # for the marks
    ax.set(xlabel="neuron", ylabel="feature", ylim=(len(weights) - 0.5, -0.5 - margin))
    polysemantic = np.flatnonzero(features_on(weights) >= 2)
    ax.plot(polysemantic, np.full(polysemantic.size, -0.5 - margin / 2), "v", color=VERMILION, markersize=5)
    return ax


def quantiles(ax: Axes, sample: np.ndarray, law: "rv_frozen") -> Axes:
    """Draw the quantiles of a sample against those of a law (Q-Q plot) with the band of the KS distance."""
    ordered = np.sort(np.asarray(sample, dtype=float).ravel())
    levels = (np.arange(ordered.size) + 0.5) / ordered.size
    expected = law.ppf(levels)
    found = statistics.distance(ordered, law.cdf)
    critical = found.high - found.value
    top = 1.05 * max(expected[-1], ordered[-1])
    low, high = (np.minimum(law.ppf(np.clip(levels + d, 0, 1)), top) for d in (-critical, critical))
    band = f"inside the {statistics.LEVEL:.1%} band"
    ax.fill_between(expected, low, high, color=SKY, alpha=0.3, linewidth=0, label=band)
    ax.plot(expected, expected, color=BLACK, linewidth=1, label="equal")
    ax.plot(expected, ordered, ".", color=COLOUR["simulation"], markersize=3, label=LABEL["simulation"])
    ax.set(xlabel="quantiles of the law", ylabel="quantiles of the sample", ylim=(None, top))
    ax.legend()
    return ax


def result(saved: xr.Dataset) -> Figure:
    """Return a figure of a saved simulation or training run: its course, and encodings before and after.

    Raises
    ------
    ValueError
        If `saved` is no result of `sim.simulate` or `validation.train`.
    """
    if saved.attrs.get("source") not in LABEL or not {"time", "step"} & set(saved.coords):
        raise ArgumentError("file must hold a result of simulate or train, got one without times")
    title = _title(saved)
    if saved.sizes.get("replicate"):
        title += f", replicate 1 of {saved.sizes['replicate']}"
        saved = saved.isel(replicate=0)
    if "time" not in saved.coords:  # steps of an optimiser that follows no flow
        saved = saved.swap_dims(time="step") if "time" in saved.dims else saved
    clock = "time" if "time" in saved.dims else "step"
    for name, axes in {**COURSE, **MAPS}.items():
        if name not in saved:
            raise ArgumentError(f"file must hold a result of simulate or train, got one without {name}")
        values, wanted = saved[name], [clock if axis == "time" else axis for axis in axes]
        if set(values.dims) != set(wanted) or values.dtype.kind not in "fiu" or not np.isfinite(values).all():
            raise ArgumentError(f"file must hold {name} as finite numbers with axes ({', '.join(wanted)})")
    figure = Figure(figsize=(17, 8), layout="constrained")
    figure.suptitle(title)
    top, bottom = figure.subfigures(2, 1, squeeze=False).flat
    for ax, name in zip(top.subplots(1, len(COURSE)), COURSE, strict=True):
        _course(ax, saved[name], saved.source)
    for ax, name, when in zip(bottom.subplots(1, 2), MAPS, ("start", "end"), strict=True):
        encodings(ax, saved[name].transpose(*MAPS[name]).values)
        ax.set_title(f"Encodings at the {when} (▼ polysemantic)")
    return figure


def _course(ax: Axes, values: xr.DataArray, source: str) -> None:
    """Draw one variable against time: each feature thinly, and the mean."""
    clock = "time" if "time" in values.dims else "step"  # AdamW follows no flow and has no flow time
    values = values.isel({clock: values[clock].values > 0})
    clocks, colour = values[clock].values, COLOUR[source]
    if "feature" in values.dims:
        ax.plot(clocks, values.transpose(clock, "feature"), color=GREY, linewidth=0.6, alpha=0.5)
        ax.plot([], [], color=GREY, label="each feature")
        ax.plot(clocks, values.mean("feature"), color=colour, linewidth=2, label="mean over features")
        ax.legend()
    else:
        ax.plot(clocks, values, color=colour, linewidth=2)
    ax.spines[["top", "right"]].set_visible(False)
    ax.set(xscale="log", xlabel=TIME if clock == "time" else "training step", ylabel=AXIS[str(values.name)])
    if values.name == "active":
        ax.set_yscale("symlog", linthresh=1)
        ax.set_ylim(0, None)


def _title(saved: xr.Dataset) -> str:
    attributes = saved.attrs
    names = {"n_features": "n", "n_neurons": "m", "l1": "λ", "seed": "seed"}
    settings = (
        f"{short} = {_short(attributes[name])}" for name, short in names.items() if name in attributes
    )
    return f"{LABEL[attributes['source']].capitalize()}: {', '.join(settings)}"


def _short(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
