"""Dictionaries in the format of SAELens: a folder with ``cfg.json`` and ``sae_weights.safetensors``.

The format is that of SAELens 6, ``SAE.save_model`` and ``SAE.load_from_disk`` (``sae_lens/saes/sae.py``),
which stores matrices as (input, latent) and (latent, input), like `validation.train`. It knows dictionaries
as they are used: strengths of L1 and L0 go into ``metadata``, and those of a batch are saved with their
threshold, as "jumprelu".
"""

import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
import xarray as xr

from theory import Dictionary
from theory.common import arguments, files
from theory.common.arguments import ArgumentError
from theory.common.schema import dataset
from validation.training.dictionaries.encoding import OF_A_BATCH
from validation.training.dictionaries.training import DIMENSIONS

CONFIGURATION, WEIGHTS = "cfg.json", "sae_weights.safetensors"
VERSION = "6.0.0"  # of the format

ARCHITECTURES = {"standard": "l1", "topk": "topk", "gated": "gated", "jumprelu": "jumprelu"}
PARAMETERS = {
    "standard": {"b_enc": "b_enc"},
    "topk": {"b_enc": "b_enc"},
    "gated": {"b_enc": "b_gate", "b_mag": "b_mag", "r_mag": "r_mag"},
    "jumprelu": {"b_enc": "b_enc", "threshold": "threshold"},
}
"""By architecture what our parameters of latents are called there."""


def save(trained: xr.Dataset, folder: str | os.PathLike, replicate: int = 0) -> Path:
    """Write one dictionary to a folder, which is made if need be.

    Parameters
    ----------
    trained : Dataset
        What `validation.train` returned for a `theory.Dictionary`.
    folder : path
        Where ``cfg.json`` and ``sae_weights.safetensors`` go.
    replicate : int
        Which of the dictionaries.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    TypeError, ValueError
        If this is no dictionary, or files cannot be written there.
    """
    if "kind" not in trained.attrs or "W_dec" not in trained:
        raise ArgumentError("trained must be a dictionary that was trained")
    replicate = arguments.whole("replicate", replicate, most=trained.sizes["replicate"] - 1)
    kind = trained.attrs["kind"]
    (architecture,) = (
        a for a, k in ARCHITECTURES.items() if k == ("jumprelu" if kind in OF_A_BATCH else kind)
    )
    names = {"W_enc": "W_enc", "W_dec": "W_dec", "b_dec": "b_dec", **PARAMETERS[architecture]}
    weights = {
        theirs: np.ascontiguousarray(trained[ours].values[replicate]) for ours, theirs in names.items()
    }
    where = arguments.path("folder", folder)
    files.folder(where, "folder")
    files.make(where, "folder")
    files.write(where / WEIGHTS, safetensors.numpy.save(weights), "folder")
    configuration = _configuration(trained, architecture, str(weights["W_dec"].dtype))
    files.write(where / CONFIGURATION, json.dumps(configuration).encode(), "folder")
    return where


def load(folder: str | os.PathLike) -> xr.Dataset:
    """Read one dictionary from a folder that SAELens or `save` wrote.

    Returns
    -------
    Dataset
        As `validation.train` returns it, with one replicate and without what only training knows.

    Raises
    ------
    ValueError
        If the files cannot be read, or are of a dictionary of another architecture or with settings that
        change what it computes.
    """
    where = arguments.path("folder", folder)
    given = _read(where / CONFIGURATION)
    try:
        weights = safetensors.numpy.load(files.read(where / WEIGHTS, "folder", f"one with {WEIGHTS}"))
    except ArgumentError:
        raise
    except Exception as error:  # of safetensors, whose kinds have no common class
        raise ArgumentError(f"folder must be one of SAELens; {where / WEIGHTS}: {error}") from None
    architecture = given["architecture"]
    names = {"W_enc": "W_enc", "W_dec": "W_dec", "b_dec": "b_dec", **PARAMETERS[architecture]}
    model = _model(given)
    sizes = {"input": model.n_inputs, "latent": model.n_latents}
    variables: dict[str, tuple] = {}
    for ours, theirs in names.items():
        dims = DIMENSIONS.get(ours, ("latent",))
        found = weights.get(theirs)
        if found is None or found.shape != tuple(sizes[dim] for dim in dims) or not np.isfinite(found).all():
            raise ArgumentError(f"folder must hold finite {theirs} of shape {dims}; {where} does not")
        variables[ours] = (("replicate", *dims), found[None])
    if not given.get("apply_b_dec_to_input", True):  # what b_d takes from the input then goes into b_e
        if architecture == "gated":
            raise ArgumentError("folder must hold a gated dictionary with apply_b_dec_to_input")
        bias = variables["b_enc"][1]
        variables["b_enc"] = (("replicate", "latent"), bias + weights["b_dec"] @ weights["W_enc"])
    return dataset(variables, source="training", model=model, method="SAELens")


def _configuration(trained: xr.Dataset, architecture: str, dtype: str) -> dict[str, Any]:
    """Return ``cfg.json``: ``SAEConfig.to_dict`` of SAELens, with our parameters in its metadata."""
    ours = {name: trained.attrs[name] for name in ("kind", "l1_coefficient", "k", "l0_coefficient", "widths")
            if name in trained.attrs}  # fmt: skip
    of_kind = (
        {"k": int(trained.attrs["k"]), "rescale_acts_by_decoder_norm": False}
        if architecture == "topk"
        else {}
    )
    return {
        "d_in": int(trained.attrs["n_inputs"]),
        "d_sae": int(trained.attrs["n_latents"]),
        "dtype": dtype,
        "device": "cpu",
        "apply_b_dec_to_input": True,
        "normalize_activations": "none",
        "reshape_activations": "none",
        "metadata": {
            "sae_lens_version": VERSION,
            "sae_lens_training_version": None,
            "polysem": json.loads(json.dumps(ours, default=np.ndarray.tolist)),
        },
        **of_kind,
        "architecture": architecture,
    }


def _read(path: Path) -> dict[str, Any]:
    """Return ``cfg.json``, checked."""
    try:
        given = json.loads(files.read(path, "folder", f"one with {CONFIGURATION}"))
        architecture, numbers = given["architecture"], (given["d_in"], given["d_sae"])
    except (ValueError, KeyError, TypeError) as error:
        if isinstance(error, ArgumentError):
            raise
        raise ArgumentError(f"folder must be one of SAELens; {path} is not its configuration") from None
    if architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise ArgumentError(f"folder must hold a dictionary of architecture {known}, got {architecture!r}")
    for name, number in zip(("d_in", "d_sae"), numbers, strict=True):
        arguments.whole(f"folder's {name}", number, least=1)
    if given.get("normalize_activations", "none") != "none" or given.get("rescale_acts_by_decoder_norm"):
        raise ArgumentError("folder must hold a dictionary without normalisation of activations or decoder")
    return given


def _model(given: dict[str, Any]) -> Dictionary:
    """Return the model, whose strength SAELens may not know: 0 then."""
    kind = ARCHITECTURES[given["architecture"]]
    ours = (given.get("metadata") or {}).get("polysem") or {}
    strengths: dict[str, Any] = {
        "l1": {"l1_coefficient": ours.get("l1_coefficient", 0.0)},
        "topk": {"k": given.get("k")},
        "gated": {"l1_coefficient": ours.get("l1_coefficient", 0.0)},
        "jumprelu": {"l0_coefficient": ours.get("l0_coefficient", 0.0)},
    }[kind]
    return Dictionary(given["d_in"], given["d_sae"], kind, **strengths)
