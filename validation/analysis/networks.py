"""The analysis: every neuron's verdict and every feature's measures, from encodings at hand."""

import numpy as np
import xarray as xr

from sim.metrics import benign_pairs
from theory.common import arguments, schema
from validation.analysis import geometry, relief
from validation.analysis.loading import matrix
from validation.analysis.structure import Structure

POLYSEMANTIC = ("incidental", "necessary", "spread")
VERDICTS = (*POLYSEMANTIC, "monosemantic", "minor", "dead")
ROUNDING = 1e-6  # of a malign collision: what single precision leaves open
TRACE = 0.1  # share of a feature's largest weight below which a weight is nothing


def analyze(
    weights: np.ndarray | xr.Dataset,
    initial: np.ndarray | xr.DataArray | None = None,
    threshold: float = 0.5,
) -> xr.Dataset:
    """Say of each neuron of a network whether it is polysemantic, and whether it need be.

    Parameters
    ----------
    weights : ndarray, shape (feature, neuron), or Dataset
        Encodings, at any scale; of a result of `simulate` or `train`, those that it ends with, and the
        initial ones too.
    initial : ndarray, shape (feature, neuron), optional
        The encodings before training.
    threshold : float
        A feature is *on* a neuron if its weight there is at least this share of its largest weight;
        above 0, at most 1.

    Returns
    -------
    Dataset
        Over ``neuron``: ``verdict``; ``on_neuron``, the number of features on it, and how many of their pairs
        have opposite signs (``benign``) or the same (``malign``); ``group_features`` and ``group_neurons``,
        how many it is linked with by features that are on several neurons; ``mover``, the feature on it that
        had best move to ``free_neuron`` (attribute; -1: none), and what it changes, ``interference_change``,
        0 where none can move.
        Over ``feature``: ``alive``, ``length``, ``strongest`` neuron, ``effective_neurons``, ``interference``
        Σ_{j≠i} ReLU(W_i·W_j)² / ‖W_i‖⁴ (1: one other encoding is equal), and ``assigned``, its neuron in the
        nearest monosemantic network, -1 if there is none; ``dimensionality`` (`theory.superposition`), and
        ``shape``, what it forms with those that it is not orthogonal to: "pair", "pentagon", "tetrahedron" …
        (`validation.analysis.geometry`). Over ``link``, feature by feature: which
        ``link_feature`` is on which ``link_neuron``, with what ``link_weight``, and with initial weights also
        ``initial_rank``, 1 if that was its largest. ``cosine`` (feature, other) of the encodings. Attributes:
        ``free_neurons``; ``too_many``, living features beyond the number of neurons in use; ``privileged``,
        whether neurons are a privileged basis; ``energy`` ¼‖ReLU(WWᵀ) − I‖²; and of the nearest monosemantic
        network, if any, ``energy_monosemantic`` and ``distance_monosemantic`` in ‖W‖.

    Raises
    ------
    TypeError, ValueError
        If the encodings are no matrix of finite real numbers, or `threshold` is not as said.

    Notes
    -----
    Verdicts:

    - *monosemantic*: one feature is on it.
    - *spread*: two or more are on it, but they and those linked with them have at least as many neurons:
      enough for one each. Or there are neurons enough and no basis is privileged: a rotation would do.
    - *incidental*: more features than neurons are linked, and one of those on it could move to a free neuron
      without more loss. Where there are more living features than neurons, free neurons must also be enough
      for half of the features too many, so that it is rather this one that could be relieved than not.
    - *necessary*: otherwise.
    - *minor*: no feature is on it, though some have a tenth of their largest weight there; *dead*: not even
      that.

    A move is judged with all other features where they are.
    """
    if isinstance(weights, xr.Dataset):
        if initial is None and "initial" in weights:
            initial = weights["initial"]
        weights = schema.final("weights", weights)
    weights = matrix("weights", weights)
    if initial is not None:
        initial = matrix("initial", initial, like=weights)
    arguments.real("threshold", threshold, above=0, most=1)
    found = Structure.of(weights, threshold)
    suffered = relief.interference(found)
    assigned = relief.nearest_monosemantic(found)
    variables = _of_features(found, suffered, assigned) | _of_links(found, weights, initial)
    neurons, free = _of_neurons(found, relief.move(found, suffered))
    result = xr.Dataset(variables | neurons)
    result.attrs = {"threshold": threshold, "scale": found.scale, "free_neuron": free}
    result.attrs |= _room(found) | {"privileged": int(found.privileged)} | _losses(found, assigned)
    result.attrs["versions"] = schema.versions()
    return result


