"""Cure by splitting: whether duplicating a polysemantic neuron, with noise, separates its two features."""

import numpy as np
import xarray as xr

from sim.replicates import observe
from theory import Autoencoder
from theory.co_occurrence.splitting import separation_probability
from validation.experiments.co_occurrence import split_neurons
from validation.experiments.co_occurrence.split_neurons import OUTCOMES, TIED, outcome
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid
from validation.report.statistics import Estimate, share

NOISES = (0.0, 0.001, 0.01, 0.1, 0.3)
RATIOS = (0.0, 0.1, 0.3, 1.0, 3.0)  # p/λ
FEW = 0.5  # of other features on at a time; with more the averaged force, to first order in p, is too rough


def settings(full: bool) -> list[Setting]:
    """Return flows at several λ, and networks trained with tied and with untied weights."""
    strengths = (0.02, 0.005, 0.002) if full else (0.02, 0.005)
    tied, (flows, trained) = (0.0, 0.3, 1.0, 3.0), (1000, 24) if full else (120, 8)
    runs = [("simulation", l1, q, flows) for l1 in strengths for q in RATIOS if 15 * q * l1 < FEW]
    runs += [("training", 0.02, q, trained) for q in tied]
    runs += [("untied", 0.02, q, trained) for q in (tied if full else (0.0, 1.0))]
    points = [(source, 16, 16, l1, round(q * l1, 7), number) for source, l1, q, number in runs]
    return grid({"source, n, m, l1, p, networks": points})


def measure(source: str, n: int, m: int, l1: float, p: float, networks: int, seed: int) -> xr.Dataset:
    """Duplicate the polysemantic neurons of ended flows, and add noise of deviation s to the copies' weights.

    Each copy gets 1/√2 of the weights if they are tied, all incoming and half the outgoing ones if not. Flow
    or training goes on for 14/λ, with features on with probability p (both per occurrence). The features of a
    neuron end apart (each alone on a copy), together (one copy wins for both), split (one on both copies), or
    otherwise (one has left, or another has come). Pairs of a network count as separate trials.
    """
    found = observe(split_neurons.settled, Autoencoder(n, m, l1), networks, seed)["weights"]
    pairs = [split_neurons.polysemantic_pairs(weights) for weights in found]
    wide = Autoencoder(n, m + n // 2, l1)  # room for the copies of as many neurons as there can be pairs
    rng = np.random.default_rng(np.random.SeedSequence((seed, 1)))
    noise = rng.normal(size=(2, networks, n, wide.n_neurons))  # for encoder and decoder; tied, the first
    shares = (1.0, 0.5) if source == "untied" else (TIED,)
    counts = np.zeros((networks, len(NOISES), len(OUTCOMES)), np.int16)
    for k, std in enumerate(NOISES):
        layers = [
            [split_neurons.split(*network, given) for network in zip(found, pairs, std * layer, strict=True)]
            for given, layer in zip(shares, noise, strict=False)
        ]
        for r, weights in enumerate(split_neurons.followed(source, wide, p, np.array(layers), seed)):
            for copy, (i, j, home) in enumerate(pairs[r]):
                counts[r, k, OUTCOMES.index(outcome(weights, (i, j), (home, m + copy)))] += 1
    dims = ("replicate", "noise", "outcome")
    return xr.Dataset({"cases": (dims, counts)}, {"noise": list(NOISES), "outcome": list(OUTCOMES)})


def _share(cases: xr.DataArray, name: str, level: float, *among: str) -> Estimate | None:
    counts = cases.sum([dim for dim in cases.dims if dim != "outcome"])
    total = int(counts.sel(outcome=list(among)).sum())
    return share(int(counts.sel(outcome=name)), total, level) if total else None


def _apart(part: xr.Dataset, level: float) -> Estimate | None:
    return _share(part.cases, "apart", level, "apart", "together")


def _stay(group: xr.Dataset, level: float) -> Estimate | None:
    return _share(group.cases.sel(noise=0.0), "split", level, *OUTCOMES)


def _astray(group: xr.Dataset, level: float) -> Estimate | None:
    return _share(group.cases, "other", level, *OUTCOMES)


def _noisy(part: xr.Dataset) -> tuple[float, ...]:
    return NOISES[1:]


def _predicted(part: xr.Dataset) -> float | None:
    at = (float(values) for values in (part.noise, part.l1, part.p))
    return None if part.source == "untied" else separation_probability(*at)


def _band(part: xr.Dataset) -> Band:
    off = float(part.noise) ** 2 + float(part.l1 + part.p)
    return Band(1 - off, 1 + off, "± (s² + λ + p): derived to leading order")


EXPERIMENTS = (
    Experiment(
        "cure_by_splitting",
        "Does splitting a polysemantic neuron in two with noise separate its features?",
        "seed 001, Discussion (Implications for mechanistic interpretability)",
        settings,
        measure,
        {
            "apart": Quantity("share that comes apart", _apart, _predicted, _band, along="noise", at=_noisy),
            "stay": Quantity("stay split without noise", _stay, over=("source",)),
            "astray": Quantity("a feature leaves or another comes", _astray, over=("source", "noise")),
        },
        tuple(
            Panel(
                "apart", ("p_over_l1",), ("source", "l1"), where={"noise": std}, options={"ylim": (0, 1.03)}
            )
            for std in NOISES[1:]
        ),
        "With weak noise, s = 0.001, the features of {apart[noise=0.001].flow.first:%} of split neurons come "
        "apart in the flow where p/λ = {apart.flow.first[p_over_l1]:g}, and of "
        "{apart[noise=0.001].flow.last:%} where p/λ = {apart.flow.last[p_over_l1]:g}.",
        "On its own each feature goes to the copy that noise favours, as often to the same as to different "
        "ones; co-occurrence drives them apart, the more so the weaker the noise. The derived share is in "
        "{apart.predicted.agreeing} intervals. With strong noise, s = 0.3, {astray[noise=0.3].flow.last:%} "
        "of the pairs lose a feature or take another in; with untied weights, s = 0.001, "
        "{apart[noise=0.001,source=untied].last:%} come apart at p/λ = "
        "{apart[source=untied].last[p_over_l1]:g}.",
        "One size of network. The share that comes apart is of the pairs that end apart or together. Trained "
        "networks are few, at one λ, and no theory is derived for untied weights; without noise rounding, in "
        "single precision, may tell their copies apart.",
        in_check=lambda setting: setting["source"] == "simulation" and setting["l1"] == 0.005,
    ),
)
