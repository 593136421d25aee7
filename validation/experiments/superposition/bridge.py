"""From necessary to incidental polysemanticity: superposition with L1, with ever fewer features."""

import warnings

import numpy as np
import xarray as xr
from matplotlib.axes import Axes

from theory import Autoencoder, Superposition
from validation.experiments import networks
from validation.experiments.collisions import ratio_law
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.experiments.findings import Findings
from validation.report import plots
from validation.report.statistics import Estimate, mean
from validation.training import train

NEURONS, L1 = 16, 0.02  # λ of the flow
LOADS = (0.25, 0.5, 1, 1.5, 2, 4)
END = 8.0  # of a flow, in units of 1/λ


def settings(full: bool) -> list[Setting]:
    """Return loads n/m, with L1 for both models and without it for superposition."""
    loads = LOADS if full else (0.5, 2)
    runs = [("simulation", L1), ("training", L1), ("training", 0.0)]
    points = [(source, round(q * NEURONS), l1) for source, l1 in runs for q in loads]
    return grid({"source, n, l1": points, "m": NEURONS, "replicates": 40 if full else 6})


def measure(source: str, n: int, l1: float, m: int, replicates: int, seed: int) -> xr.Dataset:
    """Count the polysemantic neurons that L1 leaves, with fewer and with more features than neurons.

    Superposition, ``ReLU(W Wᵀx + b)`` with one feature on at a time, uniform on [0, 1], is trained by Adam
    with a batch of 256, 5,000 steps at a rate that falls from 0.003 to 0 like a cosine. Without biases its
    loss would be 1/(3n) of the core's, so its L1 is 4λ/(3n). The core is the flow of the autoencoder of
    incidental polysemanticity, without biases, to λt = 8. A neuron is polysemantic if its second largest
    weight is more than half of its largest one, and that more than 0.1.
    """
    if source == "simulation":
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # more features than neurons: meant to be
            model = Autoencoder(n, m, l1)
        starts = np.array([model.initial(rng) for rng in draws(seed, replicates)])
        final = networks.followed(model, starts, [END / l1])[0]
    else:
        final = train(
            Superposition(n, m, 0),
            "adam",
            steps=5000,
            learning_rate=0.003,
            schedule="cosine",
            batch=256,
            l1=4 * l1 / (3 * n),
            replicates=replicates,
            seed=seed,
        ).final.values
    second, largest = np.sort(np.abs(final), axis=1)[:, -2:].swapaxes(0, 1)
    polysemantic = (second > largest / 2) & (largest > 0.1)
    encoded = np.linalg.norm(final, axis=-1) > 0.5
    return xr.Dataset(
        {
            "polysemantic": ("replicate", polysemantic.mean(axis=-1)),
            "encoded": ("replicate", encoded.mean(axis=-1)),
        }
    )


def necessary(load: float) -> float:
    """Return the least share of polysemantic neurons if no two features share a neuron and a sign."""
    return float(np.clip(load - 1, 0, 1))


def _load(part: xr.Dataset) -> float:
    return float(part.n / part.m)


def _law(part: xr.Dataset) -> float:
    """Return the share of the exclusion law."""
    return ratio_law.expected(part) / float(part.m) if _load(part) <= 2 else 1.0


def _expected(part: xr.Dataset) -> float | None:
    """Return what theory expects; without L1 neurons mean nothing and it is silent."""
    return None if part.l1 == 0 else _law(part)


def _beyond(share: float, load: float) -> float:
    """Return what part of a share of polysemantic neurons is beyond what is necessary."""
    least = necessary(load)
    return 1 - least / max(share, least) if least else 1.0


def _incidental(part: xr.Dataset, level: float) -> Estimate | None:
    if part.l1 == 0 or _load(part) > 2:
        return None
    counted = mean(part.polysemantic.values, level)
    value, low, high = (_beyond(at, _load(part)) for at in (counted.value, counted.low, counted.high))
    return Estimate(value, low, high, counted.method)


def _expected_incidental(part: xr.Dataset) -> float:
    return _beyond(_law(part), _load(part))


def _near(part: xr.Dataset) -> Band:
    if _load(part) == 2:
        return Band(0.0, 0.1, "all are necessary; training may leave some out")
    return Band(0.5, 1.3, "a small difference of the law and what is necessary")


def _necessary(ax: Axes, found: Findings) -> None:
    """Draw what is necessary."""
    loads = np.array([0, 1, 2, max(LOADS)])
    ax.plot(loads, [necessary(q) for q in loads], ":", color=plots.GREY, label="necessary")


AXIS = {"ylim": (-0.03, 1.03), "xticks": LOADS[1:], "xticklabels": LOADS[1:]}
LAW = Band(0.7, 1.35, "146 settings of the flow lie within 0.75 and 1.30 (`quarter_constant`); few runs")
EXPERIMENTS = (
    Experiment(
        "bridge",
        "Where does polysemanticity turn from necessary to incidental?",
        "seed 001, Discussion; own",
        settings,
        measure,
        {
            "share": Quantity(
                "polysemantic neurons a neuron", mean_of("polysemantic"), _expected, lambda _: LAW
            ),
            "incidental": Quantity(
                "share of them that is incidental", _incidental, _expected_incidental, _near
            ),
            "encoded": Quantity("share of features that are encoded", mean_of("encoded")),
        },
        (
            Panel("share", "load", ("l1", "source"), draw=_necessary, options=AXIS),
            Panel("incidental", "load", ("source",), options={"ylim": (-0.03, 1.03)}),
        ),
        "Between n = m and n = 2m. With L1, {share[source=training,n=4,l1=0.02].first} of the neurons of "
        "superposition are polysemantic at n/m = ¼ and {share[source=training,n=16,l1=0.02].first} at 1, "
        "none of which need be; of {share[source=training,n=24,l1=0.02].first} at 1.5, "
        "{incidental[n=24].trained.first:%} need not be; and of {share[source=training,n=32,l1=0.02].first} "
        "at 2 all must.",
        "One law covers both kinds: features take free slots, each a neuron with a sign, at random, no two "
        "the same (the exclusion law, the line of theory). Up to n = m nothing is necessary; from there on "
        "n − m neurons must have two features; at n = 2m all have, and chance has no say. It lies in "
        "{share.predicted.agreeing} intervals, of superposition with biases and values on [0, 1] as of the "
        "flow of the core's autoencoder. Without L1 "
        "there is no such transition: {share[n=4,l1=0.0].first} of the neurons are polysemantic at n/m = ¼ "
        "already, since any rotation does as well and a neuron is no feature's own. Beyond n = 2m "
        "({share[source=training,n=64,l1=0.02].first} at 4) every neuron is. What becomes of single neurons "
        "when their features begin elsewhere is on the page [incidental or "
        "necessary](incidental_or_necessary.md).",
        "One number of neurons, one λ, one feature on at a time. What is necessary supposes that no two "
        "features share a neuron with one sign.",
    ),
)
