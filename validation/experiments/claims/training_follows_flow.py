"""Gradient descent and the simulated flow end alike from the same initial weights."""

from matplotlib.figure import Figure

from sim.metrics import polysemantic_neurons
from validation.experiments import runs
from validation.experiments.claim import Claim, Finding
from validation.report import plots
from validation.report.statistics import mean


def _measure(seed: int, full: bool) -> list[Finding]:
    trained = runs.trained("gd", seed, full)
    flow = runs.flow_of_trained(seed, full)
    model = runs.TRAINED
    settings = f"n = {model.n_features}, m = {model.n_neurons}"
    difference = polysemantic_neurons(trained.final.values) - flow.polysemantic_neurons.values
    return [
        Finding(
            "training",
            f"polysemantic neurons, training minus flow, same initial weights, {settings}",
            0.0,
            mean(difference),
        )
    ]


def _plot(seed: int, full: bool) -> Figure:
    flow = runs.flow_of_trained(seed, full)
    shown = int(flow.polysemantic_neurons.values.argmax())  # there is most to be seen in this one
    flow, trained = (run.isel(replicate=shown) for run in (flow, runs.trained("gd", seed, full)))
    figure, axes = plots.panels(1, 3)
    for ax, weights, title in zip(
        axes[0],
        (trained.initial, flow.final, trained.final),
        ("At the start", "At the end of the simulated flow", "At the end of training"),
        strict=True,
    ):
        plots.encodings(ax, weights.values).set_title(title)
    figure.suptitle("Encodings before and after, from the same initial weights (▼ polysemantic neuron)")
    return figure


claim = Claim(
    "training_follows_flow",
    "Gradient descent ends with as many polysemantic neurons as the flow that it discretises.",
    "seed 001, “Loss and dynamics” and footnote 7",
    "agrees",
    _measure,
    _plot,
)
