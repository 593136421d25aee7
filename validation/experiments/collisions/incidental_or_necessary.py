"""Incidental or necessary: how often final weights tell which, of one network or of both kinds in one."""

import warnings
from collections.abc import Callable

import numpy as np
import xarray as xr

from sim import ensemble
from theory import Autoencoder
from validation.experiments.collisions.readers import KINDS, READERS, read
from validation.experiments.experiment import Experiment, Panel, Quantity, Setting, grid
from validation.experiments.findings import Findings, parts
from validation.report.statistics import Estimate, share
from validation.training import train

NEURONS = 16  # of the needy network
ROOMY = (32, 48)
CONTEXTS = ("each network alone", "both in one, shuffled")


def settings(full: bool) -> list[Setting]:
    """Return needy networks at several loads, of the flow and trained."""
    loads = (1.125, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 3, 4) if full else (1.25, 1.5, 2, 2.5, 3)
    axes = {"source": ("simulation", "training"), "n": [round(load * NEURONS) for load in loads]}
    return grid(axes | {"m": NEURONS, "l1": 0.02, "replicates": 200 if full else 24})


def measure(source: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Read polysemantic neurons of roomy networks (n = 32, m = 48) and of needy ones (n > m).

    All of the first are taken as incidental, all of the second as necessary, although a neuron may be free
    for some. A reader sees final weights only, of each network alone, or of both as blocks of one matrix,
    shuffled. By *count*, all are necessary if there are more living features than neurons. By *verdict*, that
    of `polysem analyze`, a neuron is incidental if a feature could move to a free one at no higher loss, and
    free neurons are not too few. By *signature*, it is if two features with opposite signs are on it and
    nowhere else. The accuracy is the mean of the shares of incidental and of necessary neurons told rightly.
    """
    streams = np.random.SeedSequence([seed, n]).spawn(3)  # so that roomy networks are not always the same
    roomy, needy = (
        _finals(source, (*size, l1), replicates, stream)
        for size, stream in zip((ROOMY, (n, m)), streams, strict=False)
    )
    rngs = [np.random.default_rng(child) for child in streams[2].spawn(replicates)]
    counts = np.stack([read(one, other, rng) for one, other, rng in zip(roomy, needy, rngs, strict=True)])
    return xr.Dataset({"neurons": (("replicate", "context", "reader", "truth", "told"), counts)})


def _finals(
    source: str, sizes: tuple[int, int, float], replicates: int, stream: np.random.SeedSequence
) -> np.ndarray:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # more features than neurons, not sparse: meant to be
        model = Autoencoder(*sizes)
        if source == "simulation":
            return ensemble(model, replicates, stream).final.values
    seed = int(stream.generate_state(1)[0])
    run = train(model, "adamw", steps=5000, learning_rate=1e-3, replicates=replicates, seed=seed)
    return run.final.values


def _trials(part: xr.Dataset, context: int, reader: int, kind: int) -> tuple[int, int]:
    """Return how many neurons of a kind are told rightly, and how many there are."""
    counts = part.neurons.values[:, context, reader, kind].astype(int).sum(axis=0)
    return int(counts[kind]), int(counts.sum())


def _accuracy(context: int, reader: int) -> Callable[[xr.Dataset, float], Estimate]:
    """Return what estimates the mean of both shares, whose intervals hold each at half the risk."""

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
        "Count and verdict look at the whole network: put beside another one, nothing says any longer which "
        "neurons a feature could have had. What the signature sees of a neuron by itself, a lone pair of "
        f"opposite signs, is on {pairs}."
    )


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
            "lone 0": Quantity("incidental neurons", _lone(0, np.inf), over=()),
            "lone 1": Quantity("necessary neurons at n/m up to 2", _lone(1, 2.0), over=()),
            "lone 2": Quantity("necessary neurons at higher n/m", _lone(1, np.inf, 2.0), over=()),
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
        "Neurons are taken as independent. One number of neurons of needy networks and one λ; what is "
        "necessary is said of a whole network, by its number of features.",
    ),
)
