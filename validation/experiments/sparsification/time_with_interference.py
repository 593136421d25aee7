"""Time to sparsity with interference, of features and of networks, against the law without."""

from functools import partial

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder, interference, sparsification
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid
from validation.experiments.findings import Findings, parts
from validation.experiments.labels import value_of
from validation.experiments.sparsification import race_times
from validation.report import plots

STEP = 0.02  # between looks, as a share of the time
LOOKS = np.exp(np.arange(np.log(0.02), np.log(100), STEP))  # in λt
READ = [(what, at) for what in ("feature", "network") for at in (0.5, 0.9)]  # quantiles
LAWS = {"law of m weights": False, "universal law": True}  # whether it is the universal one


def settings(full: bool) -> list[Setting]:
    """Return loads n/m from 1/64 to 1."""
    if not full:
        return grid({"n, m": [(64, 64), (64, 256), (64, 1024), (16, 64)], "l1": 1e-3, "replicates": 48})
    sizes = [(64, m) for m in (64, 128, 256, 512, 1024, 2048)] + [(16, 64), (16, 1024), (128, 128)]
    return grid({"n, m, l1, replicates": [(n, m, 1e-3, 200 if n * m < 10**5 else 100) for n, m in sizes]})


def measure(n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Look at the flow at times 2 % apart until it is at rest.

    A feature is sparse after the last look at which it has more than one active weight; a network after its
    last death. Theory is the law of one encoding of m weights alone, and for a network that of the slowest of
    n independent ones. D is the largest difference of shares of times below the law's 5 %, 10 %, … 95 %
    quantiles from these. Runs are independent, their features are not.
    """
    seen = observe(_watch, Autoencoder(n, m, l1), replicates, seed)
    return xr.Dataset(
        {
            "feature_time": (("replicate", "feature"), seen["feature_time"].astype(np.float32)),
            "network_time": ("replicate", seen["network_time"]),
        }
    )


def _watch(flow: Flow) -> dict[str, np.ndarray | float]:
    """Return λT of each feature, in the middle between two looks, and of the network."""
    last = np.zeros(len(flow.weights))
    for look in LOOKS:
        last[np.count_nonzero(flow.weights, axis=1) > 1] = look
        flow.advance(look / flow.l1)
        if flow.at_rest():
            break
    return {"feature_time": last * np.exp(-STEP / 2), "network_time": flow.l1 * flow.last_change}


def _band(part: xr.Dataset) -> Band:
    left_out = interference.initial_strength(Autoencoder(int(part.n), int(part.m), float(part.l1))) + STEP
    return Band(1 - left_out, 1 + left_out, "1 ± (n − 1)/(2m), the interference left out, and 2 % for looks")


def _over_law(what: str, at: float) -> Quantity:
    return Quantity(
        f"λT of a {what}, {at:.0%} quantile",
        partial(race_times.quantile, what=what, at=at),
        partial(race_times.predicted, what=what, at=at),
        _band,
    )


def _from_law(what: str, law: str) -> Quantity:
    away = partial(race_times.distance, what=what, universal=LAWS[law])
    return Quantity(f"{what}: D from the {law}", away)


def _draw_features(ax: Axes, found: Findings) -> None:
    """Draw the share of features that race longer, beside the universal law."""
    every = sorted(parts(found.result), key=lambda part: float(part.n / part.m))
    for part, colour in zip(every, plots.sequence(len(every)), strict=True):
        ordered = np.sort(part.feature_time.values.ravel())
        still = np.arange(ordered.size, 0, -1) / ordered.size
        ax.step(ordered, still, color=colour, linewidth=1.2, label=f"n = {int(part.n)}, m = {int(part.m)}")
    x = np.geomspace(0.2, 15, 200)
    alone = sparsification.time_to_sparsity().sf(x)
    ax.plot(x, alone, "--", color=plots.BLACK, label="theory: universal law")
    ax.set(xscale="log", yscale="log", xlabel="λT of a feature", ylabel="share still racing")


def _answer(found: Findings) -> str:
    said = []
    for what in ("feature", "network"):
        rows = sorted(found(f"{what} 0.5"), key=lambda row: value_of("load", row.setting))
        ends = " and ".join(
            f"{row.ratio} at n = {row.setting['n']}, m = {row.setting['m']:,}" for row in (rows[0], rows[-1])
        )
        sides = [row.side for row in rows]
        said.append(
            f"The median time to sparsity of a {what}, over that without interference, is {ends}; it is "
            f"shorter in {sides.count('below')} and longer in {sides.count('above')} of {len(rows)} settings."
        )
    return " ".join(said)


def _meaning(found: Findings) -> str:
    rows = sorted(found("independent"), key=lambda row: value_of("load", row.setting))
    off = sum(not row.estimate.low <= 0.5 <= row.estimate.high for row in rows)
    tied = f"{off} of {len(rows)} settings tell it from" if off else "no setting tells it from"
    return (
        "Do features end independently? Then as many independent features with the times measured would all "
        "be sparse by the networks' median time with probability ½. At the highest load this probability is "
        f"{rows[-1].estimate}, and {tied} ½."
    )


EXPERIMENTS = (
    Experiment(
        "time_with_interference",
        "How long does it take to become sparse when features interfere?",
        "seed 001, “How fast does it sparsify?”; own derivation of the laws",
        settings,
        measure,
        {
            **{f"{what} {at:g}": _over_law(what, at) for what, at in READ},
            **{f"{what} D {law}": _from_law(what, law) for what in ("feature", "network") for law in LAWS},
            "independent": Quantity("done by the median time, if independent", race_times.independent),
        },
        (
            Panel(draw=_draw_features, options={"xlim": (0.2, 15), "ylim": (3e-4, 1.5)}),
            Panel("feature 0.5", "load", ("n",), "x", ratio=True),
            Panel("independent", "load", ("n",), "x", options={"ylim": (0, 1)}),
            Panel("network 0.5", "load", ("n",), "x", ratio=True),
        ),
        _answer,
        _meaning,
        "One λ; times of features are known to 2 %.",
    ),
)
