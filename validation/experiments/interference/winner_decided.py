"""The winner: how often it is the largest initial weight, and how often the largest after the fast phase."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder
from validation.experiments.experiment import Experiment, Panel, Quantity, grid, mean_of
from validation.experiments.findings import Findings, parts
from validation.report import plots
from validation.report.statistics import Estimate, bootstrap, mean

FAST = 10.0  # flow time at which norms have settled and the race by L1 has hardly begun
SIZES = (64, 256, 1024), (64, 128, 256, 512, 1024, 2048)


def measure(n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Run the flow to its end from random weights.

    The largest weight of each feature is noted at the start, with its lead over the second, at t = 10, when
    norms have settled and the race by L1 has hardly begun, and at the end.
    """

    def look(flow: Flow) -> dict[str, np.ndarray]:
        second, largest = np.sort(np.abs(flow.weights))[:, -2:].T
        first = _leader(flow)
        flow.advance(FAST)
        later = _leader(flow)
        flow.settle()
        winner, alive = _leader(flow), flow.weights.any(axis=-1)
        return {
            "kept": (first == winner) & alive,
            "kept_later": (later == winner) & alive,
            "overtaken": first != later,
            "margin": np.float32((largest - second) / largest),
        }

    seen = observe(look, Autoencoder(n, m, l1), replicates, seed)
    return xr.Dataset({name: (("replicate", "feature"), values) for name, values in seen.items()})


def _leader(flow: Flow) -> np.ndarray:
    return np.abs(flow.weights).argmax(axis=-1)


def _by_lead(part: xr.Dataset, level: float) -> list[tuple[float, Estimate]]:
    """Return the median initial lead in each quarter of them, and how often the leader wins there."""
    margin = part.margin.values
    quarter = np.searchsorted(np.quantile(margin, (0.25, 0.5, 0.75)), margin, side="right")
    kept = [
        [won[here].mean() for won, here in zip(part.kept.values, quarter == k, strict=True) if here.any()]
        for k in range(4)
    ]
    return [(float(np.median(margin[quarter == k])), mean(kept[k], level)) for k in range(4)]


def _lost_early(part: xr.Dataset, level: float) -> Estimate:
    lost = part.kept == 0
    counts = [(lost & (part.overtaken == 1)).sum("feature"), lost.sum("feature")]
    return bootstrap(
        np.stack(counts, axis=-1), lambda early, ever, axis: early.sum(axis) / ever.sum(axis), level
    )


def _draw_leads(ax: Axes, found: Findings) -> None:
    every = list(parts(found.result))
    for part, colour in zip(every, plots.sequence(len(every)), strict=True):
        leads, shares = zip(*_by_lead(part, found.level), strict=True)
        plots.intervals(ax, leads, list(shares), label=f"m = {int(part.m)}", color=colour)
        ax.plot(leads, [share.value for share in shares], color=colour, linewidth=1)
    ax.set(xlabel="lead (u₁ − u₂)/u₁ at the start, by quarters", ylabel="share won by the leader")


EXPERIMENTS = (
    Experiment(
        "winner_decided",
        "Does the largest initial weight win, and when is the winner decided?",
        "seed 001, introduction and footnote 8",
        lambda full: grid({"n": 64, "m": SIZES[full], "l1": 1e-3, "replicates": 200 if full else 24}),
        measure,
        {
            "kept": Quantity("share won by the largest initial weight", mean_of("kept")),
            "kept_later": Quantity(f"by the largest at t = {FAST:g}", mean_of("kept_later")),
            "small_lead": Quantity(
                "smallest leads: share won", lambda part, level: _by_lead(part, level)[0][1]
            ),
            "large_lead": Quantity(
                "largest leads: share won", lambda part, level: _by_lead(part, level)[-1][1]
            ),
            "lost_early": Quantity(f"share of the lost leads lost by t = {FAST:g}", _lost_early),
        },
        (
            Panel(
                ("kept", "kept_later"), "m", log="x", options={"ylim": (0, 1), "ylabel": "share of features"}
            ),
            Panel(draw=_draw_leads, options={"ylim": (0, 1)}),
        ),
        "The largest initial weight of a feature wins with probability {kept.first} at m = {kept.first[m]} "
        "neurons and {kept.last} at m = {kept.last[m]}: it is the favourite, and far from certain.",
        "A lead is worth the more the larger it is: at m = {kept.last[m]} a share of {small_lead.last} of "
        "the quarter with the smallest leads is kept, {large_lead.last} of that with the largest. Of the "
        "leads that are lost, {lost_early.last} are lost by t = 10, while norms and inner products settle; "
        "the race does the rest.",
        "One number of features and one λ.",
    ),
)
