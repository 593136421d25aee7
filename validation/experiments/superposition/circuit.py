"""A circuit in superposition: absolute values of more features than two neurons each allow."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from theory import TwoLayer, two_layer
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings
from validation.report import plots
from validation.training import train

FEATURES = (4, 6, 8, 12, 16, 24)
USED = 0.25  # of the largest weight of a neuron, from which on it counts


def settings(full: bool) -> list[Setting]:
    """Return numbers of features at two probabilities."""
    sizes = {"steps": 5000, "replicates": 6} if full else {"steps": 2000, "replicates": 3}
    points = {"n": FEATURES, "p": (0.02, 0.2)} if full else {"n": (8, 16), "p": 0.05}
    return grid(points | {"m": 8} | sizes)


def measure(n: int, p: float, m: int, steps: int, replicates: int, seed: int) -> xr.Dataset:
    """Train ``y = W₂ ReLU(W₁x + b)`` to give the absolute values of n features from m neurons.

    A feature is the difference of two draws, each on with probability p/2 and then uniform on [0, 1]. Adam,
    with a batch of 512, at a rate that falls from 0.01 to 0 like a cosine. Losses are over that of outputs
    that are 0. A feature counts as read or written by a neuron if its weight is at least a quarter of the
    neuron's largest one there, its bias included; a neuron that reads r and writes w carries r w connections.
    """
    run = train(
        TwoLayer(n, n, m, p, task="absolute"),
        "adam",
        steps=steps,
        learning_rate=0.01,
        schedule="cosine",
        batch=512,
        replicates=replicates,
        seed=seed,
    )
    read = run.projection.values @ run.W1.values  # (replicate, feature, neuron)
    written = run.W2.values.transpose(0, 2, 1)
    connections = _used(read, run.biases.values) * _used(written)
    return xr.Dataset(
        {
            "loss": ("replicate", run.loss.values[:, -1] / (n * two_layer.absolute_power(p))),
            "connections": ("replicate", connections.mean(axis=-1)),
            "most": ("replicate", connections.max(axis=-1)),
        }
    )


def _used(weights: np.ndarray, biases: np.ndarray | float = 0.0) -> np.ndarray:
    """Return how many features have a weight of note on each neuron, (replicate, neuron)."""
    sizes = np.abs(weights)
    largest = np.maximum(sizes.max(axis=1), np.abs(biases))
    return (sizes >= USED * largest[:, None]).sum(axis=1)


def _peer(part: xr.Dataset) -> float:
    return _shares(part).naive


def _shares(part: xr.Dataset) -> two_layer.Shares:
    return two_layer.absolute_losses(int(part.n), int(part.m), float(part.p))


def _band(part: xr.Dataset) -> Band:
    shares = _shares(part)
    return Band(shares.least / shares.naive, 1.0, "between what no circuit can and two neurons a feature")


def _limits(ax: Axes, found: Findings) -> None:
    """Draw the loss of m − 2 features one at a time, and the one that no circuit is below."""
    m, p = int(found.result.m.values[0]), float(found.result.p.values.min())
    sizes = np.arange(m // 2, max(FEATURES) + 1)
    shares = [two_layer.absolute_losses(int(n), m, p) for n in sizes]
    ax.plot(sizes, [each.superposed for each in shares], "--", color=plots.GREY, label="m − 2 features alone")
    ax.plot(sizes, [each.least for each in shares], ":", color=plots.GREY, label="no circuit is below")


EXPERIMENTS = (
    Experiment(
        "circuit",
        "Can neurons compute more absolute values in superposition than two neurons for each allow?",
        "seed 003 (25 connections through one weight); task of arXiv:2211.09169, section 3",
        settings,
        measure,
        {
            "loss": Quantity(
                "loss over that of outputs 0",
                mean_of("loss"),
                lambda part: _peer(part) or None,
                _band,
                source="training",
            ),
            "connections": Quantity(
                "connections through a neuron, mean", mean_of("connections"), source="training"
            ),
            "most": Quantity("connections through the busiest neuron", mean_of("most"), source="training"),
        },
        (
            Panel("loss", "n", ("p",), draw=_limits, options={"ylim": (0, 1)}),
            Panel("connections", "n", ("p",), options={"ylim": (0, None)}),
        ),
        "Yes: at p = {loss.first[p]} the loss of {loss[n=8].first[n]} features on {loss.first[m]} neurons is "
        "{loss[n=8].first} of that of outputs 0, where two neurons for each lose "
        "{loss[n=8].first.predicted:.3g}.",
        "Theory is that of two neurons a feature. In superposition neurons are shared: of 8 features at p = "
        "{connections[n=8].first[p]} a neuron carries {connections[n=8].first} connections between one that "
        "it reads and one that it writes, the busiest {most[n=8].first}, where two neurons a feature carry "
        "one each. One feature on at a time, m − 2 features "
        "could be exact (dashed; `polysem derive absolute_values`), and no circuit at all can lose less than "
        "n − m variances (dotted). The denser the features, the less sharing pays: at p = {loss.last[p]} "
        "{loss[n=8].last} against {loss[n=8].last.predicted:.3g} for {loss[n=8].last[n]} features.",
        "One number of neurons; a linear output without bias. With n = m/2 features nothing is to be saved, "
        "and there is no prediction.",
    ),
)
