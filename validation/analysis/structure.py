"""Which features a network carries on which neurons, whatever the scale of its weights."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse.csgraph import connected_components

from sim.metrics import fourth_norms

DEAD = 0.1  # share of the usual size of an encoding's largest weight below which a feature is dead


@dataclass(frozen=True)
class Structure:
    """Encodings at a common scale, and what is read off them.

    Parameters
    ----------
    weights : ndarray of float32, shape (feature, neuron)
        Divided by `scale`; the rows of dead features are zero.
    scale : float
        Usual size of an encoding's largest weight: the mean of these sizes, each weighted by itself, so that
        neither many dead features nor a few large encodings decide it.
    alive : ndarray of bool, shape (feature,)
        Whether the largest weight is at least `DEAD` of that.
    largest : ndarray, shape (feature,)
        Size of the largest weight, at this scale.
    lengths : ndarray, shape (feature,)
        L2 norms, at this scale.
    carried : csr_array, shape (feature, neuron)
        Weights that are at least a given share of the largest one of their encoding: the feature is *on* the
        neuron.
    gram : ndarray of float32, shape (feature, feature)
        Inner products.
    group : tuple of ndarray of int, shapes (feature,) and (neuron,)
        Features and neurons that hang together by the carried weights have the same number.
    """

    weights: np.ndarray
    scale: float
    alive: np.ndarray
    largest: np.ndarray
    lengths: np.ndarray
    carried: sparse.csr_array
    gram: np.ndarray
    group: tuple[np.ndarray, np.ndarray]

    @classmethod
    def of(cls, raw: np.ndarray, threshold: float) -> "Structure":
        """Return the structure of encodings; a weight is carried from this share of the largest on."""
        largest = np.maximum(raw.max(axis=1), -raw.min(axis=1)).astype(np.float64)
        top = largest.max() or 1.0
        shares = largest / top  # no square of them overflows
        scale = top * float((shares**2).sum() / (shares.sum() or 1.0) or 1.0)
        alive = largest / scale >= DEAD
        weights = np.zeros(raw.shape, np.float32)
        np.divide(raw, scale, out=weights, where=alive[:, None], casting="same_kind")
        largest = np.maximum(weights.max(axis=1), -weights.min(axis=1))
        on = np.abs(weights) >= np.where(alive, np.float32(threshold) * largest, np.float32(np.inf))[:, None]
        starts = np.concatenate([[0], on.sum(axis=1).cumsum()])
        indices = np.concatenate([np.flatnonzero(row).astype(np.int32) for row in on])
        carried = sparse.csr_array((weights[on], indices, starts), raw.shape)
        return cls(
            weights=weights,
            scale=scale,
            alive=alive,
            largest=largest,
            lengths=np.sqrt(np.einsum("ij,ij->i", weights, weights, dtype=np.float64)),
            carried=carried,
            gram=weights @ weights.T,
            group=_groups(carried, on.argmax(axis=0)),
        )

    @property
    def on_neuron(self) -> np.ndarray:
        """Number of features on each neuron."""
        return np.bincount(self.carried.indices, minlength=self.weights.shape[1])

    @property
    def crowded(self) -> np.ndarray:
        """Whether each neuron's group has more features than neurons."""
        features, neurons = self.group_sizes
        return features > neurons

    @property
    def group_sizes(self) -> tuple[np.ndarray, np.ndarray]:
        """Number of features and of neurons in each neuron's group."""
        ofs, labels = self.group
        size = max(ofs.max(), labels.max()) + 1
        return np.bincount(ofs, minlength=size)[labels], np.bincount(labels, minlength=size)[labels]

    @property
    def effective_neurons(self) -> np.ndarray:
        """Participation ratio (Σ w²)² / Σ w⁴ of each encoding: 1 on one neuron, random about (m + 2)/3."""
        return np.divide(1, fourth_norms(self.weights), out=np.zeros(self.alive.size), where=self.alive)

    @property
    def dimensionality(self) -> np.ndarray:
        """Dimensionality of each feature (`theory.superposition.dimensionality`); 0 for dead ones."""
        own, all_of_them = self.gram.diagonal(), np.einsum("ij,ij->i", self.gram, self.gram)
        return np.divide(own**2, all_of_them, out=np.zeros(own.shape), where=all_of_them > 0)

    @property
    def privileged(self) -> bool:
        """Whether the encodings keep to the axes more than a random rotation would make them.

        The mean over the encodings of Σ v⁴, with v the encoding at length one, is compared with what random
        directions have: 3/(m + 2), and a standard deviation that follows from the even moments of a
        coordinate of the sphere. Not privileged means: at most four standard errors above that (with
        as many independent directions as there are features, or neurons if these are fewer) and nearer to it
        than to 1, which encodings on the axes have. Where m is 2 or 3 the two can hardly be told apart.
        """
        if not self.alive.any():
            return True
        m, directions = self.weights.shape[1], min(self.alive.sum(), self.weights.shape[1])
        random = 3 / (m + 2)
        square = (105 + 9 * (m - 1)) / ((m + 2) * (m + 4) * (m + 6))
        error = np.sqrt((square - random**2) / directions)
        found = (1 / self.effective_neurons[self.alive]).mean()
        return not (found - random <= 4 * error and found < (1 + random) / 2)

    @property
    def cosines(self) -> np.ndarray:
        """Inner products of the encodings at length one; 0 for dead features."""
        inverse = np.divide(1, self.lengths, out=np.zeros_like(self.lengths), where=self.alive)
        inverse = inverse.astype(np.float32)
        return np.clip(self.gram * inverse * inverse[:, None], -1, 1)


def _groups(carried: sparse.csr_array, first: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the group of each feature and neuron; `first` is the first feature on each neuron.

    A few links that surely are there make most of each group; then only links between groups are left.
    """
    features, neurons = carried.shape
    alive, used = np.flatnonzero(np.diff(carried.indptr)), np.bincount(carried.indices, minlength=neurons) > 0
    rows = np.repeat(np.arange(features, dtype=np.int32), np.diff(carried.indptr))
    sure = np.concatenate([alive, first[used]])
    there = np.concatenate([carried.indices[carried.indptr[alive]], np.flatnonzero(used)])
    labels = _labels(sure, there, carried.shape)
    apart = labels[rows] != labels[features + carried.indices]
    labels = _labels(
        np.concatenate([sure, rows[apart]]), np.concatenate([there, carried.indices[apart]]), carried.shape
    )
    return labels[:features], labels[features:]


def _labels(rows: np.ndarray, columns: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    graph = sparse.csr_array((np.ones(rows.size), (rows, shape[0] + columns)), (sum(shape), sum(shape)))
    return connected_components(graph, directed=False)[1]
