"""The model of superposition: a tied autoencoder with biases whose features are sparse."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from theory.common import arguments

RARE = 0.1  # probability up to which gaps between features that are on are drawn


@dataclass(frozen=True)
class Superposition:
    """Parameters of ``y = ReLU(W Wᵀ x + b)`` with loss ``E Σ_j I_j (x_j − y_j)²``.

    Parameters
    ----------
    n_features : int
        Number n of features (inputs and outputs), at least 1.
    n_neurons : int
        Number m of hidden neurons, at least 1.
    probability : float
        Probability p with which each feature is on, independently, from 0 to 1. A feature that is on is
        uniform on [0, 1]. With 0, the sparse limit: exactly one feature is on, each as often.
    importance : array_like, shape (feature,), optional
        Importance I of each output's error, above 0; by default 1.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not as said above; the message names it.

    Notes
    -----
    Elhage et al. 2022 (arXiv:2209.10652), section 2.
    """

    n_features: int
    n_neurons: int
    probability: float
    importance: Any = None

    def __post_init__(self) -> None:
        set_field = object.__setattr__  # the way for a frozen dataclass to normalise its own fields
        set_field(self, "n_features", arguments.whole("n_features", self.n_features, least=1))
        set_field(self, "n_neurons", arguments.whole("n_neurons", self.n_neurons, least=1))
        set_field(self, "probability", arguments.real("probability", self.probability, least=0, most=1))
        if self.importance is None:
            return
        importance = arguments.array("importance", self.importance, ("feature",))
        if importance.shape != (self.n_features,) or not (importance > 0).all():
            raise arguments.ArgumentError(
                f"importance must be {self.n_features} numbers above 0, got "
                f"{arguments.shown(self.importance)}"
            )
        set_field(self, "importance", tuple(importance.tolist()))

    @property
    def importances(self) -> np.ndarray:
        """Importance of each output, shape (feature,)."""
        return np.ones(self.n_features) if self.importance is None else np.array(self.importance)

    @property
    def init_std(self) -> float:
        """Standard deviation ``√(2/(n + m))`` of initial weights (Glorot & Bengio 2010)."""
        return (2 / (self.n_features + self.n_neurons)) ** 0.5

    def initial(self, rng: np.random.Generator) -> np.ndarray:
        """Draw initial encodings, shape (n_features, n_neurons): i.i.d. normal; biases start at 0."""
        return rng.normal(0.0, self.init_std, (self.n_features, self.n_neurons))

    def inputs(self, rng: np.random.Generator, size: int) -> np.ndarray:
        """Draw inputs, shape (size, feature)."""
        x = np.zeros((size, self.n_features))
        places, values = self.on(rng, size)
        x.reshape(-1)[places] = values
        return x

    def on(self, rng: np.random.Generator, size: int) -> tuple[np.ndarray, np.ndarray]:
        """Draw inputs, and return those of their entries that are on, in order and counted row by row.

        Returns
        -------
        places : ndarray of int, shape (on,)
            ``sample · n + feature``, increasing. Where they are few, only these are drawn.
        values : ndarray, shape (on,)
        """
        if self.probability == 0:
            places = np.arange(size) * self.n_features + rng.integers(self.n_features, size=size)
        elif self.probability <= RARE:
            places = _places(rng, self.probability, size * self.n_features)
        else:
            places = np.flatnonzero(rng.random(size * self.n_features) < self.probability)
        return places, rng.random(len(places))

    def checked(self, weights: object, biases: object) -> tuple[np.ndarray, np.ndarray]:
        """Return weights, shape (feature, neuron), and biases, shape (feature,), that fit the model.

        Raises
        ------
        TypeError, ValueError
            If they do not.
        """
        wanted = {"weights": (self.n_features, self.n_neurons), "biases": (self.n_features,)}
        given = (
            arguments.array("weights", weights, ("feature", "neuron")),
            arguments.array("biases", biases, ("feature",)),
        )
        for (name, shape), array in zip(wanted.items(), given, strict=True):
            if array.shape != shape:
                raise arguments.ArgumentError(f"{name} must have shape {shape}, got {array.shape}")
        return given

    def parameters(self) -> dict[str, Any]:
        """Return the parameters by name, as they are stored in the attributes of results."""
        parameters = {
            "n_features": self.n_features,
            "n_neurons": self.n_neurons,
            "probability": self.probability,
        }
        return parameters if self.importance is None else {**parameters, "importance": list(self.importance)}


def _places(rng: np.random.Generator, probability: float, size: int) -> np.ndarray:
    """Return which of so many trials succeed, drawing the gaps between them."""
    mean = probability * size
    places = np.zeros(0, dtype=np.int64)
    while len(places) == 0 or places[-1] < size:
        gaps = rng.geometric(probability, size=int(mean + 4 * mean**0.5) + 4)
        places = np.concatenate([places, gaps.cumsum() + (places[-1] if len(places) else -1)])
    return places[places < size]
