"""The probability that the largest initial weight wins, against how crowded the neurons are."""

import numpy as np
import xarray as xr
from scipy import stats

from sim.flow import Flow
from sim.metrics import winner_kept
from sim.replicates import observe
from theory import Autoencoder
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, mean_of
from validation.experiments.findings import parts
from validation.experiments.labels import value_of
from validation.report.statistics import Estimate, mean

WANTED = (
    40_000  # features in a setting: then 95 % intervals are half a per cent of features wide to each side
)
BASE, OTHER = 1e-3, 1e-4  # values of λ


def settings(full: bool) -> list[Setting]:
    """Return numbers of features, with neurons for each by powers of two, at two values of λ."""
    sizes = [(n, n * per) for n in (8, 16, 32, 64, 128) for per in (1, 2, 4, 8, 16, 32) if n * per <= 2048]
    few = [(n, n * per) for n in (16, 64) for per in (1, 4, 16)]
    if not full:
        return [{"n": n, "m": m, "l1": BASE, "replicates": 2048 // n} for n, m in few]
    cells = [(n, m, BASE) for n, m in sizes] + [(n, m, OTHER) for n, m in few]
    return [{"n": n, "m": m, "l1": l1, "replicates": WANTED // n} for n, m, l1 in cells]


def measure(n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Run the flow to its end, and count the features whose largest initial weight is their last one.

    Runs are independent, their features are not: intervals rest on the share of each run.
    """

    def look(flow: Flow) -> dict[str, float]:
        first = flow.weights.copy()
        flow.settle()
        return {"kept": float(winner_kept(first, flow.weights))}

    seen = observe(look, Autoencoder(n, m, l1), replicates, seed)
    return xr.Dataset({"kept": ("replicate", np.float32(seen["kept"]))})


def _change(part: xr.Dataset, base: xr.Dataset, level: float) -> Estimate:
    return mean(part.kept.values - base.kept.values, level)  # from the same weights


def _spread(group: xr.Dataset, level: float) -> Estimate | None:
    """Return by how much settings with the same n/√m differ, beyond the error of measurement.

    The interval is that of χ², 0 inside where the errors explain all.
    """
    rows: dict[float, list[tuple[float, float]]] = {}
    for part in parts(group):
        crowding = round(value_of("crowding", {"n": float(part.n), "m": float(part.m)}), 6)
        kept = part.kept.values
        rows.setdefault(crowding, []).append((kept.mean(), kept.std(ddof=1) / kept.size**0.5))
    alike = [np.array(some).T for some in rows.values() if len(some) > 1]
    free = sum(values.size - 1 for values, _ in alike)
    if not free:
        return None
    squares = sum(
        ((values - np.average(values, weights=error**-2)) ** 2 / error**2).sum() for values, error in alike
    )
    scales = np.array([free, *stats.chi2.ppf([(1 + level) / 2, (1 - level) / 2], free)]) / free
    variance = np.mean(np.concatenate([error**2 for _, error in alike]))
    value, low, high = np.sqrt(np.maximum(0, squares / scales / free - 1) * variance).tolist()
    return Estimate(value, low, high, f"{level:.1%} interval of χ², {free} differences")


EXPERIMENTS = (
    Experiment(
        "winner_probability",
        "With what probability does the largest initial weight win?",
        "seed 001, footnote 8; own question",
        settings,
        measure,
        {
            "kept": Quantity("share won by the largest initial weight", mean_of("kept")),
            "spread": Quantity("difference between settings of equal n/√m", _spread, over=("l1",)),
            "change": Quantity(f"change from λ = {BASE:g}", _change, beside={"l1": BASE}),
        },
        (
            Panel("kept", "crowding", ("n",), "x", where={"l1": BASE}, options={"ylim": (0, 1)}),
            Panel("kept", "load", ("n",), "x", where={"l1": BASE}, options={"ylim": (0, 1)}),
        ),
        "The largest initial weight of a feature wins with a probability from {kept.least} "
        "({kept.least.where}) to {kept.most} ({kept.most.where}); settings with the same n/√m differ by "
        "{spread[l1=0.001].first}.",
        "Against the load n/m (right) each number of features has a curve of its own; against n/√m (left) "
        "they nearly fall on one. That is the size of what interferes with a feature in the beginning: n "
        "inner products of about 1/√m each, of which ReLU leaves the positive ones. At a tenth of λ the "
        "probability is larger in {change.positive} settings and smaller in {change.negative}, by at most "
        "{change.strongest}.",
        "Measured, not derived. Standard Gaussian initial weights of length 1; the race by L1 alone would "
        "leave every leader its place.",
    ),
)
