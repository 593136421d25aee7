"""The two-layer model in two parts: its monosemantic neurons and the others."""

import numpy as np
import xarray as xr

from sim.monosemanticity import monosemantic_neurons
from theory.common import arguments


def responses(run: xr.Dataset, amplitudes: np.ndarray, threshold: float = 0.999) -> xr.Dataset:
    """Return how each output answers to its feature alone, at several amplitudes, part by part.

    Parameters
    ----------
    run : Dataset
        What `validation.train` gave for a `theory.TwoLayer` with an output for each feature and rectified
        neurons.
    amplitudes : array_like, shape (amplitude,)
        Values of the feature.
    threshold : float
        Of `monosemantic_neurons`.

    Returns
    -------
    Dataset
        ``monosemantic`` and ``polysemantic``, the share of the output that each part makes,
        (replicate, feature, amplitude); ``kinks``, the number of neurons of each part that switch on within
        the amplitudes, (part, replicate, feature).

    Raises
    ------
    TypeError, ValueError
        If an argument is not as said above.

    Notes
    -----
    arXiv:2211.09169 (seed 000), section 5.
    """
    values = arguments.array("amplitudes", amplitudes, ("amplitude",))
    if run.attrs.get("activation") != "relu" or run.sizes.get("output") != run.sizes["feature"]:
        raise arguments.ArgumentError("run must be of rectified neurons with an output for each feature")
    own = monosemantic_neurons(run.single_feature_activations.values, threshold)
    encodings = run.projection.values @ run.W1.values  # (replicate, feature, neuron)
    biases, decoder = run.biases.values[:, None], np.swapaxes(run.W2.values, 1, 2)
    parts = {"monosemantic": own, "polysemantic": ~own}
    made = {name: np.empty((*encodings.shape[:2], values.size)) for name in parts}
    for place, value in enumerate(values):
        answer = np.maximum(value * encodings + biases, 0) * decoder
        for name, chosen in parts.items():
            made[name][..., place] = (answer * chosen[:, None]).sum(axis=-1)
    ends = [value * encodings + biases > 0 for value in (values.min(), values.max())]
    switched = ends[0] != ends[1]
    kinks = np.stack([(switched & chosen[:, None]).sum(axis=-1) for chosen in parts.values()])
    axes = ("replicate", "feature", "amplitude")
    return xr.Dataset(
        {name: (axes, array) for name, array in made.items()}
        | {"kinks": (("part", "replicate", "feature"), kinks)},
        {"amplitude": values, "part": list(parts)},
    )


def spectrum(run: xr.Dataset, threshold: float = 0.999) -> xr.DataArray:
    """Return the singular values of the linear map that the polysemantic neurons make of the features.

    Parameters
    ----------
    run, threshold
        As `responses` takes them.

    Returns
    -------
    DataArray, shape (replicate, value)
        In falling order; of ``P W₁ W₂`` through these neurons, as if they were always on.

    Notes
    -----
    arXiv:2211.09169 (seed 000), section 5: a low-rank approximation to the identity.
    """
    maps = linear_map(run, threshold)
    return xr.DataArray(np.linalg.svd(maps.values, compute_uv=False), dims=("replicate", "value"))


def linear_map(run: xr.Dataset, threshold: float = 0.999) -> xr.DataArray:
    """Return that map itself, shape (replicate, feature, output)."""
    others = ~monosemantic_neurons(run.single_feature_activations.values, threshold)
    maps = run.projection.values @ (run.W1.values * others[:, None]) @ run.W2.values
    return xr.DataArray(maps, dims=("replicate", "feature", "output"))
