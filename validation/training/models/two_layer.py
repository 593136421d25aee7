"""The two-layer model ``y = W₂ᵀ f(W₁ᵀ Pᵀx + b₁)``: loss and written-out gradient on sparse samples."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from math import fsum
from typing import Any

import numpy as np

from theory import TwoLayer
from validation.training.activations import ACTIVATIONS
from validation.training.backend import Array, is_numpy, namespace_of
from validation.training.models import Jobs, Network, Parameters, one_by_one, sparse_layers
from validation.training.sparse_samples import Samples, draw

Weights = Mapping[str, Array]  # "W1" (input, neuron), "b1" (neuron,), "W2" (neuron, output)
PARTS = 8  # of a batch, whose gradients are added in their order, whatever the number of threads


@dataclass(frozen=True)
class Problem:
    """What one replicate is asked: the fixed projections of its features.

    Parameters
    ----------
    model : TwoLayer
        What is trained.
    projection : array, shape (feature, input)
        Of the features to the inputs.
    wanted : array, shape (feature, output), optional
        Of the features to the outputs, for the re-projector.
    l1 : float
        Strength of L1 on the activations in the training loss, by sample.
    """

    model: TwoLayer
    projection: Array
    wanted: Array | None = None
    l1: float = 0.0

    @classmethod
    def drawn(cls, model: TwoLayer, rng: np.random.Generator, l1: float, dtype: str) -> "Problem":
        """Draw the projections of a replicate."""
        projection = model.project(rng).astype(dtype)
        wanted = model.project(rng).astype(dtype) if model.task == "reprojector" else None
        return cls(model, projection, wanted, l1)

    def on(self, xp: Any) -> "Problem":
        """Return the same with its projections in another array library, on its device."""
        wanted = None if self.wanted is None else xp.asarray(self.wanted)
        return replace(self, projection=xp.asarray(self.projection), wanted=wanted)


class Replicates(Network):
    """Gradients of replicates, each on samples of its own, and the decay of their biases.

    Parameters
    ----------
    problems : list of Problem
        One for each replicate.
    keys : ndarray of uint64, shape (replicate, 2)
        Keys of their random numbers: those of a step depend on nothing else.
    batch : int
        Samples in each step.
    decay, until : float
        What biases lose in each step, as a share of them, in steps before this one.
    """

    def __init__(
        self, problems: list[Problem], keys: np.ndarray, batch: int, decay: float = 0.0, until: float = 0.0
    ) -> None:
        self.problems, self.keys, self.batch = problems, keys, batch
        self.decay, self.until = decay, until

    def gradients(self, parameters: Parameters, step: int) -> Parameters:
        """Return the gradients on the batches of this step."""
        found = [
            loss_and_gradient(weights, problem, samples, self.do)[1]
            for weights, problem, samples in self._each(parameters, self.batch, [0, step])
        ]
        xp = namespace_of(parameters["W1"])
        return {name: xp.stack([gradient[name] for gradient in found]) for name in parameters}

    def constrain(self, parameters: Parameters, step: int) -> None:
        """Let the biases decay."""
        if self.decay and step < self.until:
            parameters["b1"][...] *= 1 - self.decay

    def losses(self, parameters: Parameters, batch: int, batches: int) -> np.ndarray:
        """Return the squared error by replicate, on as many batches of other samples, always the same."""
        found = [
            [loss(weights, problem, samples) for weights, problem, samples in each]
            for each in (self._each(parameters, batch, [1, number]) for number in range(batches))
        ]
        return np.array([fsum(each) / batches for each in zip(*found, strict=True)])

    def _each(
        self, parameters: Parameters, batch: int, counter: list[int]
    ) -> Iterator[tuple[Weights, Problem, Samples]]:
        """Yield weights, problem and samples of each replicate."""
        for place, (problem, key) in enumerate(zip(self.problems, self.keys, strict=True)):
            rng = np.random.Generator(np.random.Philox(counter=[0, 0, *counter], key=key))
            model = problem.model
            real = str(parameters["W1"].dtype)
            samples = draw(rng, model.probabilities(), batch, model.draws == 2, real)
            yield {name: array[place, ...] for name, array in parameters.items()}, problem, samples


def single_feature_activations(weights: Weights, problem: Problem) -> Array:
    """Return the activations where one feature alone is on with value 1, shape (feature, neuron)."""
    hidden = problem.projection @ weights["W1"] + weights["b1"]
    return ACTIVATIONS[problem.model.activation]().value(hidden)


def loss(weights: Weights, problem: Problem, samples: Samples) -> float:
    """Return the squared error, summed over outputs, in the mean over samples."""
    if not is_numpy(weights["W1"]):
        return _on_arrays(weights, problem, samples)[0]
    network = _Encoded(weights, problem, problem.projection @ weights["W1"])
    activity = ACTIVATIONS[problem.model.activation]().value(network.hidden(samples))
    error = network.error(activity, samples)
    return sparse_layers.squared_error(error) / samples.size


def loss_and_gradient(
    weights: Weights, problem: Problem, samples: Samples, do: Callable[[Jobs], None] = one_by_one
) -> tuple[float, dict[str, Array]]:
    """Return the squared error, and the gradient of the training loss, L1 on activations included.

    NumPy arrays must be C-contiguous and of the type of the samples' values; `do` does the parts of a batch.
    """
    if not is_numpy(weights["W1"]):
        return _on_arrays(weights, problem, samples)
    network = _Encoded(weights, problem, problem.projection @ weights["W1"])
    parts = samples.parts(PARTS)
    found: list[Any] = [None] * len(parts)

    def work(place: int) -> None:
        found[place] = way(network, parts[place])

    way = _sparsely if network.rarely_on(samples) else _densely
    do([partial(work, place) for place in range(len(parts))])
    (squares, *sums), *others = found
    for more, *summands in others:
        squares += more
        for total, summand in zip(sums, summands, strict=True):
            total += summand
    by_encodings, by_biases, by_decoder = (total / samples.values.dtype.type(samples.size) for total in sums)
    gradient = {"W1": problem.projection.T @ by_encodings, "b1": by_biases, "W2": by_decoder}
    return squares / samples.size, gradient


@dataclass(frozen=True)
class _Encoded:
    """A network with the encodings of features, shape (feature, neuron)."""

    weights: Weights
    problem: Problem
    encodings: np.ndarray

    def rarely_on(self, samples: Samples) -> bool:
        """Say whether in the first samples few neurons are on, and off means 0."""
        first = samples._replace(starts=samples.starts[: sparse_layers.PROBED + 1])
        on = (self.hidden(first) > 0).mean()
        return self.problem.model.activation == "relu" and bool(on < sparse_layers.SPARSE)

    def hidden(self, samples: Samples) -> np.ndarray:
        """Return what enters the neurons, shape (sample, neuron)."""
        biases = self.weights["b1"]
        hidden = np.empty((samples.size, biases.size), biases.dtype)
        sparse_layers.hidden_layer(*samples, self.encodings, biases, hidden)
        return hidden

    def error(self, activity: np.ndarray, samples: Samples) -> np.ndarray:
        """Return outputs minus targets, shape (sample, output)."""
        error, problem = activity @ self.weights["W2"], self.problem
        targets = _targets(problem.model, samples.values)
        sparse_layers.subtract_targets(samples.starts, samples.features, targets, _wanted(problem), error)
        return error

    def zeros(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return room for the gradients by encodings (feature, neuron), biases and decoder."""
        biases, decoder = self.weights["b1"], self.weights["W2"]
        return np.zeros_like(self.encodings), np.zeros_like(biases), np.zeros_like(decoder)


