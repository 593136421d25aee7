"""Packings: how far apart encodings are, drawn at random, trained, or moved apart, beside a bound for all."""

import numpy as np
import xarray as xr
from scipy import optimize, special

from theory import Superposition, capacity
from validation.experiments.draws import draws
from validation.experiments.experiment import Band, Experiment, Panel, Quantity, Setting, grid, mean_of
from validation.report.statistics import Estimate, bootstrap, mean
from validation.training import train

LOAD = 3  # features for each neuron
KINDS = {"random": "at random", "trained": "trained", "moved": "moved apart"}
SHARPNESS = (10.0, 30.0, 100.0, 300.0, 1000.0)  # of the soft maximum of cosines
ENCODED = 0.1  # length over the largest one from which on a feature counts as encoded


def settings(full: bool) -> list[Setting]:
    """Return kinds of encodings for numbers of neurons, with fewer replicates of large ones."""
    sizes = [(2, 20), (8, 10), (20, 6), (64, 3)] if full else [(2, 4), (8, 4)]
    steps = 4000 if full else 1500
    points = [(kind, m, r * (10 if kind == "random" else 1)) for kind in KINDS for m, r in sizes]
    return grid({"kind, m, replicates": points, "steps": steps})


def measure(kind: str, m: int, steps: int, replicates: int, seed: int) -> xr.Dataset:
    """Take 3 m encodings of m neurons and look at the smallest angle between two of them.

    Encodings of length 1 in random directions; those of superposition, trained by Adam with one feature on at
    a time, a batch of 512 and a rate that falls from 0.01 to 0 like a cosine; or random ones that are moved
    apart: L-BFGS lowers a soft maximum of their cosines, the sharper the longer. A trained feature counts as
    encoded from a tenth of the largest length on, and the bound is for as many as are encoded.
    """
    n = LOAD * m
    if kind == "trained":
        run = train(
            Superposition(n, m, 0),
            "adam",
            steps=steps,
            learning_rate=0.01,
            schedule="cosine",
            batch=512,
            replicates=replicates,
            seed=seed,
        )
        found = list(run.final.values.astype(float))
    else:
        found = [_directions(rng.normal(size=(n, m))) for rng in draws(seed, replicates)]
        found = [moved(W) for W in found] if kind == "moved" else found
    units = [_directions(W[_encoded(W)]) for W in found]
    nearest = np.array([_largest_cosine(U) for U in units])
    least = np.array([capacity.cosine_at_least(len(U), m) for U in units])
    return xr.Dataset(
        {
            "angle": ("replicate", np.degrees(np.arccos(np.clip(nearest, -1, 1)))),
            "most": ("replicate", np.degrees(np.arccos(least))),
            "encoded": ("replicate", [len(U) / n for U in units]),
        }
    )


def moved(start: np.ndarray) -> np.ndarray:
    """Return encodings, (feature, neuron), moved apart from a start."""
    n, m = start.shape
    off = ~np.eye(n, dtype=bool)
    point = start.ravel()
    for sharp in SHARPNESS:

        def softest(flat: np.ndarray, sharp: float = sharp) -> tuple[float, np.ndarray]:
            W = flat.reshape(n, m)
            lengths = np.linalg.norm(W, axis=1, keepdims=True)
            U = W / lengths
            cosines = np.where(off, U @ U.T, -np.inf)
            pull = 2 * special.softmax(sharp * cosines) @ U
            slope = (pull - (pull * U).sum(axis=1, keepdims=True) * U) / lengths
            return float(special.logsumexp(sharp * cosines) / sharp), slope.ravel()

        point = optimize.minimize(softest, point, jac=True, method="L-BFGS-B", options={"maxiter": 500}).x
    return _directions(point.reshape(n, m))


def _directions(weights: np.ndarray) -> np.ndarray:
    return weights / np.linalg.norm(weights, axis=1, keepdims=True)


def _encoded(weights: np.ndarray) -> np.ndarray:
    """Return which features are encoded."""
    lengths = np.linalg.norm(weights, axis=1)
    return lengths > ENCODED * lengths.max()


def _largest_cosine(units: np.ndarray) -> float:
    return float((units @ units.T - 2 * np.eye(len(units))).max())


def _angle(part: xr.Dataset, level: float) -> Estimate:
    """Return the median of random encodings, of which the law is skewed, or the mean of others."""
    angles = part.angle.values
    return bootstrap(angles, np.median, level) if part.kind == "random" else mean(angles, level)


def _theory(part: xr.Dataset) -> float:
    """Return the angle of random encodings, or the largest one that can be."""
    if part.kind == "random":
        m = int(part.m)
        return float(np.degrees(np.arccos(capacity.random_cosine(LOAD * m, m))))
    return float(part.most.mean())


def _band(part: xr.Dataset) -> Band:
    if part.kind == "random":
        return Band(0.9, 1.1, "its median, for pairs that are independent")
    return Band(0.9, 1.0001, "a bound, not to be exceeded; nobody knows the best packings")


def _missing(part: xr.Dataset) -> xr.DataArray:
    return part.most - part.angle


EXPERIMENTS = (
    Experiment(
        "packings",
        "How near do trained encodings come to the best packings?",
        "seed 003, note 1; own",
        settings,
        measure,
        {
            "angle": Quantity(
                "smallest angle of two encodings, degrees", _angle, _theory, _band, source="training"
            ),
            "missing": Quantity("degrees short of the bound", mean_of(_missing), source="training"),
            "encoded": Quantity("share of features that are encoded", mean_of("encoded"), source="training"),
        },
        (
            Panel("angle", "m", ("kind",), "x", options={"ylim": (0, 93)}),
            Panel("missing", "m", ("kind",), "x", options={"ylim": (-0.2, 8)}),
        ),
        "Within {missing[kind=trained].most} degrees of a bound that no packing exceeds: the nearest two of "
        "3 · {angle[kind=trained].last[m]} trained encodings are {angle[kind=trained].last} "
        "degrees apart, where random ones are {angle[kind=random].last} and the bound is "
        "{angle[kind=trained].last.predicted:.2f}.",
        "Superposition with one feature on at a time packs encodings nearly as well as an optimiser that "
        "does nothing else, which ends {missing[kind=moved].least} to {missing[kind=moved].most} degrees "
        "short of the bound. On two neurons most runs leave one of six features out "
        "({encoded[kind=trained].first:%} encoded) and make a pentagon, the best packing of five. What "
        "counts is the angle with its sign: ReLU makes antipodal encodings free, so that up to 2m features "
        "need no acute angle at all. Of random directions the median is derived, "
        "{angle[kind=random].last.predicted:.1f} degrees for the largest size; they come nearer the bound "
        "the more neurons there are.",
        "Three features a neuron. Levenshtein's bound need not be reached by any packing.",
        names=KINDS,
    ),
)
