"""How fast does one encoding sparsify? Theory, exact flow and gradient descent in the paper's own run."""

from itertools import product

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from sim import sparsify
from theory import Autoencoder, sparsification
from validation.experiments import decay, runs
from validation.experiments.experiment import Experiment, Setting, parts
from validation.report import plots
from validation.report.statistics import USUAL, Estimate, mean
from validation.report.wording import interval, number, table
from validation.training import train

STD = runs.PAPER.init_std * runs.PAPER.n_neurons**0.5  # times 1/√m
STEP = 0.5  # flow time of a step of the paper's Euler method, which is a step of gradient descent
STEPS = 20_000
QUANTITIES = {"l1_norm": "norms ‖w‖₁", "active": "active weights"}
SOURCES = ("simulation", "training")
LAWS = (sparsification.population, sparsification.paper_heuristic)
SHOWN = (1.0, 10.0, 100.0, 1e3, 1e4)  # about these times findings are told


def _settings(full: bool) -> list[Setting]:
    return [{"m": runs.PAPER.n_neurons, "l1": runs.PAPER.l1, "encodings": 16 if full else 4}]


def model(part: xr.Dataset) -> Autoencoder:
    """Return the model of a measurement: one feature, and the paper's deviation of the initial weights."""
    return _model(int(part.m), float(part.l1))


def _model(m: int, l1: float) -> Autoencoder:
    return Autoencoder(1, m, l1, STD * m**-0.5)


def _measure(m: int, l1: float, encodings: int, seed: int) -> xr.Dataset:
    trained = train(
        _model(m, l1), "gd", steps=STEPS, learning_rate=STEP / 4, replicates=encodings, seed=seed
    ).squeeze("feature")
    flows = [sparsify(initial, l1, trained.time.values) for initial in trained.initial.values]
    return xr.Dataset(
        {
            name: (
                ("source", "replicate", "time"),
                np.stack(
                    [[flow[name] for flow in flows], trained[name].transpose("replicate", "time")]
                ).astype("f4"),
            )
            for name in (*QUANTITIES, "l2_norm")
        },
        {"source": list(SOURCES), "time": trained.time.values},
    )


def _shown(part: xr.Dataset) -> np.ndarray:
    """Return the recorded times to be told."""
    recorded = part.time.values[part.time.values > 0]
    return np.unique([recorded[np.abs(np.log(recorded / time)).argmin()] for time in SHOWN])


def ratio(part: xr.Dataset, source: str, name: str, time: float) -> Estimate:
    """Return measured over predicted at a recorded time."""
    predicted = sparsification.population(model(part), np.array([time]))[name].item()
    return mean(part[name].sel(source=source, time=time) / predicted, USUAL)


def _discretised(part: xr.Dataset, name: str, time: float) -> Estimate:
    """Return by what share gradient descent is off the flow from the same initial weights."""
    at = part[name].sel(time=time)
    return mean(at.sel(source="training") / at.sel(source="simulation") - 1, USUAL)


def _power(part: xr.Dataset, source: str, name: str) -> tuple[Estimate, float, float]:
    """Return the power of time by which a quantity falls in the last decade: measured, theory, heuristic."""
    ends = part.time.values[[np.abs(part.time.values - part.time.values[-1] / 10).argmin(), -1]]
    span = np.log(ends[1] / ends[0])
    first, last = (part[name].sel(source=source, time=time) for time in ends)
    predicted = (law(model(part), ends)[name].values for law in LAWS)
    theory, heuristic = (float(np.log(values[1] / values[0]) / span) for values in predicted)
    return mean(np.log(last / first) / span, USUAL), theory, heuristic


