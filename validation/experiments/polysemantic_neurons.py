"""How many neurons are polysemantic? The paper's experiment, by AdamW and by the flow."""

from typing import Any

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from sim.metrics import polysemantic_neurons
from theory import Autoencoder, collisions
from validation.experiments import runs
from validation.experiments.experiment import Experiment, Setting
from validation.report import plots
from validation.report.statistics import USUAL, Estimate, mean
from validation.report.wording import duration, interval, number, table

SOURCES = {"simulation": "the flow", "training": "training"}
IN_RANGE = (0.8, 1.2)  # the paper counts neurons with two weights of such sizes
COUNTED = ("by_range", "by_threshold", "settled")
PAPER_FEATURES = 256
PAPER = {256: 72.0, 512: 24.0, 1024: 10.0, 2048: 5.4, 4096: 3.8}  # means, read off its plot
BLOCK = 4  # instances of the full size in a setting: an interrupted run loses minutes of training
BLOCKS = 4


def _settings(full: bool) -> list[Setting]:
    if not full:
        small = {"n": 64, "block": 0, "instances": 16}
        sizes = (64, 128, 256)
        return [{"source": source, "m": m, **small} for source in SOURCES for m in sizes]
    common = {"n": PAPER_FEATURES, "instances": BLOCK}
    many = range(256, 4097, 256)
    flows = [("simulation", m, block) for m in many for block in range(BLOCKS)]
    read_off = [("training", m, block) for block in range(BLOCKS) for m in PAPER]
    others = [("training", m, block) for block in range(BLOCKS) for m in many if m not in PAPER]
    order = (*flows, *read_off, *others)
    return [{"source": source, "m": m, "block": block, **common} for source, m, block in order]


def _measure(source: str, n: int, m: int, block: int, instances: int, seed: int) -> xr.Dataset:
    model = Autoencoder.from_training(n, m, runs.PAPER_L1_TRAIN)
    _, final = runs.ends(source, model, seed, block, instances)
    sizes = np.abs(final)
    low, high = IN_RANGE
    in_range = (sizes >= low) & (sizes <= high)
    counted = (
        (in_range.sum(axis=-2) >= 2).sum(axis=-1),
        polysemantic_neurons(sizes),
        in_range.any(axis=-1).sum(axis=-1),  # features that have their weight
    )
    return xr.Dataset(
        {name: ("replicate", np.int16(found)) for name, found in zip(COUNTED, counted, strict=True)}
    )


def counts(result: xr.Dataset, source: str, name: str = "by_range") -> xr.DataArray:
    """Return what was counted in one source, over (m, run); NaN where a run is missing."""
    rows: dict[int, dict[int, float]] = {}
    for k in np.flatnonzero(result.source.values == source):
        setting = result.isel(setting=int(k))
        values = setting[name].dropna("replicate").values
        first = int(setting.block * setting.instances)
        rows.setdefault(int(setting.m), {}).update(enumerate(map(float, values), start=first))
    neurons, numbers = sorted(rows), sorted({run for row in rows.values() for run in row})
    counted = [[rows[m].get(run, np.nan) for run in numbers] for m in neurons]
    shape = len(neurons), len(numbers)
    return xr.DataArray(np.reshape(counted, shape), {"m": neurons, "run": numbers}, ("m", "run"))


def estimate(found: xr.DataArray, m: int) -> Estimate:
    """Return the mean count at one m."""
    return mean(found.sel(m=m).dropna("run"), USUAL)


def _pooled(found: xr.DataArray) -> Estimate:
    """Return the mean over all m of the mean count; errors at different m are independent."""
    each = [estimate(found, m) for m in found.m.values.tolist()]
    value = float(np.mean([e.value for e in each]))
    half = float(np.linalg.norm([(e.high - e.low) / 2 for e in each])) / len(each)
    return Estimate(value, value - half, value + half, f"from {each[0].method} at each m")


def _scaled(found: Estimate, unit: float) -> Estimate:
    return Estimate(found.value / unit, found.low / unit, found.high / unit, found.method)


def _exclusion(n: int, m: int) -> float:
    return float(collisions.polysemantic_neurons(n, m).mean())


def read_off(n: int) -> dict[int, float]:
    """Return by m what the paper's plot shows for so many features."""
    return PAPER if n == PAPER_FEATURES else {}


def _figure(result: xr.Dataset) -> Figure:
    n, neurons = int(result.n[0]), sorted({*result.m.values.tolist()})
    figure, (axes,) = plots.panels(1, 2, width=6.2, height=4.8)
    laws = {"theory": [_exclusion(n, m) for m in neurons]}
    laws["heuristic"] = [collisions.paper_heuristic(n, m) for m in neurons]
    plots.polysemantic_against_neurons(axes[0], neurons, {}, **laws)
    shares = np.divide(laws["heuristic"], laws["theory"])
    axes[1].plot(neurons, shares, "--", color=plots.COLOUR["heuristic"], label="n²/(4m)")
    axes[1].axhline(1, color=plots.COLOUR["theory"], label="exclusion law")
    axes[1].set(xscale="log", xlabel="neurons m", ylabel="polysemantic neurons / exclusion law")
    for source, aside in zip(SOURCES, (0.98, 1.02), strict=True):
        found = counts(result, source)
        at = found.m.values.tolist()
        estimates = [estimate(found, m) for m in at]
        ratios = [_scaled(e, _exclusion(n, m)) for e, m in zip(estimates, at, strict=True)]
        for ax, shown in zip(axes, (estimates, ratios), strict=True):
            if at:
                colour, label = plots.COLOUR[source], plots.LABEL[source]
                plots.intervals(ax, np.multiply(at, aside), shown, color=colour, label=label)
    if paper := {m: value for m, value in read_off(n).items() if m in neurons}:
        style: dict[str, Any] = {"color": plots.PURPLE, "markersize": 8, "label": "paper, read off its plot"}
        axes[0].plot(list(paper), list(paper.values()), "x", **style)
        axes[1].plot(list(paper), [value / _exclusion(n, m) for m, value in paper.items()], "x", **style)
    ticks = [m for m in neurons if m == neurons[0] * 2 ** round(np.log2(m / neurons[0]))]
    for ax in axes:
        ax.set_xticks(ticks, [str(m) for m in ticks])
        ax.minorticks_off()
        ax.legend()
    axes[1].set_ylim(0, None)
    figure.suptitle(
        f"Polysemantic neurons with n = {n} features, λ = {runs.PAPER_L1_TRAIN / 4:g}; bars: 95 % intervals"
    )
    return figure


