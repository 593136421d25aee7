"""What the networks are trained on: basis vectors, or samples of sparse features.

A new distribution is a dataclass with `draw` and a line in `INPUTS`; its fields are its settings. It may have
`seen`, what the network is shown of the features that are on, and `counted`, which outputs count.
"""

from dataclasses import dataclass
from functools import cache
from typing import ClassVar, Protocol

import numpy as np
from scipy.stats import ortho_group

from theory.common import arguments
from theory.common.arguments import ArgumentError
from validation.training.backend import Array, namespace_of

VALUES = ("one", "uniform")


class Inputs(Protocol):
    """Where inputs come from."""

    random: ClassVar[bool]

    def draw(self, rng: np.random.Generator, n_features: int) -> np.ndarray:
        """Return inputs, shape (sample, feature)."""


@dataclass(frozen=True)
class Basis:
    """All basis vectors at once: each feature on its own, value 1."""

    random: ClassVar[bool] = False

    def draw(self, rng: np.random.Generator, n_features: int) -> np.ndarray:
        """Return the identity."""
        return np.eye(n_features)


@dataclass(frozen=True)
class Single:
    """One feature on in each sample, drawn at random, value 1: mini-batches of the basis vectors.

    Parameters
    ----------
    batch : int
        Samples in each step.
    """

    random: ClassVar[bool] = True
    batch: int = 64

    def __post_init__(self) -> None:
        arguments.whole("inputs batch", self.batch, least=1)

    def draw(self, rng: np.random.Generator, n_features: int) -> np.ndarray:
        """Return samples, shape (batch, feature)."""
        return np.eye(n_features)[rng.integers(n_features, size=self.batch)]


@dataclass(frozen=True)
class Orthogonal(Basis):
    """Each feature on its own, shown as one of n orthogonal inputs of length 1 (seed 001, footnote 10).

    Targets stay basis vectors, so that weights must be untied. A gradient descent on them is, but for L1 on
    weights, that on basis vectors from the encodings of these inputs (`polysem derive orthogonal_inputs`).

    Parameters
    ----------
    rotation : int
        Seed of the orthogonal matrix, at least 0.
    """

    rotation: int = 0

    def __post_init__(self) -> None:
        arguments.whole("inputs rotation", self.rotation, least=0)

    def directions(self, n_features: int) -> np.ndarray:
        """Return what the network is shown of each feature, (feature, input), with orthonormal rows."""
        return _rotation(n_features, self.rotation)

    def seen(self, features: Array) -> Array:
        """Return what the network is shown of samples (…, feature)."""
        turn = self.directions(features.shape[-1])
        return features @ namespace_of(features).asarray(turn, dtype=features.dtype)


@dataclass(frozen=True)
class Contexts(Basis):
    """Each feature on its own in its context, which the decoder sees: outputs of others do not count.

    Feature i is of context i modulo their number (seed 001, “A more realistic toy model”).

    Parameters
    ----------
    contexts : int
        Number of contexts, at least 1; with 1 these are the basis vectors.
    """

    contexts: int = 2

    def __post_init__(self) -> None:
        arguments.whole("inputs contexts", self.contexts, least=1)

    def counted(self, features: Array) -> Array:
        """Return which outputs count for samples (…, feature), each of one feature: those of its context."""
        xp, n = namespace_of(features), features.shape[-1]
        context = np.arange(n) % self.contexts
        return features @ xp.asarray(context[:, None] == context, dtype=features.dtype)


@dataclass(frozen=True)
class Independent:
    """Every feature on independently with the same probability.

    Parameters
    ----------
    p : float
        Probability, in (0, 1].
    values : {"one", "uniform"}
        Value of a feature that is on: 1, or uniform on [0, 1].
    batch : int
        Samples in each step.
    """

    random: ClassVar[bool] = True
    p: float
    values: str = "one"
    batch: int = 1024

    def __post_init__(self) -> None:
        arguments.choice("inputs values", self.values, VALUES)
        arguments.whole("inputs batch", self.batch, least=1)
        arguments.real("inputs p", self.p, above=0, most=1)

    def draw(self, rng: np.random.Generator, n_features: int) -> np.ndarray:
        """Return samples, shape (batch, feature)."""
        on = self.on(rng, n_features)
        return on.astype(float) if self.values == "one" else on * rng.random(on.shape)

    def on(self, rng: np.random.Generator, n_features: int) -> np.ndarray:
        """Return which features are on, shape (batch, feature)."""
        return rng.random((self.batch, n_features)) < self.p


@dataclass(frozen=True)
class Correlated(Independent):
    """Features 2k and 2k + 1 are on together, each with probability p (arXiv:2209.10652)."""

    def on(self, rng: np.random.Generator, n_features: int) -> np.ndarray:
        """Return which features are on, shape (batch, feature)."""
        return np.repeat(rng.random((self.batch, _pairs(n_features))) < self.p, 2, axis=1)


@dataclass(frozen=True)
class Anticorrelated(Independent):
    """Of features 2k and 2k + 1 never both are on, each is with probability p ≤ ½ (arXiv:2209.10652)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.p > 0.5:
            raise ArgumentError(
                f"inputs p must be at most 0.5 for features that exclude each other, got {self.p}"
            )

    def on(self, rng: np.random.Generator, n_features: int) -> np.ndarray:
        """Return which features are on, shape (batch, feature)."""
        place = rng.random((self.batch, _pairs(n_features)))
        either = [place < self.p, place >= 1 - self.p]
        return np.stack(either, axis=-1).reshape(self.batch, n_features)


@dataclass(frozen=True)
class PowerLaw(Independent):
    """Feature i, counted from 1, is on with probability ``p i^-exponent`` (seed 000: exponent 1.1)."""

    exponent: float = 1.1

    def __post_init__(self) -> None:
        super().__post_init__()
        arguments.real("inputs exponent", self.exponent, least=0)

    def on(self, rng: np.random.Generator, n_features: int) -> np.ndarray:
        """Return which features are on, shape (batch, feature)."""
        probability = self.p * np.arange(1.0, n_features + 1) ** -self.exponent
        return rng.random((self.batch, n_features)) < probability


INPUTS: dict[str, type[Inputs]] = {
    "basis": Basis,
    "single": Single,
    "orthogonal": Orthogonal,
    "contexts": Contexts,
    "independent": Independent,
    "correlated": Correlated,
    "anticorrelated": Anticorrelated,
    "power_law": PowerLaw,
}


@cache
def _rotation(n_features: int, seed: int) -> np.ndarray:
    return np.asarray(ortho_group.rvs(n_features, random_state=seed)) if n_features > 1 else np.eye(1)


def _pairs(n_features: int) -> int:
    if n_features % 2:
        raise ArgumentError(f"n_features must be even for inputs in pairs, got {n_features}")
    return n_features // 2
