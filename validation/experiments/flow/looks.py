"""What is seen of the flow at the same rescaled times λt, whatever λ is, and at its end."""

import numpy as np
import xarray as xr

from sim import metrics
from sim.flow import Flow
from sim.replicates import observe
from theory import Autoencoder

LOOKS = (0.1, 1.0)  # λt at which active weights are counted


def measure(n: int, m: int, l1: float, rtol: float, replicates: int, seed: int) -> xr.Dataset:
    """Run the flow to its end from the same initial weights at each λ.

    Each λ is compared with the smallest one, run by run; there, a smaller tolerance says what the integrator
    changes. The order p in |change| ∝ λ^p is fitted to changes from one λ to the next for λ ≤ 0.0026, as long
    as they are more than twice those by the integrator. Theory is the exclusion law for polysemantic neurons,
    and else one encoding alone, for networks the slowest of n.
    """
    seen = observe(_look, Autoencoder(n, m, l1), replicates, seed, rtol=rtol)
    dims = {"winner": ("replicate", "feature"), "active": ("replicate", "look")}
    return xr.Dataset({name: (dims.get(name, "replicate"), values) for name, values in seen.items()})


def _look(flow: Flow) -> dict[str, np.ndarray | float]:
    initial, active = flow.weights.copy(), []
    for look in LOOKS:
        flow.advance(look / flow.l1)
        active.append(np.count_nonzero(flow.weights, axis=1).mean())
    flow.settle()
    alive = flow.weights.any(axis=1)
    return {
        "winner": np.where(alive, np.abs(flow.weights).argmax(axis=1), -1).astype(np.int16),
        "polysemantic_neurons": float(metrics.polysemantic_neurons(flow.weights)),
        "kept": float(metrics.winner_kept(initial, flow.weights)),
        "network_time": flow.l1 * flow.last_change,
        "active": np.array(active, np.float32),
    }
