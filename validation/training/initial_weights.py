"""Distributions of the initial weights; a new one is a function and a line in `INITIALS`."""

from collections.abc import Callable

import numpy as np

from theory import Autoencoder


def normal(model: Autoencoder, rng: np.random.Generator) -> np.ndarray:
    """Return i.i.d. normal weights of standard deviation ``init_std``."""
    return model.initial(rng)


def uniform(model: Autoencoder, rng: np.random.Generator) -> np.ndarray:
    """Return i.i.d. uniform weights of standard deviation ``init_std``."""
    limit = 3**0.5 * model.init_std
    return rng.uniform(-limit, limit, (model.n_features, model.n_neurons))


def xavier(model: Autoencoder, rng: np.random.Generator) -> np.ndarray:
    """Return uniform weights on ``±√(6 / (n + m))`` (Glorot & Bengio 2010)."""
    limit = (6 / (model.n_features + model.n_neurons)) ** 0.5
    return rng.uniform(-limit, limit, (model.n_features, model.n_neurons))


def orthogonal(model: Autoencoder, rng: np.random.Generator) -> np.ndarray:
    """Return orthogonal encodings of length ``init_std √m``, uniformly directed (Haar measure).

    With fewer neurons than features it is the neurons' columns that are orthogonal, and of this length.
    """
    tall = rng.normal(size=sorted((model.n_features, model.n_neurons), reverse=True))
    directions, triangle = np.linalg.qr(tall)
    directions *= np.sign(np.diag(triangle))  # else not uniform (Mezzadri, arXiv:math-ph/0609050)
    wide = model.n_neurons >= model.n_features
    return model.init_std * model.n_neurons**0.5 * (directions.T if wide else directions)


INITIALS: dict[str, Callable[[Autoencoder, np.random.Generator], np.ndarray]] = {
    "normal": normal,
    "xavier": xavier,
    "uniform": uniform,
    "orthogonal": orthogonal,
}
