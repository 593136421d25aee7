"""The time to sparsity follows a law without parameters."""

from matplotlib.figure import Figure

from theory import sparsification
from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report import plots
from validation.report.statistics import distance, mean


def _measure(seed: int, full: bool) -> list[Finding]:
    law, times = sparsification.time_to_sparsity(), runs.races("Laplace", seed, full)
    return [
        Finding(
            "simulation", "distance D of λT from its law, Laplace weights", 0.0, distance(times, law.cdf)
        ),
        Finding("simulation", "mean of λT, Laplace weights", law.mean(), mean(times)),
    ]


def _plot(seed: int, full: bool) -> Figure:
    law = sparsification.time_to_sparsity()
    figure, axes = plots.panels(1, 2)
    for ax, weights in zip(axes[0], ("Laplace", "Gaussian"), strict=True):
        plots.quantiles(ax, runs.races(weights, seed, full), law)
        ax.set_title(f"Time to sparsity λT, {weights} initial weights")
        ax.set(xlabel="quantiles of the universal law", ylabel="quantiles of simulated λT")
    return figure


claim = Claim(
    "time_law",
    "The time T at which one weight is left follows a law of λT without parameters (exponential weights).",
    "own derivation",
    "agrees",
    _measure,
    _plot,
)
