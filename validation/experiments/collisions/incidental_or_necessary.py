"""Incidental or necessary: how often final weights tell which, of one network or of both kinds in one."""

import warnings
from collections.abc import Callable

import numpy as np
import xarray as xr

from sim import ensemble
from theory import Autoencoder
from validation.analysis.networks import analyze
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid
from validation.experiments.findings import Findings, parts
from validation.report.statistics import Estimate, share
from validation.training import train

NEURONS = 16  # of the needy network
ROOMY = (32, 48)
CONTEXTS = ("each network alone", "both in one, shuffled")
READERS = ("count", "verdict", "signature")
KINDS = ("incidental", "necessary")  # of which a neuron is, and of which a reader says it is
TOLD = (*KINDS, "neither")


def settings(full: bool) -> list[Setting]:
    """Return needy networks at several loads, of the flow and trained."""
    loads = (1.125, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 3, 4) if full else (1.25, 1.5, 2, 2.5, 3)
    axes = {"source": ("simulation", "training"), "n": [round(load * NEURONS) for load in loads]}
    return grid(axes | {"m": NEURONS, "l1": 0.02, "replicates": 200 if full else 24})


def measure(source: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Read polysemantic neurons of roomy networks (n = 32, m = 48) and needy ones (more features than neurons).

    All of the first are taken as incidental, all of the second as necessary, although a neuron may be free for
    some. A reader sees final weights only, of each network alone, or of both as blocks of one matrix, shuffled. By
    *count*, all are necessary if there are more living features than neurons. By *verdict*, that of `polysem
    analyze`, a neuron is incidental if a feature could move to a free one at no higher loss, and free neurons are
    not too few. By *signature*, it is if two features with opposite signs are on it and nowhere else. The accuracy
    is the mean of the shares of incidental and of necessary neurons told rightly; 0.5 is guessing.
    """
    streams = np.random.SeedSequence([seed, n]).spawn(3)  # so that roomy networks are not always the same
    roomy, needy = (
        _finals(source, Autoencoder(*size, l1), replicates, stream)
        for size, stream in zip((ROOMY, (n, m)), streams, strict=False)
    )
    rngs = [np.random.default_rng(child) for child in streams[2].spawn(replicates)]
    counts = np.stack([read(*networks, rng) for *networks, rng in zip(roomy, needy, rngs, strict=True)])
    return xr.Dataset({"neurons": (("replicate", "context", "reader", "truth", "told"), counts)})


def _finals(source: str, model: Autoencoder, replicates: int, stream: np.random.SeedSequence) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # more features than neurons, not sparse: meant to be
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
    verdicts = [
        TOLD.index(said) if said in KINDS else TOLD.index("neither") for said in result.verdict.values
    ]
    told = np.stack([np.full(truth.size, int(crowded)), verdicts, np.where(pair, 0, 1)])
    several = result.on_neuron.values > 1
    counts = np.zeros((len(READERS), len(KINDS), len(TOLD)), int)
    for reader, says in enumerate(told):
        np.add.at(counts[reader], (truth[several], says[several]), 1)
    return counts


def _trials(part: xr.Dataset, context: int, reader: int, kind: int) -> tuple[int, int]:
    """Return how many neurons of a kind are told rightly, and how many there are."""
    counts = part.neurons.values[:, context, reader, kind].astype(int).sum(axis=0)
    return int(counts[kind]), int(counts.sum())


def _accuracy(context: int, reader: int) -> Callable[[xr.Dataset, float], Estimate]:
    """Return what estimates the mean of both shares: its interval holds where both do, each at half the risk."""

    def estimate(part: xr.Dataset, level: float) -> Estimate:
        both = [share(*_trials(part, context, reader, kind), (1 + level) / 2) for kind in range(len(KINDS))]
        value, low, high = (sum(getattr(one, end) for one in both) / 2 for end in ("value", "low", "high"))
        return Estimate(value, low, high, f"{level:.0%} interval, from exact binomial ones")

    return estimate


def _lone(kind: int, most: float, least: float = 0.0) -> Callable[[xr.Dataset, float], Estimate | None]:
    """Return how often a neuron of a kind has a lone pair of opposite signs, at needy loads in a range."""

    def estimate(result: xr.Dataset, level: float) -> Estimate | None:
        chosen = [part for part in parts(result) if least < float(part.n / part.m) <= most]
        pairs, others = (sum(part.neurons.values[:, 0, 2, kind, k].sum() for part in chosen) for k in (0, 1))
        return share(int(pairs), int(pairs + others), level) if chosen else None

    return estimate


def _answer(found: Findings) -> str:
    told = []
    for context in CONTEXTS:
        rows = {reader: found(f"{reader}, {context}") for reader in READERS}
        best = max(rows, key=lambda reader: min(row.estimate.value for row in rows[reader]))
        told.append(f"{min(rows[best], key=lambda row: row.estimate.value)} by {best} with {context}")
    return f"At the worst load the best reader has an accuracy, guessing being 0.5, of {' and '.join(told)}."


def _meaning(found: Findings) -> str:
    pairs = "; ".join(f"{row} of {row.quantity.label}" for k in range(3) for row in found(f"lone {k}"))
    return (
        "Whether a feature had a neuron to go to is a matter of the whole network: put beside another one, "
        "nothing says any longer which neurons it could have had. What is seen of a neuron by itself is whether a "
        f"lone pair of opposite signs is on it, and that looks the same where pairs are unavoidable: {pairs}."
    )


LONE = {
    "incidental neurons": _lone(0, np.inf),
    "necessary neurons at n/m up to 2": _lone(1, 2.0),
    "necessary neurons at higher n/m": _lone(1, np.inf, 2.0),
}
EXPERIMENTS = (
    Experiment(
        "incidental_or_necessary",
        "Can incidental and necessary polysemanticity be told apart from final weights alone?",
        "seed 001, Discussion; own question",
        settings,
        measure,
        {
            **{
                f"{reader}, {context}": Quantity(f"{reader}, {context}", _accuracy(c, r))
                for c, context in enumerate(CONTEXTS)
                for r, reader in enumerate(READERS)
            },
            **{
                f"{reader}, {kind}": Quantity(
                    f"{reader}, shuffled: {kind} told rightly",
                    lambda part, level, r=r, k=k: share(*_trials(part, 1, r, k), level),
                )
                for k, kind in enumerate(KINDS)
                for r, reader in enumerate(READERS)
            },
            **{
                f"lone {k}": Quantity(label, estimate, over=())
                for k, (label, estimate) in enumerate(LONE.items())
            },
        },
        tuple(
            Panel(
                tuple(f"{reader}, {context}" for reader in READERS),
                ("load",),
                where={"source": source},
                title=title,
                options={"ylabel": "accuracy (0.5: guessing)", "ylim": (0.35, 1.03)},
            )
            for source, title in (("simulation", "Simulated flow"), ("training", "Trained with AdamW"))
            for context in CONTEXTS
        ),
        _answer,
        _meaning,
        "Neurons are taken as independent. One size of the needy network and one λ; what is necessary is said of "
        "a whole network, by its number of features.",
    ),
)
