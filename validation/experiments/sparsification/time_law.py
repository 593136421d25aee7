"""The time to sparsity of one encoding against the universal law."""

from collections.abc import Callable

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim import sparsify
from sim.progress import track
from theory import Autoencoder, sparsification
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings
from validation.report import plots
from validation.report.statistics import Estimate, distance

SIZES = {"Gaussian": lambda rng, m: rng.normal(0, m**-0.5, m)}
SIZES["Laplace"] = lambda rng, m: rng.laplace(0, (2 * m) ** -0.5, m)
SHARES = np.linspace(0.0005, 0.9995, 1000)
SLACK = 0.02  # on either side of what m weights differ from infinitely many


def measure(law: str, m: int, l1: float, encodings: int, seed: int) -> xr.Dataset:
    """Follow single encodings by their exact flow to the time at which one weight is left."""
    rngs = track(draws(seed, encodings), f"races of {m:,} {law} weights")
    ends = [sparsify(SIZES[law](rng, m), l1, np.zeros(1)).attrs["time_to_sparsity"] for rng in rngs]
    return xr.Dataset({"scaled_time": ("replicate", l1 * np.array(ends))})


def _of_finite(part: xr.Dataset):
    """Return the law of so many Gaussian weights."""
    return sparsification.time_to_sparsity(Autoencoder(1, int(part.m), float(part.l1)))


def _distance(part: xr.Dataset, level: float) -> Estimate:
    return distance(part.scaled_time, sparsification.time_to_sparsity().cdf, level)


def _distance_band(part: xr.Dataset) -> Band:
    universal = sparsification.time_to_sparsity()
    gap = float(np.abs(_of_finite(part).cdf(universal.ppf(SHARES)) - SHARES).max())
    return Band(gap - SLACK, gap + SLACK, f"distance of the law of m weights ± {SLACK:g}")


def _mean(part: xr.Dataset) -> float:
    return sparsification.time_to_sparsity().mean()


def _mean_band(part: xr.Dataset) -> Band:
    ratio = float(_of_finite(part).mean() / _mean(part))
    reason = f"mean of the law of m weights over the universal one ± {SLACK:g}"
    return Band(ratio - SLACK, ratio + SLACK, reason)


def _quantiles(ax: Axes, found: Findings) -> None:
    plots.quantiles(ax, found.result.scaled_time.values[0], sparsification.time_to_sparsity())
    ax.set(xlabel="quantiles of the universal law", ylabel="quantiles of simulated λT")


def _experiment(law: str, name: str, statement: str, *bands: Callable[[xr.Dataset], Band]) -> Experiment:
    def settings(full: bool) -> list[Setting]:
        m, l1, encodings = (10**5, 1e-6, 2000) if full else (3000, 1e-5, 600)
        return grid({"law": law, "m": m, "l1": l1, "encodings": encodings})

    of_distance, of_mean = bands or (None, None)
    quantities = {
        "distance": Quantity("distance D of λT from its law", _distance, 0.0, of_distance),
        "mean": Quantity("mean of λT", mean_of("scaled_time"), _mean, of_mean),
    }
    return Experiment(
        name, statement, "own derivation", settings, measure, quantities, (Panel(draw=_quantiles),)
    )


EXPERIMENTS = (
    _experiment(
        "Laplace",
        "time_law",
        "The time T at which one weight is left: λT follows a law without parameters (exponential weights).",
    ),
    _experiment(
        "Gaussian",
        "time_law_gaussian",
        "The law of λT holds for Gaussian initial weights; they come near it only like 1/log m.",
        _distance_band,
        _mean_band,
    ),
)
