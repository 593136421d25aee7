"""How fast does one encoding sparsify? Theory, exact flow and gradient descent in the paper's own run."""

from collections.abc import Callable
from itertools import product

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim import sparsify
from theory import Autoencoder, sparsification
from validation.experiments.experiment import Experiment, Panel, Quantity, grid
from validation.experiments.findings import Findings
from validation.report import plots
from validation.report.statistics import Estimate, mean
from validation.training import train

SCALE = 0.9  # of the initial weights, times 1/√m
STEP = 0.5  # flow time of a step of the paper's Euler method, which is a step of gradient descent
STEPS = 20_000
LABELS = {"l1_norm": "‖w‖₁", "active": "active weights"}
SOURCES = ("simulation", "training")
SHOWN = (10.0, 100.0, 1e3, 1e4)  # about these times numbers are given
COUNTED = {"l1_norm": 10.0, "active": 1e3}  # times from which on theory speaks of gradient descent


def measure(m: int, l1: float, encodings: int, seed: int) -> xr.Dataset:
    """Follow single encodings at the paper's settings, by the exact flow and by gradient descent.

    Both begin with the same weights, of deviation 0.9/√m; each of 20,000 steps of gradient descent is 0.5 of
    flow time, as in the paper.
    """
    model = _model(m, l1)
    run = train(model, "gd", steps=STEPS, learning_rate=STEP / 4, replicates=encodings, seed=seed)
    run = run.squeeze("feature")
    flows = [sparsify(initial, l1, run.time.values) for initial in run.initial.values]
    both = {
        name: np.stack([[flow[name] for flow in flows], run[name].transpose("replicate", "time")])
        for name in (*LABELS, "l2_norm")
    }
    dims = ("source", "replicate", "time")
    variables = {name: (dims, values.astype("f4")) for name, values in both.items()}
    return xr.Dataset(variables, {"source": list(SOURCES), "time": run.time.values})


def _model(m: int, l1: float) -> Autoencoder:
    return Autoencoder(1, m, l1, SCALE * m**-0.5)


def _law(
    part: xr.Dataset, name: str, times: np.ndarray, law: Callable = sparsification.population
) -> np.ndarray:
    return law(_model(int(part.m), float(part.l1)), np.atleast_1d(times))[name].values


def _at(source: str, name: str, time: float) -> Quantity:
    def now(part: xr.Dataset) -> xr.DataArray:
        return part[name].sel(source=source).sel(time=time, method="nearest")

    def predicted(part: xr.Dataset) -> float | None:
        counted = source == "simulation" or time >= COUNTED[name]
        return _law(part, name, now(part).time.values)[0] if counted else None

    label = f"{LABELS[name]} at t ≈ {time:g}"
    return Quantity(label, lambda part, level: mean(now(part), level), predicted, source=source)


def _power(source: str, name: str) -> Quantity:
    """Return the power of time by which a quantity falls in the last decade."""

    def slope(part: xr.Dataset, values: Callable[[xr.Dataset, np.ndarray], np.ndarray]) -> np.ndarray:
        ends = part.time.sel(time=part.time.values[-1] * np.array([0.1, 1]), method="nearest").values
        return np.diff(np.log(values(part, ends)), axis=-1)[..., 0] / np.diff(np.log(ends))

    def estimate(part: xr.Dataset, level: float) -> Estimate:
        return mean(slope(part, lambda part, ends: part[name].sel(source=source, time=ends).values), level)

    label = f"power of t in {LABELS[name]}, last decade"
    return Quantity(
        label, estimate, lambda part: slope(part, lambda p, t: _law(p, name, t))[0], source=source
    )


def _course(name: str) -> Callable[[Axes, Findings], None]:
    """Return what draws a quantity over theory against time, beside the paper's heuristic."""

    def draw(ax: Axes, found: Findings) -> None:
        part = found.result.isel(setting=0)
        for first, source in enumerate(SOURCES, 1):  # at other times each, so that none hides another
            run = part[name].sel(source=source).isel(time=slice(first, None, 2))
            ratios = run / xr.DataArray(_law(part, name, run.time.values), dims="time")
            each = [mean(ratio, found.level) for ratio in ratios.transpose("time", "replicate")]
            plots.intervals(ax, run.time, each, color=plots.COLOUR[source], label=plots.LABEL[source])
        times = np.geomspace(STEP, part.time.values[-1], 100)
        heuristic = _law(part, name, times, sparsification.paper_heuristic) / _law(part, name, times)
        ax.plot(times, heuristic, "--", color=plots.COLOUR["heuristic"], label=plots.LABEL["heuristic"])
        ax.axhline(1, color=plots.COLOUR["theory"], linewidth=1, label=plots.LABEL["theory"])
        ax.set(xscale="log", xlabel=plots.TIME, ylabel=f"{LABELS[name]}, over theory", ylim=(0, None))

    return draw


def _answer(found: Findings) -> str:
    flow, trained = (found(f"{source} active {SHOWN[-1]:g}")[0] for source in SOURCES)
    return (
        f"{'As' if flow.agrees and trained.agrees else 'Not as'} fast as the population limit says, which "
        f"has no free constant: of {flow.setting['m']:,} weights {flow} are active at λt ≈ 0.1 in the exact "
        f"flow and {trained} under gradient descent, where it says {flow.predicted:.1f}."
    )


def _meaning(found: Findings) -> str:
    rows = [row for row in found.rows if row.name.startswith(SOURCES) and row.predicted]
    return (
        f"Means are at most {max(abs(row.ratio.value - 1) for row in rows):.1%} off the limit, which lies in "
        f"{sum(row.agrees for row in rows)} of {len(rows)} intervals; the paper's heuristic (dashed) has the "
        "right powers and the wrong constants. In the last decade of time the number of active weights goes "
        f"like t to the power {found('power simulation active')[0]}: 2 is the limit, reached only slowly."
    )


EXPERIMENTS = (
    Experiment(
        "sparsification_speed",
        "How fast does one encoding sparsify?",
        "seed 001, “How fast does it sparsify?”; arXiv:2312.03096, speed of sparsification",
        lambda full: grid({"m": 100_000, "l1": 1e-5, "encodings": 16 if full else 4}),
        measure,
        {f"{s} {name} {time:g}": _at(s, name, time) for s, name, time in product(SOURCES, LABELS, SHOWN)}
        | {f"power {s} {name}": _power(s, name) for s, name in product(SOURCES, LABELS)},
        tuple(Panel(draw=_course(name)) for name in LABELS),
        _answer,
        _meaning,
        "One λ and one number of weights, the paper's. Early, gradient descent jumps about 0 and does not "
        "count small weights as active: theory is held against its counts from t = 10³ on.",
        in_check=lambda setting: True,
    ),
)
