"""The time to sparsity of one encoding against the universal law."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from sim import sparsify
from sim.progress import track
from theory import Autoencoder, sparsification
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid
from validation.experiments.findings import Findings
from validation.report import plots
from validation.report.statistics import distance, mean

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


def _distance_band(part: xr.Dataset) -> Band:
    universal = sparsification.time_to_sparsity()
    gap = float(np.abs(_of_finite(part).cdf(universal.ppf(SHARES)) - SHARES).max())
    return Band(gap - SLACK, gap + SLACK, f"distance of the law of m weights ± {SLACK:g}")


def _mean_band(part: xr.Dataset) -> Band:
    ratio = float(_of_finite(part).mean() / sparsification.time_to_sparsity().mean())
    return Band(
        ratio - SLACK, ratio + SLACK, f"mean of the law of m weights over the universal one ± {SLACK:g}"
    )


def _quantities(rough: bool) -> dict[str, Quantity]:
    return {
        "distance": Quantity(
            "distance D of λT from its law",
            lambda part, level: distance(part.scaled_time, sparsification.time_to_sparsity().cdf, level),
            0.0,
            _distance_band if rough else None,
        ),
        "mean": Quantity(
            "mean of λT",
            lambda part, level: mean(part.scaled_time, level),
            lambda part: sparsification.time_to_sparsity().mean(),
            _mean_band if rough else None,
        ),
    }


def _quantiles(ax: Axes, found: Findings) -> None:
    plots.quantiles(ax, found.result.scaled_time.values[0], sparsification.time_to_sparsity())
    ax.set(xlabel="quantiles of the universal law", ylabel="quantiles of simulated λT")


def _experiment(law: str, name: str, statement: str, rough: bool) -> Experiment:
    def settings(full: bool) -> list[Setting]:
        m, l1, encodings = (10**5, 1e-6, 2000) if full else (3000, 1e-5, 600)
        return grid({"law": law, "m": m, "l1": l1, "encodings": encodings})

    panel = Panel(draw=_quantiles, title=f"Time to sparsity λT, {law} initial weights")
    return Experiment(name, statement, "own derivation", settings, measure, _quantities(rough), (panel,))


EXPERIMENTS = (
    _experiment(
        "Laplace",
        "time_law",
        "The time T at which one weight is left: λT follows a law without parameters (exponential weights).",
        rough=False,
    ),
    _experiment(
        "Gaussian",
        "time_law_gaussian",
        "The law of λT holds for Gaussian initial weights; they come near it only like 1/log m.",
        rough=True,
    ),
)
