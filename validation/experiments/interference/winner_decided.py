"""The winner: how often it is the largest initial weight, and how often the largest after the fast phase."""

import numpy as np
import xarray as xr

from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder
from validation.experiments.experiment import Experiment, Panel, Quantity, grid, mean_of
from validation.report.statistics import Estimate, mean, ratio

FAST = 10.0  # flow time at which norms have settled and the race by L1 has hardly begun
SIZES = (64, 256, 1024), (64, 128, 256, 512, 1024, 2048)
LEADS = ("smallest", "second", "third", "largest")  # quarters of leads


def measure(n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Run the flow to its end from random weights.

    The largest weight of each feature is noted at the start, with its lead over the second as a share of it,
    at t = 10, when norms have settled and the race by L1 has hardly begun, and at the end.
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


def _by_lead(quarter: int) -> Quantity:
    """Return how often leaders win whose lead is in a quarter of all leads."""

    def estimate(part: xr.Dataset, level: float) -> Estimate:
        margin = part.margin.values
        inside = np.searchsorted(np.quantile(margin, (0.25, 0.5, 0.75)), margin, side="right") == quarter
        runs = zip(part.kept.values, inside, strict=True)
        return mean([won[here].mean() for won, here in runs if here.any()], level)

    return Quantity(f"{LEADS[quarter]} quarter of leads: share that win", estimate)


def _lost_early(part: xr.Dataset, level: float) -> Estimate | None:
    lost = part.kept == 0
    return ratio((lost & (part.overtaken == 1)).sum("feature"), lost.sum("feature"), level)


SHARE = {"ylim": (0, 1), "ylabel": "share of features"}
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
            "lost_early": Quantity(f"share of the lost leads lost by t = {FAST:g}", _lost_early),
            **{lead: _by_lead(quarter) for quarter, lead in enumerate(LEADS)},
        },
        (
            Panel(("kept", "kept_later"), "m", log="x", options=SHARE),
            Panel(LEADS, "m", log="x", options=SHARE),
        ),
        "The largest initial weight of a feature wins with probability {kept.first} at m = {kept.first[m]} "
        "neurons and {kept.last} at m = {kept.last[m]}, the largest at t = 10 with {kept_later.first} and "
        "{kept_later.last}.",
        "How much is a lead over the second weight worth? At m = {kept.last[m]}, {smallest.last:%} of the "
        "quarter with the smallest leads are kept, and {largest.last:%} of that with the largest. Of the "
        "leads that are lost, {lost_early.last:%} are lost by t = 10, while norms and inner products settle; "
        "the others in the race.",
        "One number of features and one λ.",
    ),
)
