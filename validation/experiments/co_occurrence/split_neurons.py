"""Splitting polysemantic neurons in two, and what becomes of their features."""

import numpy as np

from sim.flow import Flow
from sim.forces import FORCES, Force, co_occurrence
from sim.progress import track
from theory import Autoencoder
from validation.experiments.co_occurrence.sparse_inputs import train_rare
from validation.training.inputs import Independent

END = 14.0  # of what follows, in units of 1/λ: noise of 10⁻³ takes about 5
TIED = 2**-0.5  # what each copy gets of the weights under tied weights (`theory.co_occurrence.splitting`)
LARGE = 1 / 3  # of the length of an encoding; an equal share of two copies is 0.7
OUTCOMES = ("apart", "together", "split", "other")
Pairs = list[tuple[int, ...]]  # by benign pair both features and their neuron


def settled(flow: Flow) -> dict[str, np.ndarray]:
    """Return the weights at the end of the flow."""
    flow.settle()
    return {"weights": flow.weights}


def polysemantic_pairs(weights: np.ndarray) -> Pairs:
    """Return both features and the neuron of each benign pair, at the end of the flow."""
    large = np.abs(weights) > 0.5
    homes = np.flatnonzero(large.sum(axis=0) == 2).tolist()
    return [(*np.flatnonzero(large[:, home]).tolist(), home) for home in homes]


def split(weights: np.ndarray, pairs: Pairs, noise: np.ndarray, share: float) -> np.ndarray:
    """Duplicate polysemantic neurons, each copy with a share of the weights, and add noise to the copies.

    There are as many neurons as `noise`, (feature, wider), has; those behind the copies are empty.
    """
    wide = np.zeros(noise.shape)
    wide[:, : weights.shape[1]] = weights
    homes = [home for *_, home in pairs]
    copies = list(range(weights.shape[1], weights.shape[1] + len(homes)))
    wide[:, copies] = wide[:, homes]
    both = homes + copies
    wide[:, both] = share * wide[:, both] + noise[:, both]
    return wide


def followed(source: str, model: Autoencoder, p: float, layers: np.ndarray, seed: int) -> np.ndarray:
    """Return what becomes of encoders; layers are (1 or, untied, 2; network, feature, neuron)."""
    until = END / model.l1
    if source == "simulation":
        forces: list[str | Force] = [*FORCES, *([co_occurrence(p)] if p else [])]
        for weights in track(layers[0], "copies"):
            Flow(model, weights, "splitting", forces, None).advance(until)
        return layers[0]
    tied = source == "training"
    starts = {"initial": layers[0] if tied else np.stack(list(layers), axis=1), "replicates": layers.shape[1]}
    return train_rare(model, Independent, p, until, seed, tied=tied, **starts).final


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
