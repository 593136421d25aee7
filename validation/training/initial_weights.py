"""Distributions of the initial weights.

A new one is a frozen dataclass with `draw` and a line in `INITIALS`.
"""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from theory.common import arguments


class Encodings(Protocol):
    """What a model says of the encodings that are drawn."""

    @property
    def n_features(self) -> int:
        """Number of features."""

    @property
    def n_neurons(self) -> int:
        """Number of neurons."""

    @property
    def init_std(self) -> float:
        """Standard deviation of their weights."""

    def initial(self, rng: np.random.Generator) -> np.ndarray:
        """Draw them, shape (feature, neuron)."""


class Initial(Protocol):
    """Where training begins."""

    def draw(self, model: Encodings, rng: np.random.Generator) -> np.ndarray:
        """Return initial weights, shape (feature, neuron)."""


@dataclass(frozen=True)
class Normal:
    """I.i.d. normal weights of standard deviation ``init_std``."""

    def draw(self, model: Encodings, rng: np.random.Generator) -> np.ndarray:
        """Return initial weights, shape (feature, neuron)."""
        return model.initial(rng)


@dataclass(frozen=True)
class Uniform:
    """I.i.d. uniform weights of standard deviation ``init_std``."""

    def draw(self, model: Encodings, rng: np.random.Generator) -> np.ndarray:
        """Return initial weights, shape (feature, neuron)."""
        limit = 3**0.5 * model.init_std
        return rng.uniform(-limit, limit, (model.n_features, model.n_neurons))


@dataclass(frozen=True)
class Xavier:
    """Uniform weights on ``±√(6 / (n + m))`` (Glorot & Bengio 2010)."""

    def draw(self, model: Encodings, rng: np.random.Generator) -> np.ndarray:
        """Return initial weights, shape (feature, neuron)."""
        limit = (6 / (model.n_features + model.n_neurons)) ** 0.5
        return rng.uniform(-limit, limit, (model.n_features, model.n_neurons))


@dataclass(frozen=True)
class Notebook:
    """Normal weights as PyTorch's ``xavier_normal_`` draws them for a tensor (instance, feature, neuron).

    It takes the number of instances for that of outputs: the standard deviation is
    ``√(2 / ((n + instances) m))``, as in the public notebook of arXiv:2209.10652.

    Parameters
    ----------
    instances : int
        Number of instances, at least 1.
    """

    instances: int = 10

    def __post_init__(self) -> None:
        arguments.whole("init instances", self.instances, least=1)

    def draw(self, model: Encodings, rng: np.random.Generator) -> np.ndarray:
        """Return initial weights, shape (feature, neuron)."""
        std = (2 / ((model.n_features + self.instances) * model.n_neurons)) ** 0.5
        return rng.normal(0.0, std, (model.n_features, model.n_neurons))


@dataclass(frozen=True)
class Orthogonal:
    """Orthogonal encodings of length ``init_std √m``, uniformly directed (Haar measure).

    With fewer neurons than features it is the neurons' columns that are orthogonal, and of this length.
    """

    def draw(self, model: Encodings, rng: np.random.Generator) -> np.ndarray:
        """Return initial weights, shape (feature, neuron)."""
        tall = rng.normal(size=sorted((model.n_features, model.n_neurons), reverse=True))
        directions, triangle = np.linalg.qr(tall)
        directions *= np.sign(np.diag(triangle))  # else not uniform (Mezzadri, arXiv:math-ph/0609050)
        wide = model.n_neurons >= model.n_features
        return model.init_std * model.n_neurons**0.5 * (directions.T if wide else directions)


INITIALS: dict[str, type[Initial]] = {
    "normal": Normal,
    "xavier": Xavier,
    "uniform": Uniform,
    "orthogonal": Orthogonal,
    "notebook": Notebook,
}
