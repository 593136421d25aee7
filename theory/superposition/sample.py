"""Too many features for their subsets: the expected loss over a fixed quasi-random sample, with its error."""

import functools

import numpy as np
from scipy.stats import qmc

from theory.superposition.model import Superposition
from theory.superposition.one_feature import Slopes

SCRAMBLINGS = 8  # independent samples, of which the spread says how good their mean is
POINTS = 2**12  # of each


@functools.lru_cache(maxsize=2)
def inputs(n_features: int, probability: float) -> np.ndarray:
    """Return the fixed inputs, shape (scrambling, point, feature).

    One Sobol coordinate a feature: it is on if it is below p, at the coordinate over p.
    """
    draws = np.stack([qmc.Sobol(n_features, rng=k).random(POINTS) for k in range(SCRAMBLINGS)])
    return np.where(draws < probability, draws / probability, 0.0)


def slopes(products: np.ndarray, model: Superposition, biases: np.ndarray) -> Slopes:
    """Return the loss over the sample and its derivatives by inner products, (input, output), and biases."""
    x = inputs(model.n_features, model.probability).reshape(-1, model.n_features)
    return _over(x, products, model, biases)


def scramblings(products: np.ndarray, model: Superposition, biases: np.ndarray) -> list[Slopes]:
    """Return the same over each scrambling."""
    each = inputs(model.n_features, model.probability)
    return [_over(x, products, model, biases) for x in each]


def error_of(values: np.ndarray) -> np.ndarray:
    """Return the standard error of the mean of what was found over scramblings, the first axis."""
    return values.std(axis=0, ddof=1) / SCRAMBLINGS**0.5


def _over(x: np.ndarray, products: np.ndarray, model: Superposition, biases: np.ndarray) -> Slopes:
    output = np.maximum(x @ products + biases, 0)
    error = output - x
    pull = 2 / len(x) * model.importances * error * (output > 0)
    return Slopes(float((error**2).mean(axis=0) @ model.importances), x.T @ pull, pull.sum(axis=0))
