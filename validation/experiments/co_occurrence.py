"""Co-occurrence: whether polysemantic neurons vanish when features are on together by chance, and where.

All is per occurrence of a feature, as in `theory.co_occurrence`: p → 0 is the model of seed 001 at this λ.
"""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sim.forces import FORCES, Force, co_occurrence
from sim.metrics import polysemantic_neurons
from sim.replicates import observe
from theory import Autoencoder, collisions
from theory.co_occurrence import pair_cost
from theory.sparsification.reduction import final_weight
from validation import plots
from validation.co_occurring import (
    SPARSE,
    Series,
    allowed,
    average,
    finite,
    follow,
    halved,
    remaining,
    series_of,
    sparse_at,
    vanished,
)
from validation.experiment import Experiment, Setting, parts
from validation.sparse_inputs import loss_per_occurrence, relative, train_rare
from validation.statistics import USUAL, Estimate, share
from validation.wording import interval, number, table

END = 8.0  # of a run, in units of 1/λ
RATIOS = (0, 0.05, 0.15, 0.5, 1, 1.5, 2.5, 5)  # p/λ
UNDECIDED = 0.2, 0.8  # sizes that are neither those of winners nor of losers
FLOWS = plots.BLUE, plots.SKY, plots.GREEN  # by λ


def _settings(full: bool) -> list[Setting]:
    n, sizes, strengths = (64, (128, 256), (0.02, 0.005, 0.002)) if full else (32, (64,), (0.02, 0.005))
    probabilities = (0, 0.003, 0.01, 0.03, 0.1, 0.2, 0.3) if full else (0, 0.003, 0.01, 0.03, 0.1, 0.3)
    flows: list[Setting] = [
        {"source": "simulation", "n": n, "m": m, "l1": l1, "p": round(ratio * l1, 7)}
        for m in sizes
        for l1 in strengths
        for ratio in RATIOS
        if (n - 1) * ratio * l1 < 1  # of second order in p
    ]
    networks: list[Setting] = [
        {"source": "training", "n": n, "m": m, "l1": strengths[0], "p": float(p)}
        for m in sizes
        for p in probabilities
    ]
    runs = {"simulation": 120 if full else 96, "training": 12 if full else 16}
    return [{**setting, "replicates": runs[str(setting["source"])]} for setting in flows + networks]