def _findings(result: xr.Dataset) -> str:
    n = int(result.n[0])
    said = [_said_of(source, counts(result, source), n) for source in SOURCES]
    text = " ".join(filter(None, (*said, _compared(result), _rules(result), _of_paper(result, n))))
    return (
        f"{n} features, λ_train = {runs.PAPER_L1_TRAIN:g}. {text} Intervals are 95 %.\n\n"
        f"{_time(result)}\n\n{_table(result, n)}"
    )


def _said_of(source: str, found: xr.DataArray, n: int) -> str:
    if not found.size:
        return ""
    neurons = found.m.values.tolist()
    ends = " and ".join(
        f"{interval(estimate(found, m))} at m = {m}" for m in sorted({neurons[0], neurons[-1]})
    )
    law, heuristic = (
        sum(predict(n, m) for m in neurons) / len(neurons)
        for predict in (_exclusion, collisions.paper_heuristic)
    )
    pooled = _pooled(found)
    return (
        f"The mean number of polysemantic neurons at the end of {SOURCES[source]} is {ends}. Over all "
        f"{len(neurons)} sizes m it is {interval(_scaled(pooled, law))} times the exclusion law and "
        f"{interval(_scaled(pooled, heuristic))} times n²/(4m)."
    )


def _compared(result: xr.Dataset) -> str:
    """Say by how much training differs from the flow from the same initial weights."""
    flow, trained = (counts(result, source) for source in SOURCES)
    difference = (trained - flow).dropna("m", how="all").dropna("run", how="all")
    if not difference.size:
        return ""
    found = _pooled(difference)
    verdict = "fewer" if found.high < 0 else "more" if found.low > 0 else "a difference is not seen"
    return (
        f"Training ({runs.STEPS:,} steps of AdamW at rate {runs.RATE:g}) minus flow from the same initial "
        f"weights is {interval(found)} neurons, in the mean over {difference.sizes['m']} sizes m: {verdict}."
    )


def _rules(result: xr.Dataset) -> str:
    """Say whether the rule of counting matters."""
    low, high = IN_RANGE
    said = []
    for source, name in SOURCES.items():
        rule, threshold, settled = (counts(result, source, of) for of in COUNTED)
        if rule.size:
            share = float(settled.mean()) / int(result.n[0])
            said.append(
                f"in {name} {share:.1%} of features have a weight of size {low} to {high}, and the paper's "
                f"rule (two in that range) counts {int(rule.sum())} neurons where there are "
                f"{int(threshold.sum())} with two above 0.5"
            )
    return f"The rule of counting: {'; '.join(said)}."


def _of_paper(result: xr.Dataset, n: int) -> str:
    said = []
    for source, name in SOURCES.items():
        found = counts(result, source)
        both = {m: estimate(found, m) for m in found.m.values.tolist() if m in read_off(n)}
        inside = sum(e.low <= PAPER[m] <= e.high for m, e in both.items())
        if both:
            said.append(f"{inside} of {len(both)} lie in the intervals of {name}")
    return f"Of the paper's own means, read off its plot, {' and '.join(said)}." if said else ""


def _time(result: xr.Dataset) -> str:
    """Say how long training took, and how long all of it would take at that pace."""
    training = result.isel(setting=np.flatnonzero(result.source.values == "training"))
    took = float(training.seconds.sum())
    text = f"The flow took {duration(float(result.seconds.sum()) - took)}, training {duration(took)}"
    planned = [s for s in _settings(bool(result.attrs["full"])) if s["source"] == "training"]
    done = training.sizes["setting"]
    if not 0 < done < len(planned):
        return text + "."
    work = sum(int(s["m"]) * int(s["instances"]) for s in planned)
    share = float((training.m * training.instances).sum()) / work
    return (
        f"{text} for {done} of its {len(planned)} settings; at this pace, in proportion to m, all of them "
        f"would take {duration(took / share)}."
    )


def _table(result: xr.Dataset, n: int) -> str:
    header = (
        *("m", "exclusion law", "n²/(4m)", "flow", "runs", "over the law", "training", "runs"),
        *("over the law", "paper"),
    )
    rows = []
    for m in sorted({*result.m.values.tolist()}):
        cells = [f"{m}", number(_exclusion(n, m)), number(collisions.paper_heuristic(n, m))]
        for source in SOURCES:
            found = counts(result, source)
            if m in found.m:
                means = estimate(found, m)
                ratio = interval(_scaled(means, _exclusion(n, m)))
                cells += [interval(means), f"{found.sel(m=m).count().item()}", ratio]
            else:
                cells += ["–"] * 3
        rows.append([*cells, number(read_off(n)[m]) if m in read_off(n) else "–"])
    return table(header, rows)


experiment = Experiment(
    "polysemantic_neurons",
    "How many neurons are polysemantic, against their number m?",
    "seed 001, “Benign and malign collisions”; arXiv:2312.03096, polysemantic neurons against m",
    _settings,
    _measure,
    _figure,
    _findings,
)
