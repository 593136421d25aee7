"""What the explorer shows of a run: all encodings at all times, packed, and what theory says of it."""

import base64
import gzip
from typing import Any

import numpy as np

from sim import simulate
from theory import Autoencoder, Superposition, collisions, sparsification, superposition
from theory.common import arguments
from theory.common.arguments import ArgumentError

LOOKS = 200
FIRST, LAST = 0.05, 8.0  # flow times of looks, the last in units of 1/λ: longer races are one in thousands
LARGEST_STEP = 8191  # of a packed weight; more would be lost on a screen
COST = 2**21  # n² m: half a second or so
CELLS = 2**16  # n m: what a screen shows, and a browser keeps of each look
WEAKEST = 1e-4  # λ from which on a race takes no longer than that
PLANE = 2  # neurons on which encodings are arrows
MOST_ARROWS = 8  # features that arrows keep apart
POLYGONS = 6  # features up to which all polygons are found in seconds
RTOL = 5e-4  # of the flow, a tenth of what counts need: on a screen one sees steps


def flow(n: int, m: int, l1: float, seed: int) -> dict[str, Any]:
    """Return the scene of a run of the flow.

    Parameters
    ----------
    n, m : int
        Numbers of features and neurons.
    l1 : float
        L1 strength λ.
    seed : int
        Of the initial weights.

    Returns
    -------
    dict
        What JSON can hold: the settings; ``times``; ``data``, compressed, base64: of all weights (time,
        feature, neuron) in units of ``scale``, as differences in time, first low bytes, then high bytes, and
        behind them L1 and L2 norms (time, feature) as float32; and ``theory``.

    Raises
    ------
    TypeError, ValueError
        If an argument is none of a model, or the run would cost too much.
    """
    n, m = arguments.whole("n_features", n, least=1), arguments.whole("n_neurons", m, least=1)
    l1, seed = arguments.real("l1", l1, least=WEAKEST, most=1), arguments.seed_number("seed", seed)
    if n * n * m > COST:
        raise ArgumentError(
            f"n_features must be such that n² m is at most {COST}, got {n}² × {m} = {n * n * m}"
        )
    if n * m > CELLS:
        raise ArgumentError(f"n_neurons must be such that n m is at most {CELLS}, got {n} × {m} = {n * m}")
    model = Autoencoder(n, m, l1)
    times = np.append(0.0, np.geomspace(FIRST, LAST / l1, LOOKS - 1))
    run = simulate(model, seed, times=times, rtol=RTOL, save_weights=True)
    packed, scale = _packed(run.weights.values, (run.l1_norm.values, run.l2_norm.values))
    return {
        "kind": "flow",
        "label": f"n = {n} features, m = {m} neurons, λ = {l1:g}, seed {seed}",
        **{"n": n, "m": m, "l1": l1, "seed": seed},
        "times": _digits(times),
        "scale": scale,
        "data": packed,
        "theory": _predicted(model, times),
    }


def arrows(n: int, p: float, seed: int) -> dict[str, Any]:
    """Return the scene of features that share two neurons: the flow of the expected loss to its end.

    Parameters
    ----------
    n : int
        Number of features.
    p : float
        Probability that a feature is on; 0: one at a time.
    seed : int
        Of the initial weights.
    """
    n = arguments.whole("n_features", n, least=1, most=MOST_ARROWS)
    run = simulate(Superposition(n, PLANE, p), seed, save_weights=True)
    best = superposition.polygons(n)[0] if p == 0 and n <= POLYGONS else None
    return {
        "kind": "arrows",
        "label": f"superposition: {n} features on two neurons, p = {p:g}, seed {seed}",
        **{"n": n, "m": PLANE, "p": p, "seed": seed},
        "times": _digits(run.time.values),
        "weights": _digits(run.weights.values),
        "loss": _digits(run.loss.values),
        "best": None if best is None else {"loss": best.loss, "corners": best.corners},
    }


def _packed(weights: np.ndarray, norms: tuple[np.ndarray, ...]) -> tuple[str, float]:
    """Return weights (time, feature, neuron) and norms as text, and the size of a step of weights.

    Zeros stay zeros, and nothing else becomes one. Differences in time are small, and compress well.
    """
    scale = float(np.abs(weights).max()) / LARGEST_STEP or 1.0
    steps = np.rint(weights / scale)
    steps = np.where((steps == 0) & (weights != 0), np.sign(weights), steps).astype(np.int16)
    changes = np.diff(steps, axis=0, prepend=np.zeros_like(steps[:1])).ravel().view(np.uint16)
    planes = (changes & 0xFF).astype(np.uint8).tobytes() + (changes >> 8).astype(np.uint8).tobytes()
    exact = b"".join(norm.astype("<f4").tobytes() for norm in norms)
    return base64.b64encode(gzip.compress(planes + exact, mtime=0)).decode(), scale


def _predicted(model: Autoencoder, times: np.ndarray) -> dict[str, Any]:
    """Return what theory says: an encoding alone, and the number of polysemantic neurons in the end."""
    alone = sparsification.population(model, times)
    law = collisions.polysemantic_neurons(model.n_features, model.n_neurons)
    return {
        **{name: _digits(alone[name].values) for name in ("active", "l1_norm", "l2_norm")},
        "polysemantic": {"mean": float(law.mean()), "interval": [float(end) for end in law.interval(0.95)]},
        "winner": float(sparsification.final_weight(model.l1)),
    }


def _digits(values: np.ndarray) -> Any:
    """Return numbers as lists, with as many digits as a screen can show."""
    return np.vectorize(lambda value: float(f"{value:.5g}"), otypes=[float])(values).tolist()
