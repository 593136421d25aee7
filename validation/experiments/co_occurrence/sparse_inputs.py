"""Networks trained on sparse features, scaled so that rare features are trained like basis vectors.

Of features that are each on with probability p, the training loss is n E[loss] = np (E[loss]/p). Training at
the L1 strength npλ and a rate divided by np goes over into training on basis vectors at λ as p falls to 0.
"""

from typing import Any, NamedTuple

import numpy as np

from theory import Autoencoder
from validation.training import train
from validation.training.inputs import Basis, Independent

STEP = 0.2  # of flow time where few features are on at a time
OCCURRENCES = 20  # of each feature in a unit of flow time, at least: fewer are noisy
BATCH = 64  # samples in a step, at least
END = 8.0  # of a run, in units of 1/λ
UNDECIDED = 0.2, 0.8  # sizes, relative to usual winners, that are neither those of winners nor of losers
REACH = 10  # largest inner products of a feature that its expected loss takes into account


class Trained(NamedTuple):
    """Final encodings (replicate, feature, neuron); active weights of a feature over time."""

    final: np.ndarray
    times: np.ndarray
    active: np.ndarray


def train_rare(
    model: Autoencoder, inputs: type[Independent], p: float, until: float, seed: int, **options: Any
) -> Trained:
    """Train by gradient descent on samples of features on with probability p, or on basis vectors.

    L1 is on weights, by proximal steps, or on activations (``l1_on``), which are rarer with p by themselves.

    λ of the model and the flow time `until` are per occurrence of a feature, as in `theory.co_occurrence`. A
    step takes flow time 0.2/(1 + np), since the loss is steeper by that factor along what features that are
    on together share, and its batch is such that each feature occurs 20 times in a unit of flow time.
    """
    n = model.n_features
    step = STEP / (1 + n * p)
    unit = n * p or 1.0
    batch = max(BATCH, int(np.ceil(OCCURRENCES * step / p))) if p else 0
    on_weights = options.get("l1_on", "weights") == "weights"
    strength = unit if on_weights else 1.0
    result = train(
        Autoencoder(n, model.n_neurons, strength * model.l1, model.init_std),
        steps=int(np.ceil(until / step)),
        learning_rate=step / 4 / unit,
        l1_step="proximal" if on_weights else "subgradient",
        inputs=inputs(p, batch=batch) if p else Basis(),
        seed=seed,
        **options,
    )
    return Trained(result.final.values, result.time.values * unit, result.active.mean("feature").values)


def relative(weights: np.ndarray) -> np.ndarray:
    """Return encodings, (..., feature, neuron), over their usual size: the median of largest weights."""
    usual = np.median(np.abs(weights).max(axis=-1), axis=-1)[..., None, None]
    return weights / np.maximum(usual, np.finfo(float).tiny)


def undecided(weights: np.ndarray) -> np.ndarray:
    """Return how many relative weights, (replicate, feature, neuron), neither won nor lost in each run."""
    low, high = UNDECIDED
    sizes = np.abs(weights)
    return ((sizes > low) & (sizes < high)).sum(axis=(1, 2))


def loss_per_occurrence(weights: np.ndarray, p: float) -> float:
    """Return ``E[loss] / p`` of independent features of value 1; at p = 0 the loss on the basis vectors.

    Exact up to inner products that are smaller than the ten largest of a feature.
    """
    gram = weights.astype(float) @ weights.T.astype(float)
    total = 0.0
    for k, row in enumerate(gram):
        order = np.argsort(-np.abs(row))
        near = [k, *(i for i in order if i != k and row[i] != 0)][:REACH]
        inner, on = np.zeros(1), np.zeros(1)  # by set of the features nearby that are on
        for i in near:
            inner, on = np.append(inner, inner + row[i]), np.append(on, on + 1)
        own = np.arange(inner.size) % 2  # k came first
        chance = p ** (on[1:] - 1) * (1 - p) ** (len(near) - on[1:])  # over p
        total += float(chance @ (np.maximum(inner, 0) - own)[1:] ** 2)
    return total
