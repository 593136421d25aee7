"""How much of the true features a dictionary has found, against chance."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from theory.common import arguments
from theory.common.arguments import ArgumentError

FOUND = 0.9  # cosine from which on a feature counts as found
DRAWS = 20  # of random dictionaries for the chance level
LARGEST = 2**24  # entries of a matrix of cosines in all these draws


@dataclass(frozen=True)
class Recovery:
    """Which latent a feature got, and how alike their directions are.

    Attributes
    ----------
    cosine : ndarray, shape (feature,)
        Cosine with the feature's own latent, by the assignment with the greatest sum; 0 for a feature that
        got none, since there are fewer latents than features or only such left that point away from it.
    latent : ndarray of int, shape (feature,)
        That latent, −1 for none.
    copies : ndarray of int, shape (feature,)
        Latents whose cosine with the feature exceeds 0.9.
    chance : float
        Mean cosine of random dictionaries of this size with the same features.
    """

    cosine: np.ndarray
    latent: np.ndarray
    copies: np.ndarray
    chance: float

    @property
    def share(self) -> float:
        """Share of the features with a cosine above 0.9."""
        return float((self.cosine > FOUND).mean())

    @property
    def unique(self) -> float:
        """Share of the features of which there is exactly one latent with a cosine above 0.9."""
        return float((self.copies == 1).mean())


def recovery(decoder: np.ndarray, true_features: np.ndarray) -> Recovery:
    """Match the latents of a dictionary with true features, each with one latent at most.

    Parameters
    ----------
    decoder : array_like, shape (latent, input)
        Directions of the latents; their lengths have no say.
    true_features : array_like, shape (feature, input)
        Directions of the features.

    Returns
    -------
    Recovery
        With all features, whether they got a latent or not, and signs: a latent that points away from a
        feature has not found it.

    Raises
    ------
    TypeError, ValueError
        If an argument is no matrix of finite numbers, they have different numbers of inputs, or a row is 0.

    Notes
    -----
    Mean matched cosine as in Sharkey et al. (2022), "Taking features out of superposition with sparse
    autoencoders", but signed, one to one, and over all features. The level of chance is the mean over
    20 dictionaries of random directions, drawn with a fixed seed.
    """
    latents = _directions("decoder", "latent", decoder)
    features = _directions("true_features", "feature", true_features)
    if latents.shape[1] != features.shape[1]:
        raise ArgumentError(
            f"decoder must have as many inputs as true_features, {features.shape[1]}, got {latents.shape[1]}"
        )
    cosines = features @ latents.T
    cosine, latent = _matched(cosines)
    return Recovery(cosine, latent, (cosines > FOUND).sum(axis=1), _chance(features, len(latents)))


def _directions(name: str, axis: str, given: object) -> np.ndarray:
    rows = arguments.array(name, given, (axis, "input"))
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    if not lengths.all():
        raise ArgumentError(f"{name} must have no row of zeros")
    return rows / lengths


def _matched(cosines: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return by feature the cosine with its own latent, and which that is."""
    towards = np.maximum(cosines, 0.0)
    rows, columns = linear_sum_assignment(towards, maximize=True)
    cosine, latent = np.zeros(len(cosines)), np.full(len(cosines), -1)
    cosine[rows], latent[rows] = towards[rows, columns], columns
    latent[cosine == 0] = -1
    return cosine, latent


def _chance(features: np.ndarray, latents: int) -> float:
    rng = np.random.default_rng(0)
    draws = max(1, min(DRAWS, LARGEST // (latents * len(features))))
    found = []
    for _ in range(draws):
        drawn = rng.normal(size=(latents, features.shape[1]))
        found.append(_matched(features @ (drawn / np.linalg.norm(drawn, axis=1, keepdims=True)).T)[0].mean())
    return float(np.mean(found))
