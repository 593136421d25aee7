"""What the latents of a dictionary do on samples whose features are known."""

from typing import NamedTuple

import numpy as np

from theory.common import arguments
from theory.common.arguments import ArgumentError


class Firing(NamedTuple):
    """How well latents say which features are on, by feature; NaN where a latent is dead or there is none.

    Attributes
    ----------
    precision, recall, f1 : ndarray, shape (feature,)
        Share of the samples with the latent on that have the feature on, and the reverse; their harmonic
        mean.
    shrinkage : ndarray, shape (feature,)
        By how much the latent is less than the feature's value, over that value, where both are on:
        ``1 − Σ f a / Σ a²``.
    """

    precision: np.ndarray
    recall: np.ndarray
    f1: np.ndarray
    shrinkage: np.ndarray


def firing(latents: np.ndarray, features: np.ndarray, latent: np.ndarray) -> Firing:
    """Hold the latents of samples against the features of these.

    Parameters
    ----------
    latents : array_like, shape (sample, latent)
        Values f.
    features : array_like, shape (sample, feature)
        True values a, 0 where a feature is off.
    latent : array_like of int, shape (feature,)
        Which latent each feature got, −1 for none (`validation.recovery`).

    Returns
    -------
    Firing
        A latent that is on in no sample is dead and counts for nothing: its precision is not 0 but unknown.

    Raises
    ------
    TypeError, ValueError
        If the arguments do not fit together.
    """
    values, true, own = _matched(latents, features, latent)
    on, is_on = values > 0, true > 0
    known = on.any(axis=0) & is_on.any(axis=0)
    hits = np.where(known, (on & is_on).sum(axis=0), np.nan)
    fired, present = (np.where(known, count.sum(axis=0), 1) for count in (on, is_on))
    both = true * (on & is_on)
    squares = (both**2).sum(axis=0)
    shrinkage = 1 - (values * both).sum(axis=0) / np.where(squares > 0, squares, np.nan)
    return Firing(
        hits / fired, hits / present, 2 * hits / (fired + present), np.where(own >= 0, shrinkage, np.nan)
    )


def absorption(
    latents: np.ndarray, features: np.ndarray, latent: np.ndarray, children: dict[int, int]
) -> np.ndarray:
    """Return how often the latent of a parent is silent although the parent is on, with its child.

    Parameters
    ----------
    latents, features, latent
        As for `firing`.
    children : dict
        The child of each parent, as numbers of features.

    Returns
    -------
    ndarray, shape (parent,)
        Share of the samples with both on in which the parent's latent is off; NaN if there is no such sample
        or latent (absorption: Chanin et al., arXiv:2409.14507).

    Raises
    ------
    TypeError, ValueError
        If the arguments do not fit together.
    """
    values, true, own = _matched(latents, features, latent)
    result = np.full(len(children), np.nan)
    for number, (parent, child) in enumerate(children.items()):
        both = (true[:, parent] > 0) & (true[:, child] > 0)
        if both.any() and own[parent] >= 0:
            result[number] = (values[both, parent] <= 0).mean()
    return result


def _matched(
    latents: np.ndarray, features: np.ndarray, latent: np.ndarray
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return by feature the values of its latent, its own, and the number of the latent."""
    values = arguments.array("latents", latents, ("sample", "latent"))
    true = arguments.array("features", features, ("sample", "feature"))
    own = np.asarray(latent)
    if len(values) != len(true):
        raise ArgumentError(f"features must have {len(values)} samples as latents do, got {len(true)}")
    fits = own.shape == true.shape[1:] and own.dtype.kind in "iu"
    if not fits or own.min() < -1 or own.max() >= values.shape[1]:
        raise ArgumentError("latent must be the number of a latent, or -1, for each feature")
    return np.where(own >= 0, values[:, own], 0.0), true, own
