"""The two-layer model: neurons that read sparse features through a fixed projection to fewer inputs."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from theory.common import arguments
from theory.common.arguments import ArgumentError

TASKS = ("decoder", "reprojector", "absolute")
ACTIVATIONS = ("relu", "gelu", "solu")
FREQUENCIES = ("equal", "power_law")
PROJECTIONS = ("orthogonal", "independent")
EXPONENT = 1.1  # of the power law, arXiv:2211.09169


@dataclass(frozen=True)
class TwoLayer:
    """Parameters of ``y = W₂ᵀ f(W₁ᵀ u + b₁)`` on inputs ``u = Pᵀ x``, a fixed projection of sparse features.

    The loss is the squared error, summed over outputs, in the mean over samples.

    Parameters
    ----------
    n_features : int
        Number N of features, at least 1.
    n_inputs : int
        Number m_in of inputs, at least 1 and at most N.
    n_neurons : int
        Number k of neurons, at least 1.
    probability : float
        Probability ε that a feature is on, above 0 and at most 1: independently of others, with a value
        uniform on [0, 1].
    task : {"decoder", "reprojector", "absolute"}
        What is wanted at the outputs: the features; another fixed projection of them to m_in outputs; their
        absolute values, where a feature is the difference of two draws that are on with ε/2 each.
    activation : {"relu", "gelu", "solu"}
        The function f; "solu" is ``h eʰ``.
    frequencies : {"equal", "power_law"}
        Whether all features have the probability ε, or feature i, counted from 1, one proportional to
        ``i^-1.1``, with sum N ε before what exceeds 1 is cut off.
    projection : {"orthogonal", "independent"}
        Rows of P: those of the first factor of the singular value decomposition of a Gaussian matrix, scaled
        to length 1; or independent random directions.

    Raises
    ------
    TypeError, ValueError
        If a parameter is not as said above; the message names it.

    Notes
    -----
    Seed 000, "Toy Model" (arXiv:2211.09169, sections 2 and 3).
    """

    n_features: int
    n_inputs: int
    n_neurons: int
    probability: float
    task: str = "decoder"
    activation: str = "relu"
    frequencies: str = "equal"
    projection: str = "orthogonal"

    def __post_init__(self) -> None:
        set_field = object.__setattr__  # the way for a frozen dataclass to normalise its own fields
        for name in ("n_features", "n_inputs", "n_neurons"):
            set_field(self, name, arguments.whole(name, getattr(self, name), least=1))
        if self.n_inputs > self.n_features:
            raise ArgumentError(
                f"n_inputs must be at most n_features = {self.n_features}, got {self.n_inputs}"
            )
        set_field(self, "probability", arguments.real("probability", self.probability, above=0, most=1))
        arguments.choice("task", self.task, TASKS)
        arguments.choice("activation", self.activation, ACTIVATIONS)
        arguments.choice("frequencies", self.frequencies, FREQUENCIES)
        arguments.choice("projection", self.projection, PROJECTIONS)

    @property
    def n_outputs(self) -> int:
        """Number of outputs: m_in for the re-projector, else N."""
        return self.n_inputs if self.task == "reprojector" else self.n_features

    @property
    def draws(self) -> int:
        """Number of draws that make a feature: two for absolute values, else one."""
        return 2 if self.task == "absolute" else 1

    def probabilities(self) -> np.ndarray:
        """Return the probability that a draw of a feature is on, shape (feature,)."""
        each = self.probability / self.draws
        if self.frequencies == "equal":
            return np.full(self.n_features, each)
        weights = np.arange(1.0, self.n_features + 1) ** -EXPONENT
        return np.minimum(weights * self.n_features * each / weights.sum(), 1.0)

    def project(self, rng: np.random.Generator) -> np.ndarray:
        """Draw a projection P, shape (feature, input), with rows of length 1."""
        rows = rng.normal(size=(self.n_features, self.n_inputs))
        if self.projection == "orthogonal":
            rows = np.linalg.svd(rows, full_matrices=False)[0]
        return rows / np.linalg.norm(rows, axis=1, keepdims=True)

    def initial(self, rng: np.random.Generator, bias: float = 0.0) -> dict[str, np.ndarray]:
        """Draw initial weights: uniform on ``±1/√(number of inputs of the layer)``, biases shifted by `bias`.

        Returns
        -------
        dict of ndarray
            "W1" (input, neuron), "b1" (neuron,) and "W2" (neuron, output).
        """
        first, second = self.n_inputs**-0.5, self.n_neurons**-0.5
        return {
            "W1": rng.uniform(-first, first, (self.n_inputs, self.n_neurons)),
            "b1": rng.uniform(-first, first, self.n_neurons) + bias,
            "W2": rng.uniform(-second, second, (self.n_neurons, self.n_outputs)),
        }

    def parameters(self) -> dict[str, Any]:
        """Return the parameters by name, as they are stored in the attributes of results."""
        return asdict(self)
