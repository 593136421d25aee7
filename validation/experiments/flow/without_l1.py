"""Without L1: angles, ranks and rotations of encodings, with fewer and with more features than neurons."""

import warnings

import numpy as np
import xarray as xr

from sim.metrics import fourth_norms
from theory import Autoencoder
from theory.noise.drift import of_random_direction
from validation.experiments import networks
from validation.experiments.draws import draws
from validation.experiments.experiment import Experiment, Panel, Quantity, grid, mean_of
from validation.training import train

END = 1000.0  # flow time
FREE = ("feature_benefit", "interference")
LOADS = (0.5, 1, 1.5, 2, 2.5, 3)
SMALL = 1e-3  # of cosines, and of singular values over the largest


def measure(source: str, n: int, m: int, replicates: int, seed: int) -> xr.Dataset:
    """Run without L1 to flow time 1,000 from random weights, and look at lengths, angles and directions.

    Angles count as right or obtuse if the cosine is at most 0.001. The rank counts singular values above
    0.001 of the largest. The fourth norm of an encoding is 3/(m + 2) if its direction is random. Runs from
    weights turned at random in the hidden space should end turned alike: how far they do not is the largest
    difference. Gradient descent takes steps of flow time 0.2.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # more features than neurons: meant to be
        model = Autoencoder(n, m, 0.0)
    rngs = draws(seed, replicates)
    starts = np.array([model.initial(rng) for rng in rngs])
    final = _ends(source, model, starts)
    turn = np.linalg.qr(rngs[0].normal(size=(m, m)))[0]
    turned = _ends(source, model, starts[:1] @ turn)
    lengths = np.linalg.norm(final, axis=-1)
    alive = lengths > SMALL
    units = final / np.maximum(lengths, SMALL)[..., None]
    cosines = units @ np.swapaxes(units, -1, -2)
    pairs = alive[:, :, None] & alive[:, None] & np.triu(np.ones((n, n), bool), 1)
    values = np.linalg.svd(final, compute_uv=False)
    outputs = np.maximum(final @ np.swapaxes(final, -1, -2), 0)
    by_run = {
        "alive": alive.mean(axis=-1),
        "obtuse": ((cosines <= SMALL) & pairs).sum(axis=(1, 2)) / pairs.sum(axis=(1, 2)),
        "closest": np.where(pairs, cosines, -1).max(axis=(1, 2)),
        "opposite": ((cosines < -0.5) & pairs).sum(axis=(1, 2)) / n,
        "rank": (values > SMALL * values[:, :1]).sum(axis=-1) / m,
        "length": np.where(alive, lengths, np.nan).mean(axis=-1, where=alive),
        "fourth": np.nanmean(np.where(alive, fourth_norms(final), np.nan), axis=-1),
        "loss": ((outputs - np.eye(n)) ** 2).sum(axis=(1, 2)) / n,
        "turned": np.full(replicates, np.abs(turned[0] - final[0] @ turn).max()),
    }
    return xr.Dataset({name: ("replicate", np.float32(found)) for name, found in by_run.items()})


def _ends(source: str, model: Autoencoder, starts: np.ndarray) -> np.ndarray:
    if source == "simulation":
        return networks.followed(model, starts, [END], FREE)[0]
    size = {"steps": round(END / 0.2), "learning_rate": 0.05, "replicates": len(starts)}
    return train(model, "gd", initial=starts, **size).final.values.astype(float)


def _settings(full: bool) -> list:
    loads = LOADS if full else (0.5, 2)
    points = [("simulation", round(8 * load)) for load in loads]
    points += [("training", round(8 * load)) for load in ((1, 2.5) if full else ())]
    return grid({"source, n": points, "m": 8, "replicates": 40 if full else 12})


EXPERIMENTS = (
    Experiment(
        "without_l1",
        "What do encodings look like without L1, with more features than neurons?",
        "seed 001, comments (“a complicated mess”)",
        _settings,
        measure,
        {
            "obtuse": Quantity("share of pairs at 90° or more", mean_of("obtuse")),
            "closest": Quantity("largest cosine of two encodings", mean_of("closest")),
            "opposite": Quantity("pairs at more than 120°, for each feature", mean_of("opposite")),
            "rank": Quantity("rank of the encodings, over m", mean_of("rank")),
            "alive": Quantity("share of features that are encoded", mean_of("alive")),
            "length": Quantity("length of their encodings", mean_of("length")),
            "fourth": Quantity(
                "fourth norm of directions", mean_of("fourth"), lambda part: of_random_direction(int(part.m))
            ),
            "loss": Quantity("loss of a feature", mean_of("loss")),
            "turned": Quantity("change by turning the start, largest", mean_of("turned")),
        },
        (
            Panel("obtuse", "load", ("source",), options={"ylim": (0, 1.03)}),
            Panel(
                ("closest", "alive", "rank"), "load", where={"source": "simulation"}, options={"ylabel": ""}
            ),
            Panel("loss", "load", ("source",)),
            Panel("fourth", "load", ("source",), options={"ylim": (0, None)}),
        ),
        "Up to n/m = 2 they form angles of at least 90° ({obtuse[n=8].first:%} of pairs at n = m, "
        "{obtuse[n=16].first:%} at n = 2m); with more, {obtuse.flow.last:%} at n/m = "
        "{obtuse.flow.last[load]:g} still do, and the loss of a feature is {loss.flow.last}.",
        "What the comments call a mess is one for neurons only: the fourth norm of directions is that of "
        "random ones in {fourth.agreeing} settings, and turning the start turns the end (off by at most "
        "{turned.most}), so that no neuron means anything. For encodings there is order: m directions allow "
        "2m encodings without positive inner products, as opposite pairs "
        "({opposite[n=16].first} pairs at more than 120° for each feature at n = 2m), and there the loss is "
        "{loss[n=16].first}. Beyond it the largest cosine is {closest.flow.last}, {alive.flow.last:%} of the "
        "features are encoded and the rank stays {rank.flow.last} m.",
        "One number of neurons; at flow time 1,000 slow changes along flat directions may go on.",
    ),
)
