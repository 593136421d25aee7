"""With interference the largest initial weight of a feature need not win."""

import numpy as np
from matplotlib.figure import Figure

from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report import plots
from validation.report.statistics import mean


def _measure(seed: int, full: bool) -> list[Finding]:
    return [
        Finding(
            "simulation",
            f"share of features whose largest initial weight wins, n = {runs.COUNT_FEATURES}, m = {m}",
            1.0,
            mean(runs.counts(m, seed, full).winner_kept),
        )
        for m in runs.count_sizes(full)
    ]


def _plot(seed: int, full: bool) -> Figure:
    course = runs.race(seed)
    sizes = np.abs(course)
    kept = (sizes[0].argmax("neuron") == sizes[-1].argmax("neuron")).values
    figure, axes = plots.panels(1, 2)
    for ax, feature, title in zip(
        axes[0],
        (int(kept.argmax()), int(kept.argmin())),
        ("The largest initial weight wins …", "… or is pushed out by another feature"),
        strict=True,
    ):
        plots.race(ax, course.time.values, course[:, feature].values)
        ax.set_title(title)
    model = runs.RACE
    figure.suptitle(
        f"The weights of one feature race: n = {model.n_features}, m = {model.n_neurons}, λ = {model.l1:g}"
    )
    return figure


claim = Claim(
    "winner_interference",
    "The neuron that is most correlated with a feature at the start will represent it in the end.",
    "seed 001, introduction and footnote 8",
    "rough",
    _measure,
    _plot,
)