def _of_features(found: Structure, suffered: np.ndarray, assigned: np.ndarray) -> dict:
    strongest = np.where(found.alive, np.abs(found.weights).argmax(axis=1), -1)
    cosines = found.cosines
    return {
        "alive": ("feature", found.alive),
        "length": ("feature", found.lengths * found.scale),
        "strongest": ("feature", strongest),
        "effective_neurons": ("feature", found.effective_neurons),
        "interference": ("feature", suffered),
        "assigned": ("feature", assigned),
        "cosine": (("feature", "other"), cosines),
        "shape": ("feature", geometry.shapes(cosines, found.alive)),
        "dimensionality": ("feature", found.dimensionality),
    }


def _of_links(found: Structure, weights: np.ndarray, initial: np.ndarray | None) -> dict:
    on = found.carried.tocoo()
    variables = {
        "link_feature": ("link", on.row),
        "link_neuron": ("link", on.col),
        "link_weight": ("link", weights[on.row, on.col]),
    }
    if initial is not None:
        variables["initial_rank"] = ("link", _ranks(found, np.abs(initial)))
    return variables


def _ranks(found: Structure, sizes: np.ndarray) -> np.ndarray:
    """Return the rank of each carried weight among the initial sizes of its feature, 1 for the largest."""
    indices, starts = found.carried.indices, found.carried.indptr
    ranks = np.empty(indices.size, int)
    for feature in np.flatnonzero(found.alive):
        links = slice(starts[feature], starts[feature + 1])
        row = sizes[feature]
        ranks[links] = row.size - np.searchsorted(np.sort(row), row[indices[links]], side="right") + 1
    return ranks


def _of_neurons(found: Structure, moves: relief.Move) -> tuple[dict, int]:
    count, indices = found.on_neuron, found.carried.indices
    mover = np.full(count.size, -1)
    for feature in np.argsort(moves.change, kind="stable")[::-1]:  # whoever had best move comes last
        links = slice(*found.carried.indptr[feature : feature + 2])
        mover[indices[links]] = feature
    change = np.where(count > 0, moves.change[mover], np.inf)
    benign = benign_pairs(found.carried, 0.0)
    sizes = found.group_sizes
    return {
        "verdict": ("neuron", _verdicts(found, count, change)),
        "on_neuron": ("neuron", count),
        "benign": ("neuron", benign),
        "malign": ("neuron", count * (count - 1) // 2 - benign),
        "group_features": ("neuron", sizes[0]),
        "group_neurons": ("neuron", sizes[1]),
        "mover": ("neuron", mover),
        "interference_change": ("neuron", np.where(np.isfinite(change), change, 0.0)),
    }, moves.neuron


def _verdicts(found: Structure, count: np.ndarray, change: np.ndarray) -> np.ndarray:
    largest = np.where(found.alive, found.largest, np.float32(np.inf))
    trace = np.zeros(count.size, bool)
    for row, size in zip(found.weights, largest, strict=True):  # row by row: no copy of all weights
        trace |= np.abs(row) >= TRACE * size
    unaligned = not found.privileged and found.alive.sum() <= count.size
    enough = (count == 0).sum() >= found.alive.sum() - count.size
    cases = (
        ((count > 0) & unaligned, "spread"),
        (count == 1, "monosemantic"),
        ((count > 1) & ~found.crowded, "spread"),
        ((count > 1) & (change <= ROUNDING) & enough, "incidental"),
        (count > 1, "necessary"),
        (trace, "minor"),
    )
    return np.select([where for where, _ in cases], [np.array(name) for _, name in cases], default="dead")


def _room(found: Structure) -> dict[str, int]:
    """Return how many neurons are free, and how many living features there are beyond the neurons in use."""
    free = int((found.on_neuron == 0).sum())
    used = found.weights.shape[1] - free
    return {"free_neurons": free, "too_many": max(0, int(found.alive.sum()) - used)}


def _losses(found: Structure, assigned: np.ndarray) -> dict[str, float]:
    """Return ¼‖ReLU(WWᵀ) − I‖² as it is and in the nearest monosemantic network, and how far that is away."""
    positive = np.square(np.maximum(found.gram, 0))
    crossed = positive.sum(dtype=np.float64) - positive.diagonal().sum(dtype=np.float64)
    with np.errstate(over="ignore"):
        norms = np.square(np.square(found.lengths * found.scale) - 1).sum() / 4
        energy = norms + np.float64(max(crossed, 0.0) ** 0.25 * found.scale) ** 4 / 4
    if not found.alive.any() or (assigned < 0).all():
        return {"energy": float(energy)}
    living = np.flatnonzero(found.alive)
    kept = np.abs(found.weights[living, assigned[living]])
    lengths = found.lengths[living]
    apart = 2 * (lengths * (lengths - kept)).sum()
    return {
        "energy": float(energy),
        "energy_monosemantic": float(norms),
        "distance_monosemantic": float(np.sqrt(max(apart, 0.0) / np.square(lengths).sum())),
    }
