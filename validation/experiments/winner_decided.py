"""The winner: how often it is the largest initial weight, and how often the largest after the fast phase."""

import numpy as np
import xarray as xr
from matplotlib.figure import Figure

from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder
from validation.experiments.experiment import Experiment, Setting, parts
from validation.report import plots
from validation.report.statistics import USUAL, Estimate, bootstrap, mean
from validation.report.wording import interval, table

FAST = 10.0  # flow time at which norms have settled and the race by L1 has hardly begun
QUARTERS = 4


def _settings(full: bool) -> list[Setting]:
    sizes = (64, 128, 256, 512, 1024, 2048) if full else (64, 256, 1024)
    return [{"n": 64, "m": m, "l1": 1e-3, "replicates": 200 if full else 24} for m in sizes]


def _measure(n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    def look(flow: Flow) -> dict[str, np.ndarray]:
        _, first, margin = _standing(flow.weights)
        flow.advance(FAST)
        _, later, _ = _standing(flow.weights)
        flow.settle()
        final, winner, _ = _standing(flow.weights)
        alive = final.any(axis=-1)
        return {
            "kept": (first == winner) & alive,
            "kept_later": (later == winner) & alive,
            "overtaken": first != later,
            "margin": margin.astype(np.float32),
        }

    seen = observe(look, Autoencoder(n, m, l1), replicates, seed)
    return xr.Dataset({name: (("replicate", "feature"), values) for name, values in seen.items()})


def _standing(weights: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return sizes, the neuron of the largest, and its lead as a share of it."""
    sizes = np.abs(weights)
    second, largest = np.partition(sizes, -2, axis=-1)[:, -2:].T
    return sizes, sizes.argmax(axis=-1), (largest - second) / np.maximum(largest, np.finfo(float).tiny)


def _shares(part: xr.Dataset) -> tuple[Estimate, Estimate]:
    """Return how often the largest weight wins, at the start and after the fast phase."""
    initial, later = (mean(part[name].mean("feature"), USUAL) for name in ("kept", "kept_later"))
    return initial, later


def _by_margin(part: xr.Dataset) -> tuple[np.ndarray, list[Estimate]]:
    """Return the median lead and the share of winners in each quarter of the leads at the start."""
    margin, kept = part.margin.values, part.kept.values
    edges = np.quantile(margin, np.linspace(0, 1, QUARTERS + 1))
    quarter = np.clip(np.searchsorted(edges, margin, side="right") - 1, 0, QUARTERS - 1)
    members = [quarter == k for k in range(QUARTERS)]
    shares = [
        [won[here].mean() for won, here in zip(kept, member, strict=True) if here.any()] for member in members
    ]
    return np.array([np.median(margin[member]) for member in members]), [
        mean(share, USUAL) for share in shares
    ]


def _decided(part: xr.Dataset) -> Estimate:
    """Return the share of the lost leads that were lost in the fast phase."""

    def ratio(early: np.ndarray, lost: np.ndarray, axis: int = -1) -> np.ndarray:
        return early.sum(axis=axis) / lost.sum(axis=axis)

    lost = part.kept == 0
    columns = xr.concat([(lost & (part.overtaken == 1)).sum("feature"), lost.sum("feature")], "column")
    return bootstrap(columns.transpose("replicate", "column").values, ratio, 0, USUAL)


def _figure(result: xr.Dataset) -> Figure:
    figure, (axes,) = plots.panels(1, 2)
    settings = list(parts(result))
    neurons = [int(part.m) for part in settings]
    estimates = [_shares(part) for part in settings]
    for k, (label, colour) in enumerate(
        (("at the start", plots.VERMILION), (f"at t = {FAST:g}", plots.BLUE))
    ):
        plots.intervals(axes[0], neurons, [pair[k] for pair in estimates], label=label, color=colour)
    axes[0].set(
        xscale="log", xlabel="neurons m", ylabel="share of features whose largest weight wins", ylim=(0, 1)
    )
    axes[0].set_xticks(neurons, [str(m) for m in neurons])
    axes[0].minorticks_off()
    axes[0].legend(title="largest weight")
    for part, colour in zip(settings, plots.sequence(len(settings)), strict=True):
        middles, shares = _by_margin(part)
        plots.intervals(axes[1], middles, shares, label=f"m = {int(part.m)}", color=colour)
        axes[1].plot(middles, [share.value for share in shares], color=colour, linewidth=1)
    axes[1].set(
        xlabel="lead of the largest initial weight, (u₁ − u₂)/u₁ (quarters of features)",
        ylabel="share of features for which it wins",
        ylim=(0, 1),
    )
    axes[1].legend()
    n, l1 = int(result.n[0]), float(result.l1[0])
    figure.suptitle(f"Does the largest weight win? n = {n}, λ = {l1:g}; bars: 95 % intervals")
    return figure


def _findings(result: xr.Dataset) -> str:
    rows = []
    for part in parts(result):
        initial, later = _shares(part)
        _, quarters = _by_margin(part)
        estimates = (initial, quarters[0], quarters[-1], later, _decided(part))
        rows.append((f"{int(part.m)}", f"{part.sizes['replicate']}", *map(interval, estimates)))
    n, l1 = int(result.n[0]), float(result.l1[0])
    first, last = rows[0], rows[-1]
    text = (
        f"With n = {n} features at λ = {l1:g}, the largest initial weight of a feature wins with "
        f"probability {first[2]} at m = {first[0]} neurons and {last[2]} at m = {last[0]}. In the quarter of "
        f"features where it leads by most it is {first[4]} and {last[4]}, where it leads by least "
        f"{first[3]} and {last[3]}. The weight that is largest at t = {FAST:g}, when the race by L1 has "
        f"hardly begun (λt = {FAST * l1:g}), wins with probability {first[5]} and {last[5]}. Of the leads "
        f"that are lost, a share of {first[6]} and {last[6]} has been lost by then."
    )
    header = (
        "m",
        "runs",
        "largest at the start wins",
        "of the quarter with the smallest lead",
        "of the quarter with the largest lead",
        f"largest at t = {FAST:g} wins",
        "of the lost leads, lost by then",
    )
    return f"{text} Intervals are 95 %.\n\n{table(header, rows)}"


experiment = Experiment(
    "winner_decided",
    "Does the largest initial weight win, and when is the winner decided?",
    "seed 001, introduction and footnote 8; mathematics, section 4",
    _settings,
    _measure,
    _figure,
    _findings,
)