def _figure(result: xr.Dataset) -> Figure:
    part = next(parts(result))
    figure, (axes,) = plots.panels(1, 3)
    measured = {  # at every other time each, so that they do not hide one another
        source: part.sel(source=source).isel(time=slice(first, None, 2))
        for first, source in ((1, "simulation"), (2, "training"))
    }
    decay.overlay(axes[:2], tuple(QUANTITIES), model(part), USUAL, **measured)
    last = axes[2]
    for (source, run), (name, label) in product(measured.items(), QUANTITIES.items()):
        shares = [ratio(part, source, name, time) for time in run.time.values]
        shade = {"markerfacecolor": "white"} if name == "active" else {}
        plots.intervals(
            last,
            run.time,
            shares,
            color=plots.COLOUR[source],
            label=f"{plots.LABEL[source]}, {label}",
            **shade,
        )
    times = np.geomspace(STEP, part.time.values[-1], 100)
    theory, heuristic = (law(model(part), times) for law in LAWS)
    for (name, label), style in zip(QUANTITIES.items(), ("--", ":"), strict=True):
        colour = plots.COLOUR["heuristic"]
        last.plot(
            times,
            heuristic[name] / theory[name],
            style,
            color=colour,
            label=f"{plots.LABEL['heuristic']}, {label}",
        )
    last.axhline(1, color=plots.COLOUR["theory"], linewidth=1, label=plots.LABEL["theory"])
    last.set(xscale="log", ylim=(0, None), xlabel=plots.TIME, ylabel="over theory")
    last.legend(fontsize="small")
    figure.suptitle(
        f"One encoding sparsifies: m = {int(part.m):,} weights, λ = {float(part.l1):g}, "
        f"{part.sizes['replicate']} encodings; bars: 95 % intervals"
    )
    return figure


def _findings(result: xr.Dataset) -> str:
    part = next(parts(result))
    times = _shown(part)
    ratios = {
        source: [ratio(part, source, name, time) for name, time in product(QUANTITIES, times)]
        for source in SOURCES
    }
    worst = {source: max(abs(found.value - 1) for found in ratios[source]) for source in SOURCES}
    inside = {source: sum(found.low <= 1 <= found.high for found in ratios[source]) for source in SOURCES}
    theory, heuristic = (law(model(part), times) for law in LAWS)
    factor = max(np.exp(np.abs(np.log(heuristic[name] / theory[name])).max().item()) for name in QUANTITIES)
    off, time = max(
        ((_discretised(part, name, time), time) for name, time in product(QUANTITIES, times)),
        key=lambda pair: abs(pair[0].value),
    )
    active = part.active.sel(source="simulation")
    powers = " and ".join(_powers(part, name, label) for name, label in QUANTITIES.items())
    return (
        f"Of m = {int(part.m):,} weights at λ = {float(part.l1):g}, interference off, "
        f"{interval(mean(active.sel(time=times[0]), USUAL))} are active at t = {times[0]:g} and "
        f"{interval(mean(active.sel(time=times[-1]), USUAL))} at t = {times[-1]:g} (exact flow). The "
        f"population limit, which has no free constant, is at most {worst['simulation']:.1%} off the means "
        f"of the flow in the table and lies in {inside['simulation']} of their "
        f"{len(ratios['simulation'])} intervals; the paper's heuristic is up to a factor of {factor:.2f} off "
        f"it. Gradient descent from the same weights, in steps of flow time {STEP:g}, is at most "
        f"{worst['training']:.1%} off the limit, which lies in {inside['training']} of its "
        f"{len(ratios['training'])} intervals; from the flow it differs most at t = {time:g}, by "
        f"{_percent(off)} %. In the last decade of time {powers}. {part.sizes['replicate']} encodings; "
        f"intervals are 95 %.\n\n{_table(part, times)}"
    )


def _powers(part: xr.Dataset, name: str, label: str) -> str:
    (flow, theory, heuristic), (trained, *_) = (_power(part, source, name) for source in SOURCES)
    return (
        f"the {label} go like t to the power {interval(flow)} in the flow and {interval(trained)} under "
        f"gradient descent (theory {theory:.3f}, paper's heuristic {heuristic:.3f})"
    )


def _table(part: xr.Dataset, times: np.ndarray) -> str:
    header = (
        "flow time t",
        "quantity",
        "theory",
        "paper's heuristic",
        "flow",
        "gradient descent",
        "gradient descent off the flow, %",
    )
    rows = (
        (
            f"{time:g}",
            label,
            *(number(law(model(part), np.array([time]))[name].item()) for law in LAWS),
            *(interval(mean(part[name].sel(source=source, time=time), USUAL)) for source in SOURCES),
            _percent(_discretised(part, name, time)),
        )
        for (name, label), time in product(QUANTITIES.items(), times)
    )
    return table(header, rows)


def _percent(share: Estimate) -> str:
    return interval(Estimate(100 * share.value, 100 * share.low, 100 * share.high, share.method))


experiment = Experiment(
    "sparsification_speed",
    "How fast does one encoding sparsify?",
    "seed 001, “How fast does it sparsify?”; arXiv:2312.03096, speed of sparsification",
    _settings,
    _measure,
    _figure,
    _findings,
)