def _measure(source: str, n: int, m: int, l1: float, p: float, replicates: int, seed: int) -> xr.Dataset:
    model = Autoencoder(n, m, l1)
    runner_up = np.full((replicates, n // 2), np.nan)
    if source == "training":
        final, times, active = train_rare(model, "independent", p, END / l1, replicates, seed)
    else:
        times = np.geomspace(0.01, 1, 80) * END / l1
        forces: list[str | Force] = [*FORCES, *([co_occurrence(p)] if p else [])]
        seen = observe(lambda flow: follow(flow, times), model, replicates, seed, forces=forces)
        final, active = seen["final"], seen["active"]
        runner_up = runner_up if p else seen["runner_up"]
    sizes = np.abs(relative(final))
    undecided = ((sizes > UNDECIDED[0]) & (sizes < UNDECIDED[1])).sum(axis=(1, 2))
    return xr.Dataset(
        {
            "polysemantic": ("replicate", np.asarray(polysemantic_neurons(sizes), np.int16)),
            "undecided": ("replicate", undecided.astype(np.int16)),
            "loss": ("replicate", np.array([loss_per_occurrence(w, p) / n for w in final], np.float32)),
            "time": ("replicate", np.array([sparse_at(times, each) for each in active], np.float32)),
            "runner_up": (("replicate", "pair"), runner_up.astype(np.float32)),
        }
    )


def _name(series: Series) -> str:
    part = series[0]
    return f"{plots.LABEL[str(part.source.values)]}, λ = {float(part.l1):g}, m = {int(part.m)}"


def _figure(result: xr.Dataset) -> Figure:
    figure, axes = plots.panels(2, 2, 6.2, 4.2)
    (counts, shares), (losses, times) = axes
    groups = series_of(result)
    strengths, sizes = (sorted({float(g[0][name]) for g in groups}) for name in ("l1", "m"))
    colours = dict(zip(reversed(strengths), FLOWS, strict=False))
    positive = result.p.values[result.p.values > 0]
    for series in groups:
        m, l1, source = int(series[0].m), float(series[0].l1), str(series[0].source.values)
        colour = plots.COLOUR["training"] if source == "training" else colours.get(l1, plots.GREY)
        line = ("-", "--", ":")[sizes.index(m) % 3]
        p = [float(part.p) for part in series]
        for ax, name, scale in ((counts, "polysemantic", 1.0), (losses, "loss", 1.0), (times, "time", l1)):
            averages = [average(finite(part, name) * scale) for part in series]
            _drawn(ax, p, averages, _name(series), colour, line)
        kept = [(x / l1, left) for x, left in zip(p, remaining(series), strict=True) if left]
        if kept:
            _drawn(shares, [x for x, _ in kept], [left for _, left in kept], _name(series), colour, line)
    _overlay(counts, losses, shares, groups, positive)
    for ax in (counts, losses, times):
        ax.set_xscale("symlog", linthresh=float(positive.min()) if positive.size else 1e-3)
        ax.set_xlim(left=0)
        ax.set_xlabel("probability p that a feature is on")
    counts.set(ylabel="polysemantic neurons", ylim=(0, None))
    shares.set(xscale="symlog", xlabel="p/λ", ylabel="polysemantic neurons, share of p = 0", ylim=(0, 1.1))
    shares.set_xlim(left=0)
    losses.set(yscale="log", ylabel="loss per occurrence and feature, E[loss]/(np)")
    times.set(ylabel=f"time λt to {SPARSE:g} active weights a feature", ylim=(0, None))
    for ax in (counts, shares, losses):
        if ax.get_legend_handles_labels()[0]:
            ax.legend(fontsize="x-small")
    figure.suptitle(f"Features on together by chance, n = {int(result.n[0])}; bars: 95 % intervals")
    return figure


def _drawn(ax: Axes, x: list, estimates: list[Estimate], label: str, color: str, linestyle: str) -> None:
    plots.intervals(ax, x, estimates, color=color)
    values = [estimate.value for estimate in estimates]
    ax.plot(x, values, "o", color=color, linestyle=linestyle, linewidth=1, markersize=4, label=label)


def _overlay(counts: Axes, losses: Axes, shares: Axes, groups: list[Series], positive: np.ndarray) -> None:
    """Draw what theory says beside what was measured."""
    n = int(groups[0][0].n)
    for m in sorted({int(series[0].m) for series in groups}):
        law = collisions.polysemantic_neurons(n, m).mean()
        counts.plot(0, law, "*", color=plots.BLACK, label=f"exclusion law, m = {m}", clip_on=False)
    grid = np.geomspace(positive.min(), positive.max(), 50) if positive.size else np.array([])
    trained = [series for series in groups if str(series[0].source.values) == "training"] or groups
    for series in trained[:1]:
        l1 = float(series[0].l1)
        base = float((1 - final_weight(l1) ** 2) ** 2)
        label = f"theory: no polysemantic neuron, λ = {l1:g}"
        losses.plot(grid, np.full(grid.size, base), color=plots.BLACK, label=label)
        if not float(series[0].p):
            pairs = finite(series[0], "polysemantic").mean()
            kept = [base + pairs * pair_cost(p) / p / n for p in grid]
            label = f"theory: if all of p = 0 stayed, λ = {l1:g}"
            losses.plot(grid, kept, color=plots.BLACK, linestyle="--", label=label)
    ratios = np.linspace(0, max(RATIOS), 200)
    for series in groups:
        if (stable := allowed(series, ratios)) is not None:
            shares.plot(ratios, stable, color=plots.BLACK, label="derived condition on pairs of p = 0")
            break


def _findings(result: xr.Dataset) -> str:
    groups = series_of(result)
    said = " ".join(_said(series) for series in groups)
    rows = [row for series in groups for row in _rows(series)]
    undecided = sum(finite(part, "undecided").sum() for part in parts(result))
    runs = sum(part.sizes["replicate"] for part in parts(result))
    header = (
        "run by", "m", "λ", "p", "p/λ", "runs", "polysemantic neurons", "as a share of p = 0",
        "derived: share allowed", "loss per occurrence, feature", "λt until sparse",
    )  # fmt: skip
    return (
        f"With n = {int(result.n[0])} features, each on with probability p, all per occurrence of a feature. "
        f"{said}\n\n{_scaling(groups)}{_bounded(groups)}{_course(groups)}\n\n"
        "A neuron is polysemantic if two weights on it are larger than half the usual winner (the median "
        f"over features of the largest weight). In {runs} runs, which end at λt = {END:g}, "
        f"{number(undecided)} weights are between {UNDECIDED[0]} and {UNDECIDED[1]} of it, neither won nor "
        "lost. Shares of p = 0 are from the same initial weights. The derived condition (`polysem derive "
        "escape_from_pair`) is applied to each pair of p = 0 as it ends. "
        f"Sparse: {SPARSE:g} active weights a feature on average. The flow is of second order in p and run "
        f"where (n - 1)p < 1. Intervals are 95 %.\n\n{table(header, rows)}"
    )


def _said(series: Series) -> str:
    """Return one series in words: where half are left, and whether and where they vanish."""
    counts = [average(finite(part, "polysemantic")) for part in series]
    l1, half, end = float(series[0].l1), halved(series), vanished(series)
    start = f"{interval(counts[0])} polysemantic neurons at p = {float(series[0].p):g}"
    text = f"{_name(series).capitalize()}: {start}"
    if half is not None:
        text += f", half as many at p = {number(half * l1)} = {half:.2g} λ"
    if end is None:
        last = series[-1]
        left = f"{interval(counts[-1])} at p = {float(last.p):g}"
        return f"{text}, and {left}, the largest that was run."
    runs = finite(end, "polysemantic").size
    high = share(0, runs, USUAL).high if runs else 1.0
    return (
        f"{text}. From p = {float(end.p):g} = {float(end.p) / l1:.2g} λ on there is none in any run (of the "
        f"{runs} there; with 95 % confidence fewer than {high:.1%} of such runs have one)."
    )


def _scaling(groups: list[Series]) -> str:
    """Compare flows with different λ at the same p/λ."""
    shares: dict[tuple[int, float], list[tuple[float, Estimate]]] = {}
    for series in groups:
        if str(series[0].source.values) == "simulation":
            for part, kept in zip(series, remaining(series), strict=True):
                if kept and float(part.p):
                    key = int(part.m), round(float(part.p / part.l1), 6)
                    shares.setdefault(key, []).append((float(part.l1), kept))
    compared = [found for found in shares.values() if len(found) > 1]
    apart = sum(max(e.low for _, e in found) > min(e.high for _, e in found) for found in compared)
    if not compared:
        return ""
    verdict = (
        "λ matters beside p/λ" if apart else "as derived for small λ and p, nothing but p/λ is seen to matter"
    )
    return (
        f"Of {len(compared)} values of p/λ at which the flow was run at several λ, intervals of what is left "
        f"are apart at {apart}: {verdict}. "
    )


def _bounded(groups: list[Series]) -> str:
    """Compare what is left with what the derived condition lets stand."""
    compared = []
    for series in groups:
        ratios = np.array([float(part.p / part.l1) for part in series])
        stable = allowed(series, ratios)
        if stable is not None:
            compared += [
                (abs(ratio - 1), ratio, limit, left)
                for ratio, limit, left in zip(ratios, stable, remaining(series), strict=True)
                if left and ratio
            ]
    if not compared:
        return ""
    fewer = sum(left.high < limit for *_, limit, left in compared)
    _, ratio, limit, left = min(compared, key=lambda found: found[0])
    return (
        "A pair of p = 0 is stable, by the derived condition, if the runner-up of neither feature is too "
        f"large when the other has settled: at p/λ = {ratio:.3g} that lets a share of {limit:.2f} stand; "
        f"{interval(left)} are left. Fewer are left than it lets stand at {fewer} of {len(compared)} values"
        f"{': the others seem undone before they settle' if 2 * fewer > len(compared) else ''}. "
    )


def _course(groups: list[Series]) -> str:
    """Say what becomes of loss and time as p grows, in the series with the most values of p."""
    series = next((s for s in groups if str(s[0].source.values) == "training"), groups[0])
    losses = [average(finite(part, "loss")) for part in series]
    times = [average(finite(part, "time") * float(part.l1)) for part in series]
    top = max(range(len(series)), key=lambda k: losses[k].value)
    apart = times[0].low > times[-1].high or times[-1].low > times[0].high
    return (
        f"{_name(series).capitalize()}: the loss per occurrence and feature is largest at "
        f"p = {float(series[top].p):g}, {interval(losses[top])}, against {interval(losses[0])} at "
        f"p = {float(series[0].p):g} and {interval(losses[-1])} at p = {float(series[-1].p):g}. Sparse after "
        f"λt = {interval(times[0])} and {interval(times[-1])}, "
        f"{'different' if apart else 'not shown to differ'}."
    )


def _rows(series: Series) -> list[tuple[str, ...]]:
    ratios = np.array([float(part.p / part.l1) for part in series])
    stable = allowed(series, ratios)
    return [
        (
            plots.LABEL[str(part.source.values)],
            f"{int(part.m)}",
            f"{float(part.l1):g}",
            f"{float(part.p):g}",
            f"{ratios[k]:.3g}",
            f"{part.sizes['replicate']}",
            interval(average(finite(part, "polysemantic"))),
            interval(kept) if kept else "-",
            "-" if stable is None else number(stable[k]),
            interval(average(finite(part, "loss"))),
            interval(average(finite(part, "time") * float(part.l1))),
        )
        for k, (part, kept) in enumerate(zip(series, remaining(series), strict=True))
    ]


experiment = Experiment(
    "co_occurrence",
    "Does polysemanticity vanish when features are on together by chance, and where?",
    "comments of seed 001; the condition is an own derivation",
    _settings,
    _measure,
    _figure,
    _findings,
)
