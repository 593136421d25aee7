"""The expected loss of encodings and biases, with gradient and Hessian, for any probability of features."""

import numpy as np

from theory.superposition import cube, one_feature, sample
from theory.superposition.model import Superposition
from theory.superposition.one_feature import Slopes

STEP = 1e-5  # of central differences


def expected_loss(weights: np.ndarray, biases: np.ndarray, model: Superposition) -> float:
    """Return the expected loss ``E Σ_j I_j (x_j − y_j)²``.

    Parameters
    ----------
    weights : array_like, shape (feature, neuron)
        Encodings W.
    biases : array_like, shape (feature,)
        Biases b of the outputs.
    model : Superposition
        With p = 0, exactly one feature is on, each as often.

    Returns
    -------
    float
        Exact for p = 0 and for up to 8 features; else over a fixed sample, of which `loss_error` is the
        standard error.

    Raises
    ------
    TypeError, ValueError
        If weights or biases do not fit the model.

    Notes
    -----
    Own derivations ``one_feature`` and ``features_together``, for the model of arXiv:2209.10652.
    """
    weights, biases = model.checked(weights, biases)
    return slopes(weights @ weights.T, biases, model).loss


def gradient(weights: np.ndarray, biases: np.ndarray, model: Superposition) -> tuple[np.ndarray, np.ndarray]:
    """Return the gradient of `expected_loss` by weights, (feature, neuron), and by biases, (feature,).

    Parameters and errors are those of `expected_loss`.
    """
    weights, biases = model.checked(weights, biases)
    found = slopes(weights @ weights.T, biases, model)
    return (found.by_product + found.by_product.T) @ weights, found.by_bias


def loss_error(weights: np.ndarray, biases: np.ndarray, model: Superposition) -> float:
    """Return the standard error of `expected_loss`, 0 where that is exact.

    Parameters and errors are those of `expected_loss`.
    """
    weights, biases = model.checked(weights, biases)
    if exact(model):
        return 0.0
    losses = [part.loss for part in sample.scramblings(weights @ weights.T, model, biases)]
    return float(sample.error_of(np.array(losses)))


def gradient_error(
    weights: np.ndarray, biases: np.ndarray, model: Superposition
) -> tuple[np.ndarray, np.ndarray]:
    """Return the standard errors of `gradient`, 0 where that is exact.

    Parameters and errors are those of `expected_loss`.
    """
    weights, biases = model.checked(weights, biases)
    if exact(model):
        return np.zeros_like(weights), np.zeros_like(biases)
    found = [
        ((part.by_product + part.by_product.T) @ weights, part.by_bias)
        for part in sample.scramblings(weights @ weights.T, model, biases)
    ]
    by_weights, by_biases = (sample.error_of(np.array(each)) for each in zip(*found, strict=True))
    return by_weights, by_biases


def hessian(weights: np.ndarray, biases: np.ndarray, model: Superposition) -> np.ndarray:
    """Return the Hessian of `expected_loss` by all weights, neuron by neuron for each feature, then biases.

    Parameters and errors are those of `expected_loss`.

    Returns
    -------
    ndarray, shape (n m + n, n m + n)
        In closed form for p = 0, else from central differences of the gradient.
    """
    weights, biases = model.checked(weights, biases)
    if model.probability > 0:
        return _differences(weights, biases, model)
    n, m = weights.shape
    products = weights @ weights.T
    twice, mixed, by_bias = one_feature.curvatures(products, biases, model.importances)
    turns = product_turns(weights).reshape(n * n, n * m)
    pull = one_feature.slopes(products, biases, model.importances).by_product
    bend = turns.T @ (twice.reshape(-1, 1) * turns) + np.kron(pull + pull.T, np.eye(m))
    across = np.einsum("ijw,ij->wj", turns.reshape(n, n, n * m), mixed)
    return np.block([[bend, across], [across.T, np.diag(by_bias.sum(axis=0))]])


def product_turns(weights: np.ndarray) -> np.ndarray:
    """Return the derivatives of inner products by weights, shape (input, output, feature, neuron)."""
    n, m = weights.shape
    turns, rows = np.zeros((n, n, n, m)), np.arange(n)
    turns[rows, :, rows] += weights
    turns[:, rows, rows] += weights[:, None]
    return turns


def exact(model: Superposition) -> bool:
    """Say whether the expected loss of a model is exact."""
    return model.probability == 0 or model.n_features <= cube.MOST_FEATURES


def slopes(products: np.ndarray, biases: np.ndarray, model: Superposition) -> Slopes:
    """Return the loss and its derivatives by the inner products of encodings, (input, output), and biases."""
    if model.probability == 0:
        return one_feature.slopes(products, biases, model.importances)
    if exact(model):
        return cube.slopes(products, biases, model.importances, model.probability)
    return sample.slopes(products, model, biases)


def _differences(weights: np.ndarray, biases: np.ndarray, model: Superposition) -> np.ndarray:
    start = np.concatenate([weights.ravel(), biases])

    def at(point: np.ndarray) -> np.ndarray:
        found = gradient(point[: weights.size].reshape(weights.shape), point[weights.size :], model)
        return np.concatenate([found[0].ravel(), found[1]])

    columns = [(at(start + h) - at(start - h)) / (2 * STEP) for h in STEP * np.eye(len(start))]
    return (np.array(columns) + np.array(columns).T) / 2
