"""Splitting polysemantic neurons in two, and what becomes of their features."""

from collections.abc import Callable

import numpy as np
import xarray as xr

from sim.flow import Flow
from sim.forces import FORCES, Force, co_occurrence
from sim.progress import track
from sim.replicates import observe
from theory import Autoencoder
from validation.experiments.co_occurrence.sparse_inputs import train_rare
from validation.experiments.experiment import Setting

NOISES = (0.0, 0.001, 0.01, 0.1, 0.3)
RATIOS = (0.0, 0.1, 0.3, 1.0, 3.0)  # p/λ
FEW = 0.5  # of other features on at a time; with more the averaged force, to first order in p, is too rough
END = 14.0  # of what follows, in units of 1/λ: noise of 10⁻³ takes about 5
TIED = 2**-0.5  # what each copy gets of the weights under tied weights (`theory.co_occurrence.splitting`)
LARGE = 1 / 3  # of the length of an encoding; an equal share of two copies is 0.7
OUTCOMES = ("apart", "together", "split", "other")

Start = Callable[..., np.ndarray]  # gives all networks by what each copy gets and, untied, the layer


def settings(full: bool) -> list[Setting]:
    """Flows at several λ, and networks trained with tied and with untied weights."""
    networks = {"simulation": 1000, "training": 24, "untied": 24} if full else {"simulation": 120}
    strengths = (0.02, 0.005, 0.002) if full else (0.02, 0.005)
    flows = [("simulation", l1, q) for l1 in strengths for q in RATIOS if 15 * q * l1 < FEW]
    trained = [("training", 0.02, q) for q in (0.0, 0.3, 1.0, 3.0)]
    untied = [("untied", 0.02, q) for q in ((0.0, 0.3, 1.0, 3.0) if full else (0.0, 1.0))]
    return [
        {"source": s, "n": 16, "m": 16, "l1": l1, "p": round(q * l1, 7), "networks": networks.get(s, 8)}
        for s, l1, q in flows + trained + untied
    ]


def measure(source: str, n: int, m: int, l1: float, p: float, networks: int, seed: int) -> xr.Dataset:
    """Duplicate the polysemantic neurons of ended flows, and add noise to all weights of the copies.

    Outputs stay as they are: each copy gets 1/√2 of the weights if they are tied, all incoming and half the
    outgoing ones if not. What follows, by flow or training, is under co-occurrence with probability p and
    lasts 14/λ, both per occurrence of a feature. The two features of a neuron end apart (each alone on a
    copy), together (one copy wins for both), split (one on both copies), or otherwise (one has left, or
    another feature has come). The noise is the same draws times its deviation s. Pairs of a network count as
    separate trials.
    """
    found = observe(_settled, Autoencoder(n, m, l1), networks, seed)["weights"]
    pairs = [polysemantic_pairs(weights) for weights in found]
    wide = Autoencoder(n, m + n // 2, l1)  # room for the copies of as many neurons as there can be pairs
    rng = np.random.default_rng(np.random.SeedSequence((seed, 1)))
    noise = rng.normal(size=(2, networks, n, wide.n_neurons))  # for encoder and decoder; tied, the first
    counts = np.zeros((networks, len(NOISES), len(OUTCOMES)), np.int16)
    for k, std in enumerate(NOISES):

        def start(share: float, layer: int = 0, std: float = std) -> np.ndarray:
            given = zip(found, pairs, std * noise[layer], strict=True)
            return np.array([split(*network, share) for network in given])

        for r, weights in enumerate(_followed(source, wide, p, start, seed)):
            for copy, (i, j, home) in enumerate(pairs[r]):
                counts[r, k, OUTCOMES.index(outcome(weights, (i, j), (home, m + copy)))] += 1
    return xr.Dataset(
        {"cases": (("replicate", "noise", "outcome"), counts)},
        {"noise": list(NOISES), "outcome": list(OUTCOMES)},
    )


def _settled(flow: Flow) -> dict[str, np.ndarray]:
    flow.settle()
    return {"weights": flow.weights}


def _followed(source: str, model: Autoencoder, p: float, start: Start, seed: int) -> np.ndarray:
    """Return what becomes of the encoders."""
    until = END / model.l1
    if source == "simulation":
        forces: list[str | Force] = [*FORCES, co_occurrence(p)] if p else [*FORCES]
        final = start(TIED)
        for weights in track(final, "copies"):
            Flow(model, weights, "splitting", forces, None).advance(until)
        return final
    tied = source == "training"
    initial = start(TIED) if tied else np.stack([start(1.0), start(0.5, 1)], axis=1)
    return train_rare(model, "independent", p, until, len(initial), seed, initial=initial, tied=tied).final


def polysemantic_pairs(weights: np.ndarray) -> list[tuple[int, int, int]]:
    """Return both features and the neuron of each benign pair, at the end of the flow."""
    large = np.abs(weights) > 0.5
    neurons = np.flatnonzero(large.sum(axis=0) == 2).tolist()
    features = (np.flatnonzero(large[:, neuron]).tolist() for neuron in neurons)
    return [(one, two, neuron) for (one, two), neuron in zip(features, neurons, strict=True)]


def split(
    weights: np.ndarray, pairs: list[tuple[int, int, int]], noise: np.ndarray, share: float
) -> np.ndarray:
    """Duplicate polysemantic neurons and add noise to all weights of the copies.

    Parameters
    ----------
    weights : ndarray, shape (feature, neuron)
    pairs : list
        Of `polysemantic_pairs`.
    noise : ndarray, shape (feature, wider)
        As many neurons as are returned; those behind the copies are empty.
    share : float
        What each copy gets of the neuron's weights (`TIED` under tied weights).
    """
    wide = np.zeros(noise.shape)
    wide[:, : weights.shape[1]] = weights
    homes = [home for _, _, home in pairs]
    copies = list(range(weights.shape[1], weights.shape[1] + len(homes)))
    wide[:, copies] = wide[:, homes]
    both = homes + copies
    wide[:, both] = share * wide[:, both] + noise[:, both]
    return wide


def outcome(weights: np.ndarray, features: tuple[int, int], copies: tuple[int, int]) -> str:
    """Say what has become of a pair: one of `OUTCOMES`.

    "apart": each feature alone on a copy of its own; "together": both on one; "split": both are there, and
    one has large weights on both; "other": one has left, or another feature has come.
    """
    large = np.abs(weights) > LARGE * np.linalg.norm(weights, axis=-1, keepdims=True)
    one, two = (tuple(large[feature, list(copies)]) for feature in features)
    if large[:, list(copies)].sum() > sum(one) + sum(two) or not (any(one) and any(two)):
        return "other"
    if all(one) or all(two):
        return "split"
    return "together" if one == two else "apart"
