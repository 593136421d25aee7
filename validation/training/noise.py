"""Noise in the hidden layer while training, as in the paper's experiment on the fourth norm.

A new kind is a dataclass with `draw` and a line in `NOISES`; its fields are its settings.
"""

from dataclasses import dataclass
from typing import ClassVar, Protocol

import numpy as np

from theory.common import arguments


class HiddenNoise(Protocol):
    """What disturbs the hidden neurons: it is added to them, or multiplies them."""

    random: ClassVar[bool]
    multiplies: ClassVar[bool]

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return i.i.d. noise."""


@dataclass(frozen=True)
class NoNoise:
    """No noise."""

    random: ClassVar[bool] = False
    multiplies: ClassVar[bool] = False

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return zeros."""
        return np.zeros(shape)


@dataclass(frozen=True)
class Gaussian:
    """Normal noise of mean 0 and standard deviation `std`: excess kurtosis 0."""

    random: ClassVar[bool] = True
    multiplies: ClassVar[bool] = False
    std: float

    def __post_init__(self) -> None:
        arguments.real("noise std", self.std, least=0)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return noise of this shape."""
        return rng.normal(0.0, self.std, shape)


@dataclass(frozen=True)
class Signs(Gaussian):
    """``±std`` with equal chance: excess kurtosis −2, the least there is."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return noise of this shape."""
        return np.where(rng.random(shape) < 0.5, -self.std, self.std)


@dataclass(frozen=True)
class Uniform(Gaussian):
    """Uniform noise on ``±√3 std``: excess kurtosis −6/5."""

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return noise of this shape."""
        return rng.uniform(-(3**0.5) * self.std, 3**0.5 * self.std, shape)


@dataclass(frozen=True)
class Dropout:
    """Each neuron is 0 with probability p and otherwise divided by 1 − p, as in PyTorch."""

    random: ClassVar[bool] = True
    multiplies: ClassVar[bool] = True
    p: float

    def __post_init__(self) -> None:
        arguments.real("noise p", self.p, least=0, below=1)

    def draw(self, rng: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
        """Return the factors."""
        return (rng.random(shape) >= self.p) / (1 - self.p)


NOISES: dict[str, type[HiddenNoise]] = {
    "none": NoNoise,
    "gaussian": Gaussian,
    "signs": Signs,
    "uniform": Uniform,
    "dropout": Dropout,
}
