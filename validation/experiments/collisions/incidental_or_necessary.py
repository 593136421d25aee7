"""Incidental or necessary: how often final weights tell which, of one network or of both kinds in one."""

import warnings
from functools import partial

import numpy as np
import xarray as xr

from sim import ensemble
from theory import Autoencoder
from validation.analysis.networks import analyze
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid
from validation.report.statistics import Estimate, share
from validation.training import train

READERS = ("count", "verdict", "signature")
TOLD = ("incidental", "necessary", "neither")  # of the first two kinds a neuron is
NEURONS = 16  # of the needy network
ROOMY = (32, 48)
CONTEXTS = {"alone": "each network alone", "shuffled": "both in one, shuffled"}
SOURCES = ("simulation", "training")
AXIS = {"ylabel": "accuracy", "ylim": (0.35, 1.03)}


def settings(full: bool) -> list[Setting]:
    """Return needy networks at several loads, of the flow and trained."""
    loads = (1.125, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 3, 4) if full else (1.25, 1.5, 2, 2.5, 3)
    axes = {"source": SOURCES, "n": [round(load * NEURONS) for load in loads]}
    return grid(axes | {"m": NEURONS, "l1": 0.02, "replicates": 200 if full else 24})


def measure(source: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Read polysemantic neurons of roomy networks (n = 32, m = 48) and needy ones, alone or as one, shuffled.

    *Count*: all are necessary if there are more living features than neurons. *Verdict* of `polysem analyze`:
    incidental if a feature could move to a free neuron at no higher loss. *Signature*: incidental if just two
    features, of opposite signs, are on it, and nowhere else. Accuracy is the mean share told rightly of both.
    """
    streams = np.random.SeedSequence([seed, n]).spawn(3)  # so that roomy networks are not always the same
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # more features than neurons, not sparse: meant to be
        models = Autoencoder(*ROOMY, l1), Autoencoder(n, m, l1)
        roomy, needy = (_finals(source, *one, replicates) for one in zip(models, streams, strict=False))
    rngs = [np.random.default_rng(child) for child in streams[2].spawn(replicates)]
    counts = np.stack([read(one, other, rng) for one, other, rng in zip(roomy, needy, rngs, strict=True)])
    return xr.Dataset({"neurons": (("replicate", "context", "reader", "truth", "told"), counts)})


def _finals(source: str, model: Autoencoder, stream: np.random.SeedSequence, replicates: int) -> np.ndarray:
    if source == "simulation":
        return ensemble(model, replicates, stream).final.values
    seed = int(stream.generate_state(1)[0])
    run = train(model, "adamw", steps=5000, learning_rate=1e-3, replicates=replicates, seed=seed)
    return run.final.values


def read(roomy: np.ndarray, needy: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return how many polysemantic neurons of each kind are told to be of which, by context and reader."""
    together = np.zeros(np.add(roomy.shape, needy.shape))
    together[: len(roomy), : roomy.shape[1]] = roomy
    together[len(roomy) :, roomy.shape[1] :] = needy
    truth = np.repeat([0, 1], [roomy.shape[1], needy.shape[1]])
    features, neurons = (rng.permutation(size) for size in together.shape)
    together = (together * rng.choice([-1, 1], truth.size))[features][:, neurons]
    alone = counted(roomy, truth[truth == 0]) + counted(needy, truth[truth == 1])
    return np.stack([alone, counted(together, truth[neurons])])


def counted(weights: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the counts (reader, truth, told) in one network."""
    result = analyze(weights)
    pair = (result.on_neuron == 2) & (result.benign == 1) & (result.group_neurons == 1)
    crowded = int(result.alive.sum()) > weights.shape[1]
    verdicts = [TOLD.index(said) if said in TOLD else 2 for said in result.verdict.values]
    several = result.on_neuron.values > 1
    counts = np.zeros((len(READERS), 2, len(TOLD)), int)
    for reader, says in enumerate((np.full(truth.size, int(crowded)), verdicts, np.where(pair, 0, 1))):
        np.add.at(counts[reader], (truth[several], np.array(says)[several]), 1)
    return counts


def _told(part: xr.Dataset, level: float, context: int, reader: int, truth: int, told: int) -> Estimate:
    """Return the share of neurons of a kind that a reader says are of some kind."""
    counts = part.neurons.values[:, context, reader, truth].astype(int).sum(axis=0)
    return share(int(counts[told]), int(counts.sum()), level)


def _accuracy(part: xr.Dataset, level: float, context: int, reader: int) -> Estimate:
    """Return the mean of both shares that are told rightly, whose intervals hold each at half the risk."""
    both = [_told(part, (1 + level) / 2, context, reader, kind, kind) for kind in (0, 1)]
    value, low, high = (sum(getattr(one, end) for one in both) / 2 for end in ("value", "low", "high"))
    return Estimate(value, low, high, f"{level:.0%} interval, from exact binomial ones")


def _lone(truth: int) -> Quantity:
    label = f"{('incidental', 'necessary')[truth]} neurons with a lone pair of opposite signs"
    return Quantity(label, partial(_told, context=0, reader=2, truth=truth, told=0))


EXPERIMENTS = (
    Experiment(
        "incidental_or_necessary",
        "Can incidental and necessary polysemanticity be told apart from final weights alone?",
        "seed 001, Discussion; own question",
        settings,
        measure,
        {
            f"{reader}_{context}": Quantity(f"{reader}, {told}", partial(_accuracy, context=c, reader=r))
            for c, (context, told) in enumerate(CONTEXTS.items())
            for r, reader in enumerate(READERS)
        }
        | {"lone_incidental": _lone(0), "lone_necessary": _lone(1)},
        tuple(
            Panel(tuple(f"{reader}_{context}" for reader in READERS), ("load",), where=where, options=AXIS)
            for where in grid({"source": SOURCES})
            for context in CONTEXTS
        ),
        "At the worst load the accuracy (guessing: 0.5) is {count_alone.least} by count with each network "
        "alone; with both in one, shuffled, it is {count_shuffled.least} by count, {verdict_shuffled.least} "
        "by verdict and {signature_shuffled.least} by signature.",
        "Count and verdict look at the whole network: put beside another one, nothing says any longer which "
        "neurons a feature could have had. What the signature sees of a neuron by itself, a lone pair of "
        "opposite signs, is on {lone_incidental.first:%} of incidental neurons, and on "
        "{lone_necessary.first:%} of necessary ones at n/m = {lone_necessary.first[load]:.3g}, "
        "{lone_necessary.last:%} at {lone_necessary.last[load]:.3g}.",
        "All neurons of a roomy network are taken as incidental, all of a needy one as necessary, although a "
        "neuron may be free for some, and neurons as independent. One number of neurons of needy networks.",
    ),
)
