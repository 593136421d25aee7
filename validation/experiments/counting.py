"""Counts of polysemantic neurons, simulated and trained, beside what is predicted of them."""

from collections.abc import Callable

from matplotlib.figure import Figure

from sim.metrics import polysemantic_neurons
from theory import collisions
from validation.experiments import runs
from validation.experiments.claim import Finding
from validation.report import plots
from validation.report.statistics import Estimate, mean

OPTIMIZERS = {"gd": "gradient descent", "adamw": "AdamW"}


def findings(predict: Callable[[int, int], float], seed: int, full: bool) -> list[Finding]:
    """Return mean counts against a prediction: simulated flows at several loads, and trained networks."""
    n, small = runs.COUNT_FEATURES, runs.TRAINED
    simulated = [
        Finding(
            "simulation",
            f"polysemantic neurons, n = {n}, m = {m}",
            predict(n, m),
            simulated_mean(m, seed, full),
        )
        for m in runs.count_sizes(full)
    ]
    trained = [
        Finding(
            "training",
            f"polysemantic neurons, n = {small.n_features}, m = {small.n_neurons}, {label}",
            predict(small.n_features, small.n_neurons),
            mean(polysemantic_neurons(runs.trained(optimizer, seed, full).final.values)),
        )
        for optimizer, label in OPTIMIZERS.items()
    ]
    return simulated + trained


def simulated_mean(n_neurons: int, seed: int, full: bool) -> Estimate:
    """Return the mean count of simulated flows with that many neurons."""
    return mean(runs.counts(n_neurons, seed, full).polysemantic_neurons)


def picture(seed: int, full: bool) -> Figure:
    """Return the counts against the number of neurons."""
    n, sizes = runs.COUNT_FEATURES, runs.count_sizes(full)
    figure, axes = plots.panels(width=6.4, height=4.6)
    plots.polysemantic_against_neurons(
        axes[0, 0],
        sizes,
        {"simulation": [simulated_mean(m, seed, full) for m in sizes]},
        theory=[collisions.polysemantic_neurons(n, m).mean() for m in sizes],
        heuristic=[collisions.paper_heuristic(n, m) for m in sizes],
    )
    axes[0, 0].set_title(f"Polysemantic neurons with {n} features, λ = {runs.COUNT_L1:g}")
    return figure
