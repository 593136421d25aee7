"""A trained dictionary in use: latents of samples, what it reconstructs, and how good that is."""

from collections.abc import Mapping

import numpy as np
import xarray as xr

from theory import Dictionary
from theory.common import arguments
from theory.common.arguments import ArgumentError
from validation.training.dictionaries.kinds import CODERS
from validation.training.dictionaries.loss import forward
from validation.training.dictionaries.patterns import batch_threshold

OF_A_BATCH = ("batch_topk", "matryoshka")


def encode(trained: xr.Dataset, inputs: np.ndarray, replicate: int = 0) -> np.ndarray:
    """Return the latents of samples, by a trained dictionary.

    Parameters
    ----------
    trained : Dataset
        What `validation.train` returned for a `theory.Dictionary`, or what was read from a file of SAELens.
    inputs : array_like, shape (sample, input)
        Activations.
    replicate : int
        Which of the dictionaries.

    Returns
    -------
    ndarray, shape (sample, latent)
        Those of "batch_topk" and "matryoshka" are on beyond the threshold that training has left, so that
        they do not depend on other samples.

    Raises
    ------
    TypeError, ValueError
        If this is no dictionary, or it has another number of inputs.
    """
    model, parameters = opened(trained, replicate)
    samples = arguments.array("inputs", inputs, ("sample", "input"))
    if samples.shape[1] != model.n_inputs:
        raise ArgumentError(f"inputs must have {model.n_inputs} columns, got {samples.shape[1]}")
    if model.kind in OF_A_BATCH:
        pre = (samples - parameters["b_dec"]) @ parameters["W_enc"] + parameters["b_enc"]
        return np.where(pre > parameters["threshold"], pre, 0.0)
    latents = forward(model, parameters, samples).latents
    return latents.pattern.dense(latents.values)


def decode(trained: xr.Dataset, latents: np.ndarray, replicate: int = 0) -> np.ndarray:
    """Return the reconstructions ``W_d f + b_d``, (sample, input), of latents (sample, latent)."""
    _, parameters = opened(trained, replicate)
    return latents @ parameters["W_dec"] + parameters["b_dec"]


def opened(trained: xr.Dataset, replicate: int) -> tuple[Dictionary, dict[str, np.ndarray]]:
    """Return model and parameters, in float64, of one dictionary of a dataset."""
    given = trained.attrs
    if "kind" not in given or "W_dec" not in trained:
        raise ArgumentError("trained must be a dictionary that was trained or read from a file")
    replicate = arguments.whole("replicate", replicate, most=trained.sizes["replicate"] - 1)
    strengths = {name: given[name] for name in ("l1_coefficient", "k", "l0_coefficient") if name in given}
    if "widths" in given:
        strengths["widths"] = tuple(int(width) for width in np.atleast_1d(given["widths"]))
    if given["kind"] == "topk":
        strengths["k"] = int(strengths["k"])
    model = Dictionary(int(given["n_inputs"]), int(given["n_latents"]), given["kind"], **strengths)
    names = ("W_enc", "W_dec", "b_enc", "b_dec", "threshold", *CODERS[model.kind].extra)
    return model, {
        name: trained[name].values[replicate].astype(np.float64) for name in names if name in trained
    }


def inference_threshold(
    model: Dictionary, parameters: Mapping[str, np.ndarray], pre: np.ndarray
) -> np.ndarray | None:
    """Return by latent the threshold with which a dictionary is used, None where it needs none."""
    if model.kind in OF_A_BATCH:
        least = batch_threshold(pre, parameters["b_enc"], model.k or 1)
        return np.full_like(parameters["b_enc"], least)
    return parameters.get("threshold")


def explained_variance(inputs: np.ndarray, outputs: np.ndarray) -> float:
    """Return ``1 − Σ‖x − x̂‖² / Σ‖x − mean x‖²`` over samples: 1 at best, 0 for the mean of the inputs.

    Both sums are over all inputs, so that an input counts by its own variance, and both are of activations as
    they are, without normalisation.
    """
    rest = np.sum(np.square(inputs - outputs), dtype=np.float64)
    return float(1 - rest / np.sum(np.square(inputs - inputs.mean(axis=0)), dtype=np.float64))
