"""Initial against final encodings, of the flow and of training from the same weights."""

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from theory import Autoencoder, sparsification
from validation.experiments import networks
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings, by_source
from validation.report import plots

SHOWN = 40  # features on the maps
L1_TRAIN = 1e-3  # of the paper
FINAL = float(sparsification.final_weight(Autoencoder.from_training(1, 1, L1_TRAIN).l1))


def settings(full: bool) -> list[Setting]:
    """Return a small network, or the paper's size in blocks of one run, since those are long."""
    if full:
        blocks = [("simulation", block) for block in range(8)] + [("training", block) for block in range(4)]
        return grid({"source, block": blocks, "n": 256, "m": 4096, "instances": 1})
    return grid({"source": ("simulation", "training"), "n": 64, "m": 512, "block": 0, "instances": 4})


def measure(source: str, n: int, m: int, block: int, instances: int, seed: int) -> xr.Dataset:
    """Take inner products of each feature's encoding at the start with all of them at the end.

    Runs are the flow, and 7,500 steps of AdamW at rate 0.001 and λ_train = 0.001, from the same weights. The
    winner of a feature is its largest final weight. Theory leaves interference out: then the largest initial
    weight wins and ends at w*, so that the inner product is w* times it.
    """
    initial, final = networks.ends(source, Autoencoder.from_training(n, m, L1_TRAIN), seed, block, instances)
    overlaps = initial @ np.swapaxes(final, -1, -2)
    others = overlaps[:, ~np.eye(n, dtype=bool)]
    sizes, winner = np.abs(initial), np.abs(final).argmax(axis=-1)
    at_winner = winner[..., None]
    features = ("replicate", "feature")
    return xr.Dataset(
        {
            "overlap": (("started", "ended"), np.float32(overlaps.mean(axis=0)[:SHOWN, :SHOWN])),
            "own": (features, np.float32(np.diagonal(overlaps, axis1=-2, axis2=-1))),
            "largest": (features, np.float32(sizes.max(axis=-1))),
            "weight": (features, np.float32(np.take_along_axis(final, at_winner, -1)[..., 0])),
            "winner": (features, np.int16(winner)),
            "rank": (features, np.int16((sizes > np.take_along_axis(sizes, at_winner, -1)).sum(axis=-1))),
            "other": ("replicate", others.mean(axis=-1)),
            "spread": ("replicate", others.std(axis=-1)),
        }
    )


def _alone(runs: xr.Dataset) -> float:
    """Return the mean of own inner products without interference."""
    return FINAL * float(runs.largest.mean())


def _between(runs: xr.Dataset) -> Band:
    usual = FINAL * (2 / np.pi / int(runs.m.max())) ** 0.5
    return Band(usual / _alone(runs), 1.0, "one weight is left: between a usual one and the largest")


def _alike(result: xr.Dataset) -> xr.DataArray:
    """Return for each run which features end on the same neuron with the same sign in both."""
    flow, trained = by_source(np.sign(result.weight) * (result.winner + 1))
    return flow == trained


def _map(source: str) -> Panel:
    def draw(ax: Axes, found: Findings) -> None:
        chosen = found.result.overlap.isel(setting=(found.result.source == source).values)
        most = float(abs(found.result.overlap).max())
        if chosen.size:
            image = ax.imshow(chosen.mean("setting"), cmap="PuOr", vmin=-most, vmax=most)
            ax.figure.colorbar(image, ax=ax, label="inner product, mean over runs")
        ax.set(xlabel="final encoding of feature", ylabel="initial encoding of feature")

    return Panel(draw=draw, options={"title": plots.LABEL[source].capitalize()})


OWN, EACH = mean_of("own"), ("source",)
CONTRAST = mean_of(lambda runs: runs.own.mean("feature") / runs.spread)
WON = mean_of(lambda runs: runs["rank"] == 0)
EXPERIMENTS = (
    Experiment(
        "initial_and_final",
        "Does an encoding end where it began?",
        "arXiv:2312.03096, initial against final encodings; seed 001, introduction",
        settings,
        measure,
        {
            "own": Quantity("inner product with own final encoding", OWN, _alone, _between, over=EACH),
            "contrast": Quantity("over the deviation of those with others", CONTRAST, over=EACH),
            "won": Quantity("share won by the largest initial weight", WON, over=EACH),
            "alike": Quantity("share of features that end alike in both", mean_of(_alike), over=()),
        },
        (
            _map("simulation"),
            _map("training"),
            Panel("own", ("source",)),
            Panel("won", ("source",), options={"ylim": (0, 1)}),
        ),
        "The inner product of an encoding's start and end is {own.flow.first.ratio:%} of what it would be "
        "without interference in the flow, and {own.trained.first.ratio:%} in training; the largest initial "
        "weight wins for {won.flow.first:%} and {won.trained.first:%} of features.",
        "An encoding can be told by where it began as far as its inner product with its own start is many "
        "times the standard deviation of those with others: {contrast.flow.first} in the flow, "
        "{contrast.trained.first} in training. From the same weights both end on the same neuron with the "
        "same sign for {alike.last:%} of features.",
        "One size, one λ and few runs; the maps show the first 40 features.",
    ),
)
