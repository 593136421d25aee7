"""What happens to weights at zero, seen from one look at the flow to the next."""

import numpy as np
import xarray as xr

from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder
from theory.interference.rebirth import rebirth_until

SHORTEST, GROWTH = 0.05, 0.01  # between looks: flow time, and as a share of the time since the start
EDGES = np.geomspace(1e-4, 10, 31)  # of λt, in which leaving zero is counted
RTOL = {"splitting": 1e-3, "event": None}  # ten times larger, splitting counts too many rebirths at small λ


def measure(method: str, n: int, m: int, l1: float, replicates: int, seed: int) -> xr.Dataset:
    """Look at the weights, 0.05 and later 1 % of the time apart, until the flow is at rest.

    A weight that reaches zero under a force stronger than λ passes through. Otherwise it rests there, and is
    reborn only if the force becomes stronger later. Rests between looks count as passages if the sign has
    changed. A rebirth is late if no inner product of the start, decaying like exp(−2t), could cause it. Under
    seed 001's own condition an encoding shares but one nonzero coordinate with each other one that acts on
    its weight at zero; those that are ever in it are counted, and those that leave zero in it.
    """
    seen = observe(_follow, Autoencoder(n, m, l1), replicates, seed, method=method, rtol=RTOL[method])
    when = {"returned_at": ("bin", seen.pop("returned_at").sum(axis=0))}
    return xr.Dataset({name: ("replicate", values) for name, values in seen.items()} | when).astype("float32")


def _follow(flow: Flow) -> dict[str, np.ndarray]:
    """Return what happens at zero until the flow is at rest, seen from one look to the next."""
    before, decayed = flow.weights.copy(), _latest(flow)
    rested, passed, returned, exposed, revived = np.zeros((5, *before.shape), bool)
    times: list[float] = []  # of rebirths
    time, passages, largest = 0.0, 0, 0.0
    while not (flow.at_rest() or flow.exhausted()):
        time += max(SHORTEST, GROWTH * time)
        sharing = one_shared(before)
        flow.advance(time)
        weights = flow.weights
        back, through = (before == 0) & (weights != 0), before * weights < 0
        times += np.count_nonzero(back) * [time]
        passages += int(np.count_nonzero(through))
        rested |= weights == 0
        passed |= through
        returned |= back
        exposed |= sharing
        revived |= sharing & back
        largest = max(largest, np.abs(weights[returned]).max(initial=0.0))
        before = weights.copy()
    winner, returns = before != 0, np.array(times)
    return {
        "deaths": flow.deaths,
        "rebirths": flow.rebirths,
        "returned": returns.size,
        "passed": passages,
        "winners": winner.sum(),
        "winners_returned": (winner & rested).sum(),
        "winners_passed": (winner & passed).sum(),
        "middle": np.median(flow.l1 * returns) if returns.size else np.nan,
        "late": (returns > decayed).sum(),
        "exposed": exposed.sum(),
        "revived": revived.sum(),
        "largest": largest,
        "returned_at": np.histogram(flow.l1 * returns, EDGES)[0],
    }


def one_shared(weights: np.ndarray) -> np.ndarray:
    """Return which weights at zero are acted on, and only by encodings that share one nonzero coordinate.

    An encoding acts on a weight at zero of another one if their inner product is positive and its own weight
    on that neuron is not zero; shape (feature, neuron).
    """
    there = (weights != 0).astype(np.float32)
    acts = weights @ weights.T > 0
    np.fill_diagonal(acts, False)
    several = acts & (there @ there.T > 1)
    on, by_several = (pairs.astype(np.float32) @ there > 0 for pairs in (acts, several))
    return on & ~by_several & (weights == 0)


def _latest(flow: Flow) -> float:
    """Return the time from which on no pair could revive a weight if all inner products had just decayed."""
    inner, weight = flow.weights @ flow.weights.T, np.abs(flow.weights).max(axis=1)
    np.fill_diagonal(inner, 0)
    i, j = np.unravel_index((inner * weight).argmax(), inner.shape)
    return rebirth_until(inner[i, j], weight[j], flow.l1) if inner[i, j] > 0 else 0.0