Sums = tuple[float, np.ndarray, np.ndarray, np.ndarray]  # of squares, and gradients, over samples


def _sparsely(network: _Encoded, samples: Samples) -> Sums:
    weights, problem = network.weights, network.problem
    by_encodings, by_biases, by_decoder = network.zeros()
    squares = sparse_layers.rectified_step(
        tuple(samples),
        _targets(problem.model, samples.values),
        _wanted(problem),
        network.encodings,
        weights["b1"],
        weights["W2"],
        by_biases.dtype.type(problem.l1),
        (by_decoder, by_biases, by_encodings),
    )
    return squares, by_encodings, by_biases, by_decoder


def _densely(network: _Encoded, samples: Samples) -> Sums:
    weights, problem = network.weights, network.problem
    activation = ACTIVATIONS[problem.model.activation]()
    hidden = network.hidden(samples)
    activity = activation.value(hidden)
    error = network.error(activity, samples)
    squares = sparse_layers.squared_error(error)
    error *= 2  # now the slope by the outputs
    by_encodings, by_biases, by_decoder = network.zeros()
    np.matmul(activity.T, error, out=by_decoder)
    by_activity, l1 = error @ weights["W2"].T, error.dtype.type(problem.l1)
    if problem.model.activation == "relu":
        sparse_layers.rectified_pull(activity, by_activity, l1)
        by_hidden = by_activity
    else:
        by_hidden = activation.pull(hidden, activity, by_activity + l1 * np.sign(activity))
    sparse_layers.dense_pull(*samples, by_hidden, by_biases, by_encodings)
    return squares, by_encodings, by_biases, by_decoder


def _wanted(problem: Problem) -> np.ndarray:
    """Return the projection to the outputs, empty where they are the features."""
    return np.empty((0, 0), problem.projection.dtype) if problem.wanted is None else problem.wanted


def _on_arrays(weights: Weights, problem: Problem, samples: Samples) -> tuple[float, dict[str, Array]]:
    """Return the same with dense products on any array library of the standard."""
    xp = namespace_of(weights["W1"])
    features = xp.asarray(samples.dense(problem.model.n_features))
    inputs, activation = features @ problem.projection, ACTIVATIONS[problem.model.activation]()
    hidden = inputs @ weights["W1"] + weights["b1"]
    activity = activation.value(hidden)
    targets = _targets(problem.model, features)
    error = activity @ weights["W2"] - (targets if problem.wanted is None else targets @ problem.wanted)
    batch = features.shape[0]
    slope = error * (2 / batch)
    by_activity = slope @ weights["W2"].T + xp.sign(activity) * (problem.l1 / batch)
    by_hidden = activation.pull(hidden, activity, by_activity)
    gradient: dict[str, Any] = {
        "W1": inputs.T @ by_hidden,
        "b1": xp.sum(by_hidden, axis=0),
        "W2": activity.T @ slope,
    }
    return float(xp.sum(error * error, dtype=xp.float64)) / batch, gradient


def _targets(model: TwoLayer, values: Array) -> Array:
    return abs(values) if model.task == "absolute" else values
