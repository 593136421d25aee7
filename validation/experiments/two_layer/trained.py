"""Two-layer models trained to the end, and what their single-feature activations say of them."""

import numpy as np
import xarray as xr

from sim.monosemanticity import monosemantic_neurons, own_neurons
from theory import TwoLayer
from validation.analysis import two_parts
from validation.training import train

AMPLITUDES = np.linspace(0, 1, 11)
MOST_OWN = 3  # and more


def trained(model: TwoLayer, seed: int, block: int, **settings: object) -> xr.Dataset:
    """Return trained models; those of another block have other projections, initial weights and samples."""
    own = int(np.random.SeedSequence([seed, block]).generate_state(1)[0])
    return train(model, seed=own, **settings)


def course(run: xr.Dataset) -> xr.Dataset:
    """Return what pages show of models: loss, shares of a feature and biases by step, and the solution found.

    ``own`` is the share of features with 0, 1, 2, 3 or more monosemantic neurons of their own; ``bias`` the
    mean bias of those that are the only one of their feature, over their weight from it; ``response`` what
    the output of such a feature answers to it, at several amplitudes, monosemantic and polysemantic part.
    """
    activations = run.single_feature_activations.values
    numbers = own_neurons(activations)
    counts = np.minimum(numbers, MOST_OWN)[..., None] == np.arange(MOST_OWN + 1)
    found = run[["loss", "mean_bias"]]
    for name in ("monosemantic", "dead"):
        found[name] = (("replicate", "step"), run[name].values / run.sizes["feature"])
    found["own"] = ("replicate", "number"), counts.mean(axis=1)
    found["bias"] = "replicate", _only_biases(run, numbers)
    parts = two_parts.responses(run, AMPLITUDES)
    alone = xr.DataArray(numbers == 1, dims=("replicate", "feature"))
    for name in ("monosemantic", "polysemantic"):
        found[f"{name}_response"] = parts[name].where(alone).mean("feature")
    return found.astype(np.float32)


def _only_biases(run: xr.Dataset, numbers: np.ndarray) -> np.ndarray:
    """Return by replicate the mean of bias over weight of neurons that are the only one of their feature."""
    activations = run.single_feature_activations.values
    own, feature = monosemantic_neurons(activations), activations.argmax(axis=1)
    weights = np.take_along_axis(activations, feature[:, None], axis=1)[:, 0] - run.biases.values
    only = own & (np.take_along_axis(numbers, feature, axis=1) == 1)
    ratios = np.where(only, run.biases.values / np.where(only, weights, 1), np.nan)
    means = [ratio[np.isfinite(ratio)] for ratio in ratios]
    return np.array([each.mean() if each.size else np.nan for each in means])
